#!/bin/sh
# Links the kernel with its own symbol table: once with an empty table, then with the table of that
# result.  The table comes last in the read-only data, so code does not move; if it did move, a third
# pass settles it, and if that one differs too the link is refused.
# usage: link_kernel.sh OUTPUT LD-ARGUMENTS...      environment: LD, CC
set -eu
out=$1
shift
here=$(dirname "$0")

table_of() { # table_of ELF FILE
	nm -n "$1" | python3 "$here/ksyms.py" >"$2"
}

pass() { # pass TABLE.S LD-ARGUMENTS...
	table=$1
	shift
	$CC -c -x assembler "$table" -o "$out.ksyms.o"
	$LD -o "$out.new" "$@" "$out.ksyms.o"
}

trap 'rm -f "$out.new" "$out.ksyms.o" "$out.ksyms1.S" "$out.ksyms2.S"' EXIT
python3 "$here/ksyms.py" </dev/null >"$out.ksyms1.S"
pass "$out.ksyms1.S" "$@"
for _ in 1 2; do
	table_of "$out.new" "$out.ksyms1.S"
	pass "$out.ksyms1.S" "$@"
	table_of "$out.new" "$out.ksyms2.S"
	if cmp -s "$out.ksyms1.S" "$out.ksyms2.S"; then
		mv "$out.new" "$out"
		exit 0
	fi
done
echo "link_kernel: the symbol table does not settle; is .ksyms placed before .text in kernel.ld?" >&2
exit 1
