# Parameter expansion, splitting, quotes.
show() { for a; do printf '[%s]' "$a"; done; echo; }
x='a b' e='' s=a/b.c/d.e
show $x "$x" '$x' $e "$e" "$e"$e
show ${x:-w} ${e:-w x} "${e:-w x}" ${u-u v} ${u+no} ${x+yes}
show ${s%.*} ${s%%.*} ${s#*/} ${s##*/} ${#s} "${s%"${s#?}"}"
show "${u-"a  b"}" ${u-'a  b'} "${u-'a  b'}" ${u-\*}
set -- 1 '2 3' '' 4
show "$@"; show $@; show "$*"; show $*; show "a$@b"; show ${1+"$@"}
IFS=:; show "$*" $*; p=/bin:/usr/bin::x; show $p; set -- a:b 'c d'; show $@ "$*"; unset IFS
IFS=' :'; p=' a : b::c '; show $p; unset IFS
show `echo "a  b"` "`echo 'a  b'`" $(echo $(echo nested; echo two)) "$(echo "q\"q")"
show "$(printf 'a\n\n\n')" x$(printf '\n\n')y
show $((1+2)) $(( (3 + 4) * 2 )) "$((x2=7))" $x2 $((x2+=1)) $x2 $((x2 > 5 ? 1 : 0))
show ~root/x "~" a=~ 
v=~/y:~/z; HOME=/h; w=~/y:~/z; show "$w"
show \$x "\$x" "\a" 'a\b' a\ b "a'b" 'a"b'
show ${u:=assigned} $u
show "${#}" ${#} $# "${##}"
