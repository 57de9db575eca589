# Lists, loops, functions, case.
true && echo and || echo or
false && echo and || echo or
! false && echo not
for i in 1 2 3 4; do case $i in 2) continue;; 4) break;; esac; echo $i; done
i=0; while :; do i=$((i+1)); [ $i -eq 3 ] && break; done; echo $i
i=0; until [ $i -ge 2 ]; do i=$((i + 1)); echo "u$i"; done
for a in 1 2; do for b in x y; do [ $b = y ] && continue 2; echo $a$b; done; done
for a in 1 2; do for b in x y; do break 2; done; done; echo $a$b
case abc in a|ab) echo 1;; a*c) echo 2;; *) echo 3;; esac
case '*' in \*) echo star;; esac
case x in (x) echo paren;; esac
case "" in '') echo empty;; esac
x='[a-c]*'; case bz in $x) echo var;; esac; case bz in "$x") echo no;; *) echo quoted;; esac
f() { echo "$0:$#:$1" | sed 's/.*:\(.*:\)/\1/'; return 4; echo no; }
f a b; echo $?
g() { x=inner; h; }; h() { echo $x; }; x=outer; g; echo $x
fact() { [ $1 -le 1 ] && { echo 1; return; }; echo $(($1 * $(fact $(($1 - 1))))); }
fact 10
(exit 3); echo $?
{ (exit 2); }; echo $?
if false; then :; fi; echo $?
while false; do :; done; echo $?
v=$(false); echo $?
true | false; echo $?; false | true; echo $?
set -- a b c; while [ $# -gt 0 ]; do printf '%s ' $1; shift; done; echo
eval 'x=5; y=$((x*2))'; echo $y
unset -f f; f 2>/dev/null; echo $?
f() (exit 7); f; echo $?
x=1; (x=2; echo $x); echo $x
echo a | while read z; do echo $z; done
x=$(for i in 1 2 3; do echo $i; done); echo $x
