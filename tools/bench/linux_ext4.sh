#!/bin/bash
# Runs storebench on ext4 with Debian's Linux kernel in QEMU and prints the rows of ext4.tsv.
#   linux_ext4.sh >ext4.tsv
# The cheapest of three boots counts, since when Linux finds its journal worth a commit depends on its clock's ticks.
# Environment:
#   KERNEL_DEB  linux-image package (default: the one that linux-image-amd64 asks for, by apt-get download)
#   MEM         guest RAM in MiB (default 256)      RAW=1  prints the console, too, on standard error
# The disk, the CPU and the clock are those of tools/bench.py's store rows. Linux is set up to be fast: no
# mitigations, no access times, no I/O scheduler, nothing of ext4 initialised in the background.
# Needs: musl-gcc, busybox (static), cpio, mke2fs, qemu-system-x86_64.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
busybox=$here/../../third_party/busybox-static/busybox
modules="virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk"
modules="$modules crc16 crc32c_generic mbcache jbd2 ext4"
w=$(mktemp -d "${TMPDIR:-/tmp}/ext4.XXXXXX")
trap 'rm -rf "$w"' EXIT

if [ -z "${KERNEL_DEB:-}" ]; then
	package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -1)
	(cd "$w" && apt-get download "$package" >&2)
	KERNEL_DEB=$(ls "$w"/*.deb)
fi
dpkg-deb -x "$KERNEL_DEB" "$w/linux"
for folder in bin proc sys dev mnt modules; do
	mkdir -p "$w/root/$folder"
done
musl-gcc -O2 -static -s -o "$w/root/bin/storebench" "$here/storebench.c"
cp "$busybox" "$w/root/bin/busybox"
for name in $modules; do
	find "$w/linux/lib/modules" -name "$name.ko" -exec cp {} "$w/root/modules/" \;
done
cat >"$w/root/init" <<I
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc proc /proc; \$b mount -t sysfs sys /sys; \$b mount -t devtmpfs dev /dev
for name in $modules; do \$b insmod /modules/\$name.ko || echo "@@no \$name"; done
echo none >/sys/block/vda/queue/scheduler
echo "# Linux \$(\$b uname -r), \$(\$b cat /proc/cmdline)"
\$b mount -t ext4 -o noatime /dev/vda /mnt || echo "@@no mount"
export STOREBENCH_IDLE=/proc/timer_list:idle_sleeptime+iowait_sleeptime
export STOREBENCH_COUNTER=/proc/vmstat:pgpgout
/bin/storebench /mnt/sb \$(\$b sed -n 's/.*storebench=\\([a-z]*\\).*/\\1/p' /proc/cmdline)
\$b umount /mnt
echo "@@end"
\$b poweroff -f
I
chmod +x "$w/root/init"
(cd "$w/root" && find . -print0 | cpio -0 -o -H newc --quiet) >"$w/initrd"
truncate -s 1G "$w/disk"
mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 "$w/disk"

boot() { # make|run QEMU flags...
	what=$1
	shift
	timeout 900 qemu-system-x86_64 -accel tcg -machine pc -cpu max,-erms -smp 1 -m "${MEM:-256}" -nodefaults \
		-display none -no-reboot -serial stdio -kernel "$w"/linux/boot/vmlinuz-* -initrd "$w/initrd" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off init_on_alloc=0 lsm= storebench=$what" \
		-drive "if=none,id=disk0,format=raw,file=$w/disk" -device virtio-blk-pci,disable-legacy=on,drive=disk0 \
		"$@" </dev/null | tr -d '\r' | tee "$w/$what.log" | if [ -n "${RAW:-}" ]; then cat >&2; else cat >/dev/null; fi
	grep -q '@@end' "$w/$what.log" && ! grep -E '@@no|FAIL' "$w/$what.log" >&2
}
boot make
mv "$w/disk" "$w/made"
for _ in 1 2 3; do
	cp --sparse=always "$w/made" "$w/disk"
	boot run -icount shift=0
	cat "$w/run.log" >>"$w/runs.log"
done
echo "# storebench on ext4, made by linux_ext4.sh: system, name, unit, instructions an operation."
grep '^# Linux' "$w/run.log"
awk -F '\t' 'NF == 4 { if (!($1 in best)) names[n++] = $1; if (!($1 in best) || $2 < best[$1]) best[$1] = $2 }
	END { for (k = 0; k < n; k++) printf "ext4\t%s\ttsc\t%.1f\n", names[k], best[names[k]] }' "$w/runs.log"
