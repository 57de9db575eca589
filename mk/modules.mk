# Reads every modules/*/module.mk.  Each is included alone: its variables are copied to MODULE.KEY
# and MODULE.PROGRAM.KEY and then forgotten, so no module sees another's.

MODULES := $(sort $(notdir $(patsubst %/module.mk,%,$(wildcard modules/*/module.mk))))

MODULE_KEYS := NAME USES LIB KERNEL KERNEL_NOTEST KERNEL_SANITIZER KTEST KTEST_SANITIZER PROGRAMS INTERFACES UNIT_TESTS \
	HOST_PROGRAMS LINUX_PROGRAMS SHARED_OBJECTS EXPLORERS PORTS FUZZERS
ITEM_KEYS := SRC LIBS FLAGS EMBEDS TEST_SRC TEST_LIBS HOST_SRC HOST_LIBS LINUX_SRC LINUX_LIBS \
	SHARED_SRC SHARED_SCRIPT EXPLORED FROM

# What a module builds by name: each may have ITEM_KEYS variables of its own.
items_of = $(sort $(PROGRAMS) $(UNIT_TESTS) $(HOST_PROGRAMS) $(LINUX_PROGRAMS) \
	$(SHARED_OBJECTS) $(EXPLORERS) $(PORTS) $(FUZZERS))

keep_key   = $(eval $1.$2 := $($2))
keep_item  = $(foreach k,$(ITEM_KEYS),$(eval $1.$2.$k := $($2_$k))$(eval undefine $2_$k))
forget_key = $(eval undefine $1)

# Lists that a module.mk names for its own use are forgotten too.
define read_module
$(eval known_before := $(.VARIABLES))
$(eval include modules/$1/module.mk)
$(foreach k,$(MODULE_KEYS),$(call keep_key,$1,$k))
$(foreach i,$(items_of),$(call keep_item,$1,$i))
$(foreach k,$(filter-out $1.% $(known_before) known_before,$(.VARIABLES)),$(call forget_key,$k))
$(foreach k,$(MODULE_KEYS),$(call forget_key,$k))
endef

$(foreach m,$(MODULES),$(if $(strip $(call read_module,$m)),))

# Modules that a target is limited to by M=name.
CHOSEN := $(or $(M),$(MODULES))
ifneq ($(filter-out $(MODULES),$(M)),)
$(error M=$(M): there is no modules/$(M)/module.mk)
endif
