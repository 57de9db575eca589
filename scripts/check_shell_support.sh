#!/bin/sh
# Boots the ISO and verifies that a shell really answers on the serial port and to the keyboard.
# Leaves a picture of the screen in build/test/.
# usage: check_shell_support.sh [BUILD]        (after make build)
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
if [ ! -f "$build/anonymOS.iso" ]; then
	echo "check_shell_support: no $build/anonymOS.iso; run make build first" >&2
	exit 1
fi
if tools/anon play --build "$build" scripts/shell_support.scn; then
	echo "The shell answers on the serial port and to the keyboard."
else
	echo "check_shell_support: the shell does not answer; see above" >&2
	exit 1
fi
