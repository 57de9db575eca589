# Ports: programs of other projects, from their fetched sources to static Linux programs, and the extras: a second archive
# with the compiler, C library, manual pages and sources, for the store of a system that builds its own tools.

PORT := $(BUILD)/port
PORT_NAMES := $(foreach m,$(MODULES),$($m.PORTS))
PORT_CC := $(MUSL_CC) -idirafter $(CURDIR)/$(BUILD)/linux-headers
PORT_ENV := QUIET=$(if $(filter 1,$(V)),,1) CC='$(PORT_CC)' LDFLAGS='-Wl,--gc-sections -Wl,--build-id=none -s' \
	CFLAGS='-Os -w -ffunction-sections -fdata-sections -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)=.'

# port_rule MODULE NAME: prepared sources, then the program.
define port_rule
$(PORT)/$2/sources: third_party/$($1.$2.FROM)/fetched $(wildcard modules/$1/$2/*)
	$$(call say,PREPARE,$2)
	$$(Q)rm -rf $$(@D) && mkdir -p $$(@D)
	$$(Q)modules/$1/$2/prepare.sh third_party/$($1.$2.FROM)/src $$(@D)
	$$(Q)touch $$@

$(PORT)/bin/$2: $(PORT)/$2/sources modules/$1/build.sh mk/ports.mk | $(BUILD)/linux-headers
	$$(call say,PORT,$$@)
	$$(Q)$(PORT_ENV) modules/$1/build.sh $(PORT)/$2 $$@
endef
$(foreach m,$(MODULES),$(foreach p,$($m.PORTS),$(eval $(call port_rule,$m,$p))))

# The shell's own sources in the same form, for the system to build.
SHELL_OBJECTS := $(call objects,linux,shell,$(shell.sh-anon.LINUX_SRC)) $(call libraries,linux,$(shell.sh-anon.LINUX_LIBS))
$(PORT)/sh-anon/sources: $(SHELL_OBJECTS) scripts/source_of.py
	$(call say,PREPARE,sh-anon)
	$(Q)python3 scripts/source_of.py $(@D) $(MUSL_CC) $(SHELL_OBJECTS)

# Packed alike wherever they are built.
$(PORT)/%.tar.xz: $(PORT)/%/sources
	$(call say,PACK,$@)
	$(Q)tar -C $(PORT) -c --sort=name --mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 --numeric-owner --mode=go-w $* | \
		xz -9 > $@.new && mv $@.new $@

EXTRAS := $(OUT)/extras.cpio
EXTRA_SOURCES := $(foreach p,$(PORT_NAMES) sh-anon,$(PORT)/$p.tar.xz)
$(EXTRAS): $(addprefix $(PORT)/bin/,$(PORT_NAMES)) $(EXTRA_SOURCES) $(wildcard modules/ports/tcc/* modules/ports/man/*) \
		modules/ports/extras.sh modules/ports/man.conf scripts/mkarchive.py modules/ports/manpages.py | $(BUILD)/linux-headers
	$(call say,CPIO,$@)
	$(Q)modules/ports/extras.sh $(PORT) $(OUT)/extras $(BUILD)/linux-headers
	$(Q)python3 scripts/mkarchive.py $@ --tree $(OUT)/extras

.PHONY: ports extras
ports: $(addprefix $(PORT)/bin/,$(PORT_NAMES)) ## programs of other projects: busybox, toybox, make, tcc
extras: $(EXTRAS) ## the compiler, manual pages and sources, for a system's store
