# The kernel: build/kernel.elf, the one that checks itself, build/debug.elf, and build/ktest/kernel.elf and sanitize.elf, which have the in-kernel tests (KTEST) in the
# place of KERNEL_NOTEST; they are always a debug build and a sanitizer build.  scripts/link_kernel.sh links twice, the
# second time with a symbol table for panics.

KERNEL_LD := modules/microkernel/src/arch/x86_64/kernel.ld
KERNEL_LIBS := $(if $(base.LIB),base)
KERNEL_LINK := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none -T $(KERNEL_LD)

# $4: sources of the sanitizers.
define kernel_rule
$1: $(call objects,$2,microkernel,$3) $(call objects,kernel-sanitizer,microkernel,$4) $(call libraries,$2,$(KERNEL_LIBS)) $(KERNEL_LD) scripts/link_kernel.sh scripts/ksyms.py scripts/relocations.py
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)LD='$(LD)' CC='$(CC)' OBJCOPY='$(OBJCOPY)' scripts/link_kernel.sh $$@ $(KERNEL_LINK) \
		$$(filter %.o,$$^) --start-group $$(filter %.a,$$^) --end-group
endef

.PHONY: kernel debug-kernel ktest-kernel
ifneq ($(microkernel.KERNEL),)
KERNEL_ELF := $(OUT)/kernel.elf
DEBUG_ELF := $(OUT)/debug.elf
KTEST_ELF := $(BUILD)/ktest/kernel.elf
KTEST_SANITIZE_ELF := $(BUILD)/ktest/sanitize.elf
$(eval $(call kernel_rule,$(KERNEL_ELF),$(FL_KERNEL),$(microkernel.KERNEL) $(microkernel.KERNEL_NOTEST),$(if $(filter sanitize,$(KIND)),$(microkernel.KERNEL_SANITIZER))))
$(eval $(call kernel_rule,$(DEBUG_ELF),$(FL_CHECKED),$(microkernel.KERNEL) $(microkernel.KERNEL_NOTEST),$(if $(filter sanitize,$(KIND)),$(microkernel.KERNEL_SANITIZER))))
$(eval $(call kernel_rule,$(KTEST_ELF),$(FL_KTEST),$(filter-out $(microkernel.KERNEL_NOTEST),$(microkernel.KERNEL)) $(microkernel.KTEST)))
$(eval $(call kernel_rule,$(KTEST_SANITIZE_ELF),kernel-sanitize,$(microkernel.KERNEL) $(microkernel.KTEST) $(microkernel.KTEST_SANITIZER),$(microkernel.KERNEL_SANITIZER)))
kernel: $(KERNEL_ELF) ## build/kernel.elf alone
debug-kernel: $(DEBUG_ELF) ## the same with asserts and checks, build/debug.elf
ktest-kernel: $(KTEST_ELF) $(KTEST_SANITIZE_ELF) ## the kernel with its own tests, plain and with sanitizers, in build/ktest/
else
kernel debug-kernel ktest-kernel:
	@echo "note: no kernel yet (modules/microkernel/module.mk with KERNEL := sources is missing)"
endif
