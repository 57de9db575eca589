# Booting.  tools/anon knows how QEMU is called; these are its everyday forms.

ANON := tools/anon

.PHONY: run run-gui run-debug debug size where shell-check
run: build ## boot the ISO in QEMU, serial console on this terminal, disk fs.img
	$(Q)$(ANON) run --iso --build $(OUT)

run-gui: build ## the same in a window
	$(Q)$(ANON) run --iso --gui --build $(OUT)

run-debug: build ## boot and wait for GDB on port 1234
	$(Q)$(ANON) run --gdb --build $(OUT)

debug: build ## boot and attach GDB with symbols and object printers
	$(Q)$(ANON) debug --build $(OUT)

where: ## ADDR=0x... [MOVED=n]: the kernel's file and line at an address; n is what a panic says
	$(Q)test -n '$(ADDR)' || { echo "usage: make where ADDR=0xffffffff80...[,ADDR...] [MOVED=1a400000]" >&2; exit 2; }
	$(Q)python3 -c 'for a in "$(ADDR)".split(","): print(hex(int(a, 16) - 0x0$(MOVED)))' | \
		addr2line -e $(OUT)/kernel.elf -f -p -i -a

comma := ,

shell-check: build ## boot and verify that terminal and keyboard serve a shell
	$(Q)scripts/check_shell_support.sh $(OUT)

size: ## long files and functions of the sources; sizes of what was built
	$(Q)python3 scripts/check.py size
	$(Q)python3 scripts/sizes.py $(OUT)

.PHONY: new-module
new-module: ## N=name: a new module that builds and tests at once
	$(Q)python3 scripts/new_module.py '$(N)'

.PHONY: new-object
new-object: ## N=name: a new kernel object type that builds and tests at once
	$(Q)python3 scripts/new_object.py '$(N)'
