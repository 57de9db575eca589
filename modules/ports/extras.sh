#!/bin/sh
# Lays out the extras, as they will stand in the store: the C compiler as generation 0 of /apps/cc with make, the C
# library and headers in /usr, manual pages, and the sources of all that the system can build itself.
# usage: extras.sh PORTS OUTPUT KERNEL-HEADERS      PORTS: prepared sources, their tarballs, programs in bin/
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ports=$1 out=$2 headers=$(cd "$3" && pwd)
musl=/usr/lib/x86_64-linux-musl
musl_headers=/usr/include/x86_64-linux-musl
: "${MUSL_CC:=musl-gcc}"
rm -rf "$out"
mkdir -p "$out/apps/cc/0/bin" "$out/bin" "$out/usr/include" "$out/usr/lib" "$out/third_party"

# The compiler; cc and c99 are names of it.
cp "$ports/bin/tcc" "$ports/bin/make" "$out/apps/cc/0/bin"
cp "$here/tcc/ar" "$out/apps/cc/0/bin/ar"
ln -s tcc "$out/apps/cc/0/bin/cc"
ln -s tcc "$out/apps/cc/0/bin/c99"
ln -s 0 "$out/apps/cc/current"
for name in tcc cc c99 ar make; do
	ln -s "/apps/cc/current/bin/$name" "$out/bin/$name"
done
CFLAGS="-B$ports/tcc -I$musl_headers" "$here/tcc/runtime.sh" "$ports/bin/tcc" "$ports/tcc" "$out/apps/cc/0/lib/tcc"

# The C library, as it was compiled by gcc (tcc cannot compile it), and of the kernel's headers those that the ports include.
cp "$musl"/crt1.o "$musl"/crti.o "$musl"/crtn.o "$musl"/lib*.a "$out/usr/lib"
cp -R "$musl_headers/." "$out/usr/include"
for port in busybox toybox; do
	(
		cd "$ports/$port"
		# shellcheck disable=SC2046
		"$MUSL_CC" -idirafter "$headers" -w -M $(cat flags) $(cat sources)
	)
done | tr ' ' '\n' | sed -nE 's#^/.*/((linux|asm|asm-generic|mtd)/.*\.h)$#\1#p' | sort -u | while read -r header; do
	mkdir -p "$out/usr/include/$(dirname "$header")"
	cp "$headers/$header" "$out/usr/include/$header"
done

mkdir "$out/etc"
cp "$here/man.conf" "$out/etc"
cp "$ports"/*.tar.xz "$out/third_party"
python3 "$here/manpages.py" "$ports/bin" "$out/usr/share/man/cat1"

# Names this release: what the system compares to tell whether its store has it already.
(cd "$out" && find . -type f | sort | xargs sha256sum && find . -type l | sort | xargs readlink) | sha256sum | cut -d" " -f1 >"$out.release"
mv "$out.release" "$out/third_party/release"
