#!/bin/sh
# Configures busybox: its defconfig changed by `options`. Leaves in OUTPUT the sources with every generated header, the
# list `sources` and the compiler's `flags`, which is all that build.sh wants, here and inside the system.
# usage: prepare.sh SOURCE OUTPUT
set -eu
options=$(cd "$(dirname "$0")" && pwd)/options
cp -a "$1/." "$2"
cd "$2"
export KCONFIG_NOTIMESTAMP=1
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that calls us
quiet() { "$@" >prepare.log 2>&1 || { cat prepare.log >&2; exit 1; }; }

quiet make defconfig
grep -v '^#' "$options" | while read -r name value; do
	[ -n "$name" ] || continue
	sed -i -e "/^CONFIG_$name=/d" -e "/^# CONFIG_$name is not set/d" .config
	echo "CONFIG_$name=$value" >>.config
done
yes '' | quiet make oldconfig
quiet make prepare
printf '#define BB_VER "%s"\n' "$(make -s kernelversion)" >>include/autoconf.h

# Which files the options ask for, told by make, which knows how to read a Kbuild.
for folder in $(find . -name Kbuild ! -path './scripts/*' | sort); do
	folder=${folder#./} folder=${folder%/Kbuild}
	# shellcheck disable=SC2016
	printf 'include .config\ninclude %s/Kbuild\nlist:; @echo $(sort $(lib-y) $(obj-y))\n' "$folder" |
		make -s -f - list 2>/dev/null | tr ' ' '\n' | sed -n "s|^\(.*\)\.o\$|$folder/\1.c|p"
done >sources
echo "-Iinclude -Ilibbb -include include/autoconf.h -D_GNU_SOURCE -DNDEBUG -D_FILE_OFFSET_BITS=64 -funsigned-char" >flags
rm -rf docs examples testsuite scripts include/config
find . -type f ! -name '*.[ch]' ! -name sources ! -name flags ! -name LICENSE ! -name .config -delete
find . \( -type l -o -type d -empty \) -delete
