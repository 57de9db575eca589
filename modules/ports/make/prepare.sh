#!/bin/sh
# GNU make without its configure script, which is not part of Debian's source: config.h here says what musl has.
# usage: prepare.sh SOURCE OUTPUT
set -eu
config=$(cd "$(dirname "$0")" && pwd)/config.h
mkdir -p "$2/src" "$2/lib"
cp "$1"/src/*.[ch] "$2/src"
cp "$1"/lib/*.[ch] "$2/lib"
cp "$1/COPYING" "$2"
cp "$config" "$2/src/config.h"
cd "$2"
# musl's glob() cannot be given other functions to read folders with, which make wants for its cache.
mkdir own
cp "lib/glob.in.h" own/glob.h
cp "lib/fnmatch.in.h" own/fnmatch.h
for name in ar arscan commands default dir expand file function getopt getopt1 guile hash implicit job load loadapi \
	main misc output posixos read remake remote-stub rule signame strcache variable version vpath; do
	echo "src/$name.c"
done >sources
printf 'lib/fnmatch.c\nlib/glob.c\n' >>sources
echo "-DHAVE_CONFIG_H -Isrc -Iown -Ilib" >flags
