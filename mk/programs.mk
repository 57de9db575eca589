# Native programs (static PIE), host programs, unit tests, static Linux programs and shared objects,
# each from its module's data.  build/native/NAME keeps its symbols; the boot archive gets
# build/image/native/NAME.

NATIVE_LD := mk/native.ld
NATIVE_LINK := -Wl,-T,$(NATIVE_LD) -static-pie -nostdlib -Wl,-e,_start -Wl,-u,_start -Wl,-z,max-page-size=4096 \
	-Wl,-z,separate-code -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--build-id=none \
	-Wl,--gc-sections -Wl,--hash-style=gnu

define native_rule
$(OUT)/native/$2: $(call objects,$(call program_flavour,$1,$2),$1,$($1.$2.SRC)) $(call embedded,$($1.$2.EMBEDS)) \
		$(call libraries,$(FL_NATIVE),$($1.$2.LIBS)) mk/programs.mk $(NATIVE_LD)
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(CC) $(if $(filter LTO,$($1.$2.FLAGS)),$($(call program_flavour,$1,$2)_FLAGS)) $(NATIVE_LINK) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lgcc
	$(if $(filter NOFPU,$($1.$2.FLAGS)),$$(Q)python3 scripts/nofpu.py $$@)
endef

$(OUT)/image/native/%: $(OUT)/native/%
	$(Q)mkdir -p $(@D)
	$(Q)$(STRIP) -o $@ $<

define host_rule
$(BUILD)/host/$2: $(call objects,host,$1,$($1.$2.HOST_SRC)) $(call libraries,host,$($1.$2.HOST_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(CC) $(host_FLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group
endef

define unit_rule
$(BUILD)/unit/$1/$2: $(call objects,unit,$1,$($1.$2.TEST_SRC)) $(call libraries,unit,$($1.$2.TEST_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(CC) $(unit_FLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group
endef

# Host programs of instrumented kernel sources (EXPLORED) and plain ones. Their variables begin at a page of their own,
# bound when they start; NAME.objects lists what they are linked from, for a test that exchanges one of them.
define explorer_rule
$(BUILD)/explore/$2: $(call objects,host,$1,$($1.$2.HOST_SRC)) $(call objects,explore,$1,$($1.$2.EXPLORED)) $(call libraries,host,$($1.$2.HOST_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)echo $$(filter %.o %.a,$$^) > $$@.objects
	$$(Q)$(CC) -no-pie -Wl,-z,relro,-z,now -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^)
endef

define fuzzer_rule
$(BUILD)/fuzz/$2: $(call objects,fuzz,$1,$($1.$2.HOST_SRC)) $(call libraries,fuzz,$($1.$2.HOST_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(fuzz_CC) -fsanitize=fuzzer,address,undefined -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group
endef

define linux_rule
$(OUT)/image/bin/$2: $(call objects,linux,$1,$($1.$2.LINUX_SRC)) $(call libraries,linux,$($1.$2.LINUX_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(MUSL_CC) -static -Wl,--gc-sections -Wl,--build-id=none -s -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group
endef

# A shared object of its own, laid out by its linker script; build/shared/NAME.so keeps its symbols. A native
# program that embeds it finds its bytes between _binary_NAME_so_start and _binary_NAME_so_end ("_" for "-").
SHARED_LINK := -shared -nostdlib -Wl,--hash-style=both -Wl,--eh-frame-hdr -Wl,-z,noexecstack \
	-Wl,-z,max-page-size=4096 -Wl,--build-id=none -Wl,--no-undefined
embedded = $(patsubst %,$(OBJ)/shared/%.bytes.o,$1)

define shared_rule
$(BUILD)/shared/$2.so: $(call objects,shared,$1,$($1.$2.SHARED_SRC)) modules/$1/$($1.$2.SHARED_SCRIPT) mk/programs.mk
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(CC) $(SHARED_LINK) -Wl,-soname,$2.so.1 \
		-Wl,-T,modules/$1/$($1.$2.SHARED_SCRIPT) -o $$@ $$(filter %.o,$$^)

$(OBJ)/shared/$2.bytes.o: $(BUILD)/shared/$2.so
	$$(Q)mkdir -p $$(@D)/$2.bytes
	$$(Q)$(STRIP) -o $$(@D)/$2.bytes/$2.so $$<
	$$(Q)cd $$(@D)/$2.bytes && $(LD) -r -b binary -z noexecstack -o $2.o $2.so
	$$(Q)$(OBJCOPY) --rename-section .data=.rodata,alloc,load,readonly,data,contents \
		--set-section-alignment .data=8 $$(@D)/$2.bytes/$2.o $$@
endef

# musl-gcc hides the kernel's headers; this folder shows it those four and nothing else of glibc's.
$(BUILD)/linux-headers:
	$(Q)mkdir -p $@.new
	$(Q)ln -sfn /usr/include/linux $@.new/linux
	$(Q)ln -sfn /usr/include/x86_64-linux-gnu/asm $@.new/asm
	$(Q)ln -sfn /usr/include/asm-generic $@.new/asm-generic
	$(Q)ln -sfn /usr/include/mtd $@.new/mtd
	$(Q)rm -rf $@ && mv $@.new $@
$(OBJ)/linux.flags: | $(BUILD)/linux-headers

$(foreach m,$(MODULES),$(foreach p,$($m.PROGRAMS),$(eval $(call native_rule,$m,$p))))
$(foreach m,$(MODULES),$(foreach p,$($m.HOST_PROGRAMS),$(eval $(call host_rule,$m,$p))))
$(foreach m,$(MODULES),$(foreach p,$($m.UNIT_TESTS),$(eval $(call unit_rule,$m,$p))))
$(foreach m,$(MODULES),$(foreach p,$($m.EXPLORERS),$(eval $(call explorer_rule,$m,$p))))
$(foreach m,$(MODULES),$(foreach p,$($m.FUZZERS),$(eval $(call fuzzer_rule,$m,$p))))
$(foreach m,$(MODULES),$(foreach p,$($m.LINUX_PROGRAMS),$(eval $(call linux_rule,$m,$p))))
$(foreach m,$(MODULES),$(foreach p,$($m.SHARED_OBJECTS),$(eval $(call shared_rule,$m,$p))))

NATIVE_NAMES := $(filter-out $(WITHOUT),$(sort $(foreach m,$(MODULES),$($m.PROGRAMS))))
HOST_NAMES := $(sort $(foreach m,$(MODULES),$($m.HOST_PROGRAMS)))
LINUX_NAMES := $(filter-out $(WITHOUT),$(sort $(foreach m,$(MODULES),$($m.LINUX_PROGRAMS))))
unit_programs = $(foreach m,$1,$(addprefix $(BUILD)/unit/$m/,$($m.UNIT_TESTS)))
in_chosen = $(foreach m,$(CHOSEN),$($m.$1))

.PHONY: native host linux explorers fuzzers unit-programs
native: $(addprefix $(OUT)/native/,$(filter-out $(WITHOUT),$(call in_chosen,PROGRAMS))) ## native programs (of M=module)
# Host programs are the same for every KIND: scenarios find them beside what they boot.
ifneq ($(OUT),$(BUILD))
host: $(OUT)/host
$(OUT)/host:
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn ../host $@
endif
host: $(addprefix $(BUILD)/host/,$(call in_chosen,HOST_PROGRAMS)) ## host programs (of M=module)
linux: $(addprefix $(OUT)/image/bin/,$(call in_chosen,LINUX_PROGRAMS)) ## static Linux programs (of M=module)
explorers: $(addprefix $(BUILD)/explore/,$(call in_chosen,EXPLORERS)) ## host programs that explore kernel sources
fuzzers: $(addprefix $(BUILD)/fuzz/,$(call in_chosen,FUZZERS)) ## host programs that libFuzzer feeds
unit-programs: $(call unit_programs,$(CHOSEN)) ## host unit tests, built but not run
