# The kernel: build/kernel.elf, and build/ktest/kernel.elf, which has the in-kernel tests (KTEST) in the
# place of KERNEL_NOTEST and is always a debug build.  scripts/link_kernel.sh links twice, the
# second time with a symbol table for panics.

KERNEL_LD := modules/microkernel/src/arch/x86_64/kernel.ld
KERNEL_LIBS := $(if $(base.LIB),base)
KERNEL_LINK := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none -T $(KERNEL_LD)

define kernel_rule
$1: $(call objects,$2,microkernel,$3) $(call libraries,$2,$(KERNEL_LIBS)) $(KERNEL_LD) scripts/link_kernel.sh scripts/ksyms.py scripts/relocations.py
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)LD='$(LD)' CC='$(CC)' OBJCOPY='$(OBJCOPY)' scripts/link_kernel.sh $$@ $(KERNEL_LINK) \
		$$(filter %.o,$$^) --start-group $$(filter %.a,$$^) --end-group
endef

.PHONY: kernel ktest-kernel
ifneq ($(microkernel.KERNEL),)
KERNEL_ELF := $(OUT)/kernel.elf
KTEST_ELF := $(BUILD)/ktest/kernel.elf
$(eval $(call kernel_rule,$(KERNEL_ELF),$(FL_KERNEL),$(microkernel.KERNEL) $(microkernel.KERNEL_NOTEST)))
$(eval $(call kernel_rule,$(KTEST_ELF),kernel-debug,$(filter-out $(microkernel.KERNEL_NOTEST),$(microkernel.KERNEL)) $(microkernel.KTEST)))
kernel: $(KERNEL_ELF) ## build/kernel.elf alone
ktest-kernel: $(KTEST_ELF) ## the kernel with its own tests, build/ktest/kernel.elf
else
kernel ktest-kernel:
	@echo "note: no kernel yet (modules/microkernel/module.mk with KERNEL := sources is missing)"
endif
