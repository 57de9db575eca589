# The boot archive (newc cpio: /init /native/* /bin/* /sys/init/* /manifest) and the ISO (GRUB for BIOS and UEFI,
# kernel, archive).  Both are byte-identical from build to build.

MANIFEST := images/$(IMAGE).manifest
# An image may be another one `from` which it differs; scripts/manifest.py puts them together.
MANIFEST_FROM := $(addprefix images/,$(addsuffix .manifest,$(shell sed -n 's/^from \([a-z0-9-]*\).*/\1/p' $(wildcard $(MANIFEST)))))
MANIFEST_FILES := $(wildcard $(MANIFEST)) $(MANIFEST_FROM)
MANIFEST_WHOLE := $(if $(wildcard $(MANIFEST)),$(OUT)/image/manifest)
ARCHIVE := $(OUT)/boot.cpio
SYSTEM := $(OUT)/system.cpio
ISO := $(OUT)/anonymOS.iso

ARCHIVE_NATIVE := $(addprefix $(OUT)/image/native/,$(NATIVE_NAMES))
ARCHIVE_LINUX := $(addprefix $(OUT)/image/bin/,$(LINUX_NAMES))
# The manifest's `port` lines: utilities in /bin, the rest among the extras. NO_PORTS=1 leaves them all out and needs no
# third-party file.
ports_where = $(if $(NO_PORTS),,$(shell sed -n 's/^port \([a-z0-9]*\)$1$$/\1/p' $(MANIFEST_FILES)))
ARCHIVE_PORTS := $(addprefix $(PORT)/bin/,$(call ports_where))
ARCHIVE_EXTRAS := $(if $(call ports_where, extra),$(EXTRAS))
INSTALLERS := $(wildcard modules/ports/install/*.sh modules/ports/build.sh modules/ports/tcc/runtime.sh)

# Written anew whenever a name in it changes, so that the archive follows the module data.
$(OUT)/image/names: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(IMAGE) $(NATIVE_NAMES) $(LINUX_NAMES) $(ARCHIVE_PORTS) $(ARCHIVE_EXTRAS)' | cmp -s - $@ || \
		echo '$(IMAGE) $(NATIVE_NAMES) $(LINUX_NAMES) $(ARCHIVE_PORTS) $(ARCHIVE_EXTRAS)' > $@

$(OUT)/image/manifest: $(MANIFEST_FILES) $(OUT)/image/names scripts/manifest.py
	$(Q)mkdir -p $(@D)
	$(Q)python3 scripts/manifest.py $(MANIFEST) > $@.new && mv $@.new $@

# A manifest that breaks init's rules fails the build, by init's own parser.
MANIFEST_CHECK := $(if $(MANIFEST_WHOLE),$(if $(filter manifest-check,$(HOST_NAMES)),$(OUT)/image/manifest.checked))
$(OUT)/image/manifest.checked: $(OUT)/image/manifest $(BUILD)/host/manifest-check
	$(call say,CHECK,$(MANIFEST))
	$(Q)$(BUILD)/host/manifest-check $< > $@

$(ARCHIVE): $(MANIFEST_CHECK) $(ARCHIVE_NATIVE) $(ARCHIVE_LINUX) $(ARCHIVE_PORTS) $(MANIFEST_WHOLE) $(OUT)/image/names \
		$(INSTALLERS) scripts/mkarchive.py
	$(call say,CPIO,$@)
	$(Q)python3 scripts/mkarchive.py $@ $(addprefix --manifest ,$(MANIFEST_WHOLE)) \
		$(addprefix --native ,$(ARCHIVE_NATIVE)) $(addprefix --linux ,$(ARCHIVE_LINUX)) $(addprefix --multi ,$(ARCHIVE_PORTS)) \
		$(foreach f,$(INSTALLERS),--file sys/init/$(notdir $f)=$f)

# What a loader brings: the boot archive and, from the next page on, the extras.
$(SYSTEM): $(ARCHIVE) $(ARCHIVE_EXTRAS)
	$(call say,CAT,$@)
	$(Q)cat $^ > $@.new && mv $@.new $@

.PHONY: archive iso
archive: $(ARCHIVE) $(SYSTEM) ## build/boot.cpio, and build/system.cpio with the extras

ifdef KERNEL_ELF
$(OUT)/image/kernel.elf: $(KERNEL_ELF)
	$(Q)mkdir -p $(@D)
	$(Q)$(STRIP) -o $@ $<

$(ISO): $(OUT)/image/kernel.elf $(SYSTEM) scripts/mkiso.sh images/grub.cfg
	$(call say,ISO,$@)
	$(Q)scripts/mkiso.sh $@ images/grub.cfg $(OUT)/image/kernel.elf $(SYSTEM)

iso: $(ISO) ## build/anonymOS.iso (BIOS, UEFI, CD or USB stick)
else
iso: kernel
endif
