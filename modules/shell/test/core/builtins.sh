# Built-ins.
read a b <<X
1 2 3
X
echo "$a|$b"
IFS=: read a b c <<X
x:y:z:w
X
echo "$a|$b|$c"
IFS=: read a b <<X
x:y:
X
echo "$a|$b"
read -r a <<'X'
a\b \
X
echo "$a"
read a b <<'X'
c\ d e\
f
X
echo "$a|$b"
printf '%d %s %5s|%-5s|%05d %x %o %c %%\n' 1 two three four 5 255 8 char
printf '%s-' a b c; echo
printf '%b' 'a\tb\n'
printf '%.2s|%*d|%e\n' abcdef 5 42 1.5
[ a = a ] && [ a != b ] && [ 1 -lt 2 ] && [ ! -e /nonexistent ] && [ -d / ] && echo test
[ -n "" ] || [ -z x ] || [ "" ] || echo none
[ \( a = a \) -a ! b = c ] && echo group
while getopts ab:c o -a -b arg -cx rest 2>/dev/null; do echo "$o $OPTARG"; done; echo $OPTIND
umask 027; umask; umask u=rwx,g=rx,o=; umask -S
mkdir -p /tmp/core_d/e; cd /tmp/core_d/e; pwd; cd ..; pwd; cd - >/dev/null; pwd; cd /tmp; cd core_d/./e/..; pwd; cd /; rm -r /tmp/core_d
x=1; export x; sh -c 'echo $x'; y=2 sh -c 'echo $y'; echo "[$y]"
readonly r=1; (r=2) 2>/dev/null || echo readonly
unset x; echo "[${x-unset}]"
set -- -x y; echo $1; set a b; echo $2 $#
set -- ; echo $#
type cd : 2>/dev/null; command -v test
command echo command
hash -r; echo $?
alias e='echo aliased'
e x
unalias e
echo 'echo sourced $1' >/tmp/core_s; . /tmp/core_s; rm /tmp/core_s
eval "echo" 'a  b'
times >/dev/null && echo times
kill -l 15; kill -0 $$ && echo alive
echo "$(trap 'echo x' INT; trap)"
ulimit -n >/dev/null && echo ulimit
: ${z:=default}; echo $z
shift 0; echo $?
wait; echo $?
exec echo end
