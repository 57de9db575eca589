#!/bin/sh
# Instructions that shells take for some plain work, by valgrind's callgrind (user mode only).
# usage: marks.sh SHELL...
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT
cd "$dir" || exit 1

awk 'BEGIN { srand(1); while (n < 10000000) { l = ""; for (i = 3 + int(rand() * 9); i > 0; i--) l = l "word" int(rand() * 1000) " "
	print l; n += length(l) + 1 } }' >big
cat >loop <<'X'
i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done
X
cat >functions <<'X'
f() { return 0; }
i=0; while [ $i -lt 10000 ]; do f a b; i=$((i+1)); done
X
cat >expansions <<'X'
a=hello b="two words" i=0
while [ $i -lt 10000 ]; do
x=$a y="$b" z=${a#he} w=${b:-none} v=${#b}
: $a "$b" ${a%lo} $b ${u-default}
i=$((i+1))
done
X
cat >reads <<'X'
n=0; while read -r line; do n=$((n+1)); done <big
X
echo ':' >nothing

count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}
for shell; do
	printf '%s\n' "$shell"
	printf '  %-12s %15s\n' nothing "$(count "$shell" -c :)"
	for work in functions expansions reads loop; do
		printf '  %-12s %15s\n' $work "$(count "$shell" ./$work)"
	done
done
