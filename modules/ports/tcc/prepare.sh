#!/bin/sh
# tcc as one source file; where it looks for things is settled here, not by its configure script.
# usage: prepare.sh SOURCE OUTPUT
set -eu
version=$(cat "$1/VERSION")
mkdir -p "$2/lib"
cp "$1"/*.[ch] "$1"/*.def "$1/COPYING" "$2"
cp -r "$1/include" "$2"
cp "$1"/lib/libtcc1.c "$1"/lib/alloca86_64.S "$1"/lib/va_list.c "$1"/lib/dsohandle.c "$2/lib"
cd "$2"
# Programs are static unless told otherwise: the system has no dynamic C library.
sed -i 's/^    s->nocommon = 1;$/&\n    s->static_link = 1;/' libtcc.c
grep -q 's->static_link = 1;$' libtcc.c
cat >config.h <<EOF
#define TCC_VERSION "$version"
#define ONE_SOURCE 1
#define TCC_TARGET_X86_64 1
#define TCC_MUSL 1
#define CONFIG_TCC_STATIC 1
#define CONFIG_TCCDIR "/apps/cc/current/lib/tcc"
#define CONFIG_TCC_SYSINCLUDEPATHS "{B}/include:/usr/include"
#define CONFIG_TCC_LIBPATHS "{B}:/usr/lib"
#define CONFIG_TCC_CRTPREFIX "/usr/lib"
EOF
echo tcc.c >sources
echo "-I." >flags
