#!/bin/sh
# Configures toybox with the commands of `commands` and leaves in OUTPUT what build.sh wants: sources with the generated
# headers, the list `sources`, the compiler's `flags`.
# usage: prepare.sh SOURCE OUTPUT
set -eu
commands=$(cd "$(dirname "$0")" && pwd)/commands
cp -a "$1/." "$2"
cd "$2"
unset MAKEFLAGS MFLAGS MAKELEVEL # of a make that calls us
quiet() { "$@" >prepare.log 2>&1 || { cat prepare.log >&2; exit 1; }; }

quiet make allnoconfig
# shellcheck disable=SC2013
for name in $(sed 's/#.*//' "$commands") toybox_help toybox_help_dashdash; do
	option=$(echo "$name" | tr '[:lower:]' '[:upper:]')
	grep -q "CONFIG_$option is not set" .config || { echo "toybox has no $name" >&2; exit 1; }
	sed -i "s/^# CONFIG_$option is not set/CONFIG_$option=y/" .config
done
yes '' | quiet make oldconfig
quiet env NOBUILD=1 CC=musl-gcc HOSTCC=gcc scripts/make.sh
{
	for file in lib/*.c main.c; do echo "$file"; done
	# shellcheck disable=SC2013
	for name in $(sed 's/#.*//' "$commands"); do find toys -name "$name.c"; done | sort
} >sources
echo "-I. -D_GNU_SOURCE -DQUIET= -funsigned-char" >flags
rm -rf generated/obj kconfig scripts tests www
find . -type f ! -name '*.[ch]' ! -name sources ! -name flags ! -name LICENSE -delete
find toys -name '*.c' | grep -vxFf sources | xargs rm -f
find . \( -type l -o -type d -empty \) -delete
