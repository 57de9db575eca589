#!/bin/sh
# Compiles the shell with the system's own compiler and puts it into use: shells that are started from now on are it.
# usage: install_shell_in_os.sh [--back]
option=${1:-}
# shellcheck source=install.sh
. "$(dirname "$0")/install.sh"

begin shell sh-anon
unpack sh-anon
build sh-anon
# shellcheck disable=SC2016
[ "$("$work/bin/sh-anon" -c 'f() { echo $(($1 * 7)); }; f 6 | cat')" = 42 ] || fail "the new shell does not work"
cp "$work/bin/sh-anon" "$made/bin"
finish
