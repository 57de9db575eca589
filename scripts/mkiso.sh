#!/bin/sh
# Builds the bootable ISO: GRUB for BIOS (El Torito and a hybrid MBR, so that the same bytes boot from
# a USB stick) and for UEFI (a FAT image), the kernel and the boot archive.  No time, path or random
# number reaches the output.
# usage: mkiso.sh OUTPUT GRUB.CFG KERNEL ARCHIVE       environment: SOURCE_DATE_EPOCH
set -eu
out=$1 cfg=$2 kernel=$3 archive=$4
: "${SOURCE_DATE_EPOCH:=1735689600}"
export SOURCE_DATE_EPOCH
grub=${GRUB_LIB:-/usr/lib/grub}
work=$out.work
log=$out.log
common="normal configfile iso9660 part_msdos part_gpt search search_fs_file multiboot2 all_video video echo test"

rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/iso/boot/grub" "$work/efi"
cp "$kernel" "$work/iso/boot/kernel.elf"
cp "$archive" "$work/iso/boot/boot.cpio"
cp "$cfg" "$work/iso/boot/grub/grub.cfg"

# Each GRUB finds the medium by a file only we have, then reads grub.cfg from there.
cat >"$work/find.cfg" <<'EOF'
search --set=root --file /boot/kernel.elf
set prefix=($root)/boot/grub
EOF
# shellcheck disable=SC2086  # a list of modules
grub-mkimage -d "$grub/i386-pc" -O i386-pc-eltorito -c "$work/find.cfg" -p /boot/grub \
	-o "$work/iso/boot/grub/bios.img" biosdisk vbe $common
# shellcheck disable=SC2086
grub-mkimage -d "$grub/x86_64-efi" -O x86_64-efi -c "$work/find.cfg" -p /boot/grub \
	-o "$work/efi/bootx64.efi" fat efi_gop $common

fat_kib=$(( ($(stat -c %s "$work/efi/bootx64.efi") + 1023) / 1024 + 128 ))
fat_kib=$(( (fat_kib + 31) / 32 * 32 ))
fat=$work/iso/boot/grub/efi.img
find "$work" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
truncate -s "${fat_kib}K" "$fat"
mformat -i "$fat" -h 2 -s 16 -t $((fat_kib * 2 / 32)) -N a505a505 ::
mmd -i "$fat" ::/efi ::/efi/boot
mcopy -m -i "$fat" "$work/efi/bootx64.efi" ::/efi/boot/bootx64.efi
find "$work" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

if ! xorriso -as mkisofs -quiet -r -J -V ANONYMOS -o "$out.new" \
	--modification-date="$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)" \
	-b boot/grub/bios.img -no-emul-boot -boot-load-size 4 -boot-info-table \
	--grub2-boot-info --grub2-mbr "$grub/i386-pc/boot_hybrid.img" --protective-msdos-label \
	--efi-boot boot/grub/efi.img -efi-boot-part --efi-boot-image \
	"$work/iso" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
rm -f "$log"
mv "$out.new" "$out"
