"""One QEMU machine as data, and the command line that makes it.

Machines boot the kernel directly (PVH), or the ISO as a CD or as a USB stick, by BIOS or UEFI.
"""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

from .errors import UsageError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OVMF_PLACES = ["/usr/share/OVMF/OVMF_%s_4M.fd", "/usr/share/edk2/x64/OVMF_%s.4m.fd",
               "/usr/share/OVMF/OVMF_%s.fd"]
BOOTS = ("pvh", "iso", "uefi", "usb", "uefi-usb")
DEBUG_EXIT_CLEAN = 1  # isa-debug-exit: a guest that writes v makes QEMU exit with (v << 1) | 1
DEBUG_EXIT_PANIC = 3
DEBUG_EXIT_CANNOT_START = 5


@dataclass
class Machine:
    """What to boot and on what; None means "the usual for that kind of boot"."""
    boot: str = "pvh"
    build: str = os.path.join(ROOT, "build")
    kernel: str = None       # default BUILD/kernel.elf
    archive: str = None      # default BUILD/boot.cpio or, with extras, BUILD/system.cpio; "" for none
    extras: bool = False     # the ISO has them always
    iso: str = None          # default BUILD/anonymOS.iso
    model: str = None        # QEMU -machine: pc for pvh, q35 for the ISO
    cpu: str = "max"
    smp: int = 1
    mem: int = 256           # MiB
    disk: str = None         # path of a raw image, None for no disk
    icount: bool = False
    accel: str = "tcg"
    gui: bool = False
    gdb: str = None          # QEMU -gdb argument; the machine then waits for GDB
    com1: str = "null"       # chardev back end without its id, "none" or "mon:stdio"; @LOG@ is
                             # replaced by the path of the console log
    com2_fd: int = None      # inherited socket for the command channel
    monitor_fd: int = None   # inherited socket for QMP
    debug_exit: bool = True
    reboot: bool = False
    append: list = field(default_factory=list)
    extra: list = field(default_factory=list)
    memory_file: str = None  # a file that is the machine's memory

    def arguments(self, scratch):
        """QEMU's arguments; scratch is a folder for files that the machine may change."""
        args = ["-machine", (self.model or ("pc" if self.boot == "pvh" else "q35")) +
                (",memory-backend=ram" if self.memory_file else ""),
                "-accel", self.accel, "-cpu", self.cpu, "-smp", str(self.smp), "-m", str(self.mem),
                "-nodefaults"]
        if self.memory_file:
            args += ["-object", f"memory-backend-file,id=ram,size={self.mem}M,share=on,mem-path={self.memory_file}"]
        args += self._boot(scratch) + self._display() + self._serial() + self._disk()
        if self.icount:
            args += ["-icount", "shift=0,sleep=off"]
        if not self.reboot:
            args += ["-no-reboot"]
        if self.debug_exit:
            args += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        if self.gdb:
            args += ["-gdb", self.gdb, "-S"]
        return args + self.extra

    def _boot(self, scratch):
        if self.boot == "pvh":
            return self._boot_pvh()
        if self.boot not in BOOTS:
            raise UsageError(f"unknown boot {self.boot}: one of {' '.join(BOOTS)}")
        iso = must_exist(self.iso or os.path.join(self.build, "anonymOS.iso"), "make iso")
        args = uefi_firmware(scratch) if self.boot.startswith("uefi") else []
        if self.boot.endswith("usb"):
            return args + ["-device", "qemu-xhci", "-device", "usb-storage,drive=stick,bootindex=0",
                           "-drive", f"if=none,id=stick,format=raw,readonly=on,file={iso}"]
        return args + ["-drive", f"if=none,id=cd,media=cdrom,format=raw,readonly=on,file={iso}",
                       "-device", "ide-cd,drive=cd,bootindex=0"]

    def kernel_path(self):
        return self.kernel or os.path.join(self.build, "kernel.elf")

    def _boot_pvh(self):
        args = ["-kernel", must_exist(self.kernel_path(), "make kernel")]
        if self.archive != "":
            usual = "system.cpio" if self.extras else "boot.cpio"
            archive = must_exist(self.archive or os.path.join(self.build, usual), "make archive")
            args += ["-initrd", archive]
        words = (["debugexit"] if self.debug_exit else []) + \
            (["exec=com2"] if self.com2_fd is not None else []) + \
            (["nokaslr"] if self.gdb else []) + self.append  # GDB knows where the kernel is linked
        return args + (["-append", " ".join(words)] if words else [])

    def _display(self):
        vga = ["-vga", "std"] if self.gui or self.boot != "pvh" else []
        return vga + (window() if self.gui else ["-display", "none"])

    def _serial(self):
        if self.com1 == "mon:stdio":
            args = ["-serial", "mon:stdio"]
        elif self.com1 == "none":
            args = ["-serial", "none"]
        else:
            kind, _, rest = self.com1.partition(",")
            args = ["-chardev", f"{kind},id=com1" + (f",{rest}" if rest else ""),
                    "-serial", "chardev:com1"]
        if self.com2_fd is not None:
            args += ["-chardev", f"socket,id=com2,fd={self.com2_fd}"]
            args += ["-device", "isa-serial,chardev=com2,index=1"] if self._is_microvm() else \
                ["-serial", "chardev:com2"]
        if self.monitor_fd is not None:
            args += ["-chardev", f"socket,id=qmp,fd={self.monitor_fd}",
                     "-mon", "chardev=qmp,mode=control"]
        return args

    def _is_microvm(self):
        """That machine has one serial port of its own, whatever -serial says."""
        return (self.model or "").startswith("microvm")

    def _disk(self):
        if not self.disk:
            return []
        return ["-drive", f"if=none,id=disk0,format=raw,file={self.disk.replace(',', ',,')}",
                "-device", "virtio-blk-pci,disable-legacy=on,drive=disk0"]


def window():
    """Arguments for a window, or for a VNC screen when this QEMU was built without windows."""
    qemu = os.environ.get("ANON_QEMU", "qemu-system-x86_64")
    known = subprocess.run([qemu, "-display", "help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           text=True, check=False).stdout.split()
    for kind in ("gtk", "sdl", "cocoa"):
        if kind in known:
            return ["-display", kind]
    print("anon: this QEMU opens no windows (Debian: install qemu-system-gui); "
          "the screen is on VNC, localhost:5900", file=sys.stderr)
    return ["-display", "vnc=localhost:0"]


def must_exist(path, target):
    """The path again, or a message saying which make target makes it."""
    if not os.path.exists(path):
        raise UsageError(f"{path} does not exist; build it with: {target}")
    return path


def uefi_firmware(scratch):
    """Flash images for OVMF: its code read-only, its variables as a private copy."""
    for place in OVMF_PLACES:
        code, variables = place % "CODE", place % "VARS"
        if os.path.exists(code) and os.path.exists(variables):
            private = os.path.join(scratch, "vars.fd")
            shutil.copyfile(variables, private)
            return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                    "-drive", f"if=pflash,format=raw,file={private}"]
    raise UsageError("no OVMF firmware found: run scripts/setup_dev_env.sh")


def best_accelerator():
    """KVM where the processor really has it; /dev/kvm alone is no proof."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            flags = f.read().split()
    except OSError:
        return "tcg"
    usable = ("vmx" in flags or "svm" in flags) and os.access("/dev/kvm", os.R_OK | os.W_OK)
    return "kvm" if usable else "tcg"
