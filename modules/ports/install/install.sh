#!/bin/sh
# What the install_*_in_os.sh scripts share: a program installed in the system is generation N below /apps/NAME, and the
# link /apps/NAME/current says which one counts. Turning that link is one rename, so that a machine that stops at any
# moment has the old one or the new one; the old ones stay.
set -eu
here=$(dirname "$0")
# busybox and others take every attribute away from compilers that do not call themselves gcc; tcc knows them.
CC='cc -D__attribute__=__attribute__ -w'
export CC

fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

generations() { find "/apps/$name" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sed -n 's|.*/\([0-9]*\)$|\1|p' | sort -n; }

# begin NAME PROGRAM...: what is installed, and its programs in /bin. --back returns to the generation before.
begin() {
	name=$1
	shift
	programs=$*
	[ "$(id -u)" = 0 ] || fail "only root can install for everybody"
	[ "${option:-}" != --back ] || go_back
	[ -z "${option:-}" ] || fail "usage: ${0##*/} [--back]"
	command -v cc >/dev/null || fail "no C compiler: start the system with its extras (the ISO has them)"
	began=$(date +%s)
	work=$(mktemp -d "${TMPDIR:-/tmp}/install.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	generation=$(($(generations | tail -n 1) + 1))
	made=/apps/$name/$generation.new
	rm -rf "/apps/$name"/*.new
	mkdir -p "$made/bin"
	echo "$name: building generation $generation"
}

# unpack PORT: its sources are then $work/PORT.
unpack() {
	[ -f "/third_party/$1.tar.xz" ] || fail "/third_party/$1.tar.xz is not there: start the system with its extras"
	tar -xJf "/third_party/$1.tar.xz" -C "$work" || fail "/third_party/$1.tar.xz cannot be unpacked"
}

build() { "$here/build.sh" "$work/$1" "$work/bin/$1"; }

point() { # point LINK TARGET, in one step
	ln -s "$2" "$1.next.$$"
	mv -T "$1.next.$$" "$1"
}

# The finished generation becomes the one that counts.
finish() {
	sync
	mv "$made" "/apps/$name/$generation"
	sync
	point "/apps/$name/current" "$generation"
	for program in $programs; do
		target=/apps/$name/current/bin/$program
		[ "$(readlink "/bin/$program")" = "$target" ] || point "/bin/$program" "$target"
	done
	sync
	echo "$name: generation $generation is in use, after $(($(date +%s) - began)) s; back with: $0 --back"
}

go_back() {
	current=$(readlink "/apps/$name/current") || fail "$name: nothing is installed"
	before=$(generations | awk -v current="$current" '$1 < current' | tail -n 1)
	if [ -n "$before" ]; then
		point "/apps/$name/current" "$before"
		echo "$name: generation $before is in use again"
	elif [ -z "$programs" ]; then
		fail "$name: there is no generation before $current"
	else
		for program in $programs; do rm -f "/bin/$program"; done
		rm -f "/apps/$name/current"
		echo "$name: the image's own is in use again"
	fi
	sync
	exit 0
}
