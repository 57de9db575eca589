# Redirections of all kinds, on all commands.
dir=$(mktemp -d) && cd "$dir" || exit 9
echo one >f; echo two >>f; cat <f
cat <<A <<B
a $HOME_NOT
A
b
B
cat <<-'X' | tr a-z A-Z
	quoted $x `y`
		tabs
	X
{ echo out; echo err >&2; } >o 2>&1; cat o
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/piped /'
exec 3>g; echo three >&3; exec 3>&-; cat g
(echo sub >&4) 4>h; cat h
while read a; do echo "loop $a"; done <f
for i in 1 2; do echo $i; done >l; cat l
if true; then echo if; fi >i; cat i
f() { echo body; } >fo; f; cat fo
exec 5<f; read a <&5; read b <&5; echo $a $b; exec 5<&-
set -C; (echo x >f) 2>/dev/null || echo kept; echo y >|f; cat f; set +C
echo z 1<>f; cat f
: <missing 2>/dev/null || echo missing
echo still
read x <<E2
x $(echo 'in  $( )') $((1 + 1)) \$x "q" \q
E2
echo "$x"
cat <<E3
line \
joined
E3
cd / && rm -r "$dir"
