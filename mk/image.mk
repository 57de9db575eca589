# The boot archive (newc cpio: /init /native/* /bin/* /manifest) and the ISO (GRUB for BIOS and UEFI,
# kernel, archive).  Both are byte-identical from build to build.

MANIFEST := images/$(IMAGE).manifest
ARCHIVE := $(OUT)/boot.cpio
ISO := $(OUT)/anonymOS.iso

ARCHIVE_NATIVE := $(addprefix $(OUT)/image/native/,$(NATIVE_NAMES))
ARCHIVE_LINUX := $(addprefix $(OUT)/image/bin/,$(LINUX_NAMES))
# An image without Linux programs has no use for busybox: NO_BUSYBOX=1 also builds without a network.
ARCHIVE_BUSYBOX := $(if $(NO_BUSYBOX),,$(BUSYBOX))

# Written anew whenever a name in it changes, so that the archive follows the module data.
$(OUT)/image/names: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(IMAGE) $(NATIVE_NAMES) $(LINUX_NAMES) $(ARCHIVE_BUSYBOX)' | cmp -s - $@ || \
		echo '$(IMAGE) $(NATIVE_NAMES) $(LINUX_NAMES) $(ARCHIVE_BUSYBOX)' > $@

# A manifest that breaks init's rules fails the build, by init's own parser.
MANIFEST_CHECK := $(if $(wildcard $(MANIFEST)),$(if $(filter manifest-check,$(HOST_NAMES)),$(OUT)/image/manifest.checked))
$(OUT)/image/manifest.checked: $(MANIFEST) $(BUILD)/host/manifest-check
	$(call say,CHECK,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(BUILD)/host/manifest-check $(MANIFEST) > $@

$(ARCHIVE): $(MANIFEST_CHECK) $(ARCHIVE_NATIVE) $(ARCHIVE_LINUX) $(ARCHIVE_BUSYBOX) $(wildcard $(MANIFEST)) $(OUT)/image/names scripts/mkarchive.py
	$(call say,CPIO,$@)
	$(Q)python3 scripts/mkarchive.py $@ $(if $(wildcard $(MANIFEST)),--manifest $(MANIFEST)) \
		$(if $(ARCHIVE_BUSYBOX),--busybox $(BUSYBOX)) \
		$(addprefix --native ,$(ARCHIVE_NATIVE)) $(addprefix --linux ,$(ARCHIVE_LINUX))

.PHONY: archive iso
archive: $(ARCHIVE) ## build/boot.cpio alone

ifdef KERNEL_ELF
$(OUT)/image/kernel.elf: $(KERNEL_ELF)
	$(Q)mkdir -p $(@D)
	$(Q)$(STRIP) -o $@ $<

$(ISO): $(OUT)/image/kernel.elf $(ARCHIVE) scripts/mkiso.sh images/grub.cfg
	$(call say,ISO,$@)
	$(Q)scripts/mkiso.sh $@ images/grub.cfg $(OUT)/image/kernel.elf $(ARCHIVE)

iso: $(ISO) ## build/anonymOS.iso (BIOS, UEFI, CD or USB stick)
else
iso: kernel
endif
