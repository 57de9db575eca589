"""GDB's view of the kernel: loaded by `make debug`.  Printers for kernel objects are added here."""
import gdb

gdb.execute("set pagination off")
gdb.execute("set confirm off")
gdb.execute("set disassembly-flavor att")
