#!/bin/sh
# Installs what the build and the tests need on this host, and only what is missing; when nothing is,
# it takes a fraction of a second and touches nothing.  Debian 12 (and close relatives) with root or
# sudo: apt.  Elsewhere: says what is missing and stops with status 1.
# usage: setup_dev_env.sh [--check]        --check: only say what is missing
set -eu

# PROGRAM-OR-FILE PACKAGE: what must be there, and the Debian package it comes from.
needs='
gcc gcc
/usr/include/stdio.h libc6-dev
ld binutils
make make
python3 python3
qemu-system-x86_64 qemu-system-x86
/usr/share/seabios/bios-256k.bin seabios
/usr/share/OVMF/OVMF_CODE_4M.fd ovmf
/usr/lib/ipxe/qemu/efi-virtio.rom ipxe-qemu
bochs bochs
/usr/share/bochs/BIOS-bochs-legacy bochsbios
/usr/share/vgabios/vgabios.bin vgabios
grub-mkimage grub-common
/usr/lib/grub/i386-pc/boot_hybrid.img grub-pc-bin
/usr/lib/grub/x86_64-efi/multiboot2.mod grub-efi-amd64-bin
xorriso xorriso
mformat mtools
musl-gcc musl-tools
/usr/include/linux/futex.h linux-libc-dev
cpio cpio
gdb gdb
clang clang
clang-format clang-format
spin spin
shellcheck shellcheck
git git
bzip2 bzip2
xz xz-utils
/etc/ssl/certs/ca-certificates.crt ca-certificates
'

is_there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

missing_packages() {
	echo "$needs" | while read -r thing package; do
		[ -z "$thing" ] || is_there "$thing" || echo "$package"
	done
	# The sanitizers' runtimes come with gcc on Debian, but not everywhere.
	[ -e "$(gcc -print-file-name=libasan.so 2>/dev/null)" ] || echo gcc
	# So does libFuzzer, with its sanitizers, from clang.
	[ -e "$(clang -print-resource-dir 2>/dev/null)/lib/linux/libclang_rt.fuzzer-x86_64.a" ] || echo libclang-rt-14-dev
}

have_old_lists() { # no package lists, or older than a day
	[ -z "$(find /var/lib/apt/lists -name '*Packages*' -mtime -1 2>/dev/null | head -n 1)" ]
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

packages=$(missing_packages | sort -u | tr '\n' ' ')
packages=${packages% }
[ -n "$packages" ] || exit 0
if [ "${1:-}" = --check ] || ! command -v apt-get >/dev/null || ! can_be_root; then
	echo "setup_dev_env: missing on this host (names of Debian packages): $packages" >&2
	command -v apt-get >/dev/null &&
		echo "install them with: apt-get install --no-install-recommends $packages" >&2
	exit 1
fi
echo "setup_dev_env: installing $packages"
! have_old_lists || as_root apt-get -qq update
# shellcheck disable=SC2086
as_root apt-get -qq -y install --no-install-recommends $packages ||
	{ as_root apt-get -qq update && as_root apt-get -qq -y install --no-install-recommends $packages; }
left=$(missing_packages | sort -u | tr '\n' ' ')
[ -z "$left" ] || { echo "setup_dev_env: still missing after the installation: $left" >&2; exit 1; }
