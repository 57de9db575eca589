#!/bin/sh
# Compiles the C compiler with itself, three times: the second and the third must be the same to the byte, or it does
# not come into use. make comes with it. The C library stays the image's: tcc cannot compile it.
# usage: install_cc_in_os.sh [--back]
option=${1:-}
# shellcheck source=install.sh
. "$(dirname "$0")/install.sh"

begin cc
unpack tcc
unpack make
for stage in 1 2 3; do
	echo "cc: stage $stage"
	build tcc
	mv "$work/bin/tcc" "$work/stage$stage"
	"$here/runtime.sh" "$work/stage$stage" "$work/tcc" "$work/runtime$stage"
	CC="$work/stage$stage"
done
for pair in stage2:stage3 runtime2/libtcc1.a:runtime3/libtcc1.a; do
	cmp "$work/${pair%:*}" "$work/${pair#*:}" || fail "the compiler that it compiles differs from itself"
done
echo "cc: stages 2 and 3 are the same: $(sha256sum <"$work/stage3" | cut -d' ' -f1)"
CC="$work/stage3 -D__attribute__=__attribute__ -w"
build make
printf 'all:; @echo made\n' | "$work/bin/make" -f - | grep -qx made || fail "the new make does not work"
cp "$work/stage3" "$made/bin/tcc"
cp "$work/bin/make" /apps/cc/current/bin/ar "$made/bin"
ln -s tcc "$made/bin/cc"
ln -s tcc "$made/bin/c99"
mkdir -p "$made/lib"
cp -R "$work/runtime3" "$made/lib/tcc"
finish
