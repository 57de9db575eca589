#!/bin/sh
# Compiles a prepared port, on a host or inside the system: every file that SOURCE/sources lists with the options of
# SOURCE/flags, then links them into PROGRAM. Says how far it is and how long the rest will take.
# usage: build.sh SOURCE PROGRAM        environment: CC CFLAGS LDFLAGS, QUIET=1
set -eu
: "${CC:=cc}" "${CFLAGS:=}" "${LDFLAGS:=}" "${QUIET:=}"
mkdir -p "$(dirname "$2")"
program=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
objects=$program.objects
cd "$1"
flags=$(cat flags)
total=$(wc -l <sources)
began=$(date +%s)
compiled=0 last=-1
rm -rf "$objects"
mkdir -p "$objects"
trap 'rm -rf "$objects"' EXIT

# On a terminal one line that changes; elsewhere a line for each tenth.
progress() {
	[ -z "$QUIET" ] || return 0
	tenth=$((compiled * 10 / total))
	left=$((($(date +%s) - began) * (total - compiled) / (compiled > 0 ? compiled : 1)))
	if [ -t 1 ]; then
		printf '\r\033[K%s: %d of %d files, %d s left: %s' "${program##*/}" "$compiled" "$total" "$left" "$1"
	elif [ "$tenth" != "$last" ]; then
		printf '%s: %d of %d files, %d s left\n' "${program##*/}" "$compiled" "$total" "$left"
		last=$tenth
	fi
}

while read -r file; do
	progress "$file"
	# shellcheck disable=SC2086
	$CC $CFLAGS $flags -c "$file" -o "$objects/$compiled.o" || {
		echo "${program##*/}: $file could not be compiled" >&2
		exit 1
	}
	compiled=$((compiled + 1))
done <sources
progress linking
# shellcheck disable=SC2086
$CC $CFLAGS -static -o "$program.new" "$objects"/*.o $LDFLAGS
mv "$program.new" "$program"
[ -n "$QUIET" ] || [ ! -t 1 ] || printf '\r\033[K%s: %d files in %d s\n' "${program##*/}" "$total" "$(($(date +%s) - began))"
