#!/bin/sh
# What tcc links with each program (libtcc1.a) and includes first, from a prepared source, by tcc itself.
# usage: runtime.sh TCC SOURCE FOLDER     environment: CFLAGS
set -eu
tcc=$1 source=$2 folder=$3
mkdir -p "$folder/include" "$folder/objects"
cp "$source"/include/*.h "$folder/include"
for file in libtcc1.c alloca86_64.S va_list.c dsohandle.c; do
	# shellcheck disable=SC2086
	"$tcc" ${CFLAGS:-} -c "$source/lib/$file" -o "$folder/objects/${file%.*}.o"
done
"$tcc" -ar rcs "$folder/libtcc1.a" "$folder"/objects/*.o
rm -r "$folder/objects"
