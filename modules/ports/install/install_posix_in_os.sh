#!/bin/sh
# Compiles the utilities, busybox and toybox, with the system's own compiler and puts them into use: every command in
# /bin is a name of one of these two programs.
# usage: install_posix_in_os.sh [--back]
option=${1:-}
# shellcheck source=install.sh
. "$(dirname "$0")/install.sh"

begin posix busybox toybox
for port in busybox toybox; do
	unpack $port
	build $port
done
# shellcheck disable=SC2016
"$work/bin/busybox" sh -c 'echo one two | awk "{ print \$2 }" | tr o O' | "$work/bin/busybox" grep -qx twO ||
	fail "the new busybox does not work"
"$work/bin/toybox" file "$work/bin/toybox" | "$work/bin/busybox" grep -q ELF || fail "the new toybox does not work"
cp "$work/bin/busybox" "$work/bin/toybox" "$made/bin"
finish
