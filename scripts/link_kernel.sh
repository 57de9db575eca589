#!/bin/sh
# Links the kernel with tables about itself: its functions' names (ksyms.py) and the words that move with it
# (relocations.py). The first pass has empty tables, the second tables of the right size, the third those that
# are right; when one more pass would make other tables, the link is refused.
# usage: link_kernel.sh OUTPUT LD-ARGUMENTS...      environment: LD, CC, OBJCOPY
set -eu
out=$1
shift
here=$(dirname "$0")

tables_of() { # tables_of ELF FILE
	nm -n "$1" | python3 "$here/ksyms.py" >"$2"
	python3 "$here/relocations.py" "$1" >>"$2"
}

pass() { # pass TABLES.S LD-ARGUMENTS...
	tables=$1
	shift
	$CC -c -x assembler "$tables" -o "$out.tables.o"
	$LD --emit-relocs -o "$out.new" "$@" "$out.tables.o"
}

trap 'rm -f "$out.new" "$out.tables.o" "$out.tables1.S" "$out.tables2.S"' EXIT
python3 "$here/ksyms.py" </dev/null >"$out.tables1.S"
python3 "$here/relocations.py" >>"$out.tables1.S"
pass "$out.tables1.S" "$@"
for _ in 1 2 3; do
	tables_of "$out.new" "$out.tables1.S"
	pass "$out.tables1.S" "$@"
	tables_of "$out.new" "$out.tables2.S"
	if cmp -s "$out.tables1.S" "$out.tables2.S"; then
		$OBJCOPY --remove-relocations='*' "$out.new" "$out"
		exit 0
	fi
done
echo "link_kernel: the tables do not settle; is .ksyms placed before .text in kernel.ld?" >&2
exit 1
