# One rule per flavour and module: modules/M/src/x.c -> build/obj/FLAVOUR/M/src/x.o, and the module's
# LIB as build/obj/FLAVOUR/M.a.  Objects depend on the flavour's flags and on the module's data.

OBJ := $(BUILD)/obj
# x.c becomes x.o and x.S becomes x.S.o, so that a file and its assembly half may share a name.
objects = $(addprefix $(OBJ)/$1/$2/,$(patsubst %.c,%.o,$(patsubst %.S,%.S.o,$3)))
libraries = $(foreach l,$2,$(OBJ)/$1/$l.a)
includes = -iquote modules/$1/src -Imodules/$1/interface \
	$(foreach u,$($1.USES),-Imodules/$u/interface) -I$(GEN)

define compile_rules
$(OBJ)/$1/$2/%.o: modules/$2/%.c modules/$2/module.mk $(OBJ)/$1.flags | $(call generated_for,$2)
	$$(call say,CC,$$< [$1])
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(call cc_of,$1) $($1_FLAGS) $(call includes,$2) -MMD -MP -c $$< -o $$@

$(OBJ)/$1/$2/%.S.o: modules/$2/%.S modules/$2/module.mk $(OBJ)/$1.flags | $(call generated_for,$2)
	$$(call say,AS,$$< [$1])
	$$(Q)mkdir -p $$(@D)
	$$(Q)$(call cc_of,$1) $($1_FLAGS) $(call includes,$2) -MMD -MP -c $$< -o $$@

$(if $($2.LIB),$(OBJ)/$1/$2.a: $(call objects,$1,$2,$($2.LIB))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@
	$$(Q)$(AR) rcsD $$@ $$^)
endef

define flavour_flags
$(OBJ)/$1.flags: FORCE
	$$(Q)mkdir -p $$(@D)
	$$(Q)echo '$(call cc_of,$1) $($1_FLAGS)' | cmp -s - $$@ || echo '$(call cc_of,$1) $($1_FLAGS)' > $$@
endef

$(foreach f,$(FLAVOURS),$(eval $(call flavour_flags,$f)))
$(foreach f,$(FLAVOURS),$(foreach m,$(MODULES),$(eval $(call compile_rules,$f,$m))))

-include $(shell test -d $(OBJ) && find $(OBJ) -name '*.d')

# All objects of the chosen modules without linking: what split-check and a newcomer's editor need.
program_objects = $(foreach p,$($1.PROGRAMS),$(call objects,$(call program_flavour,$1,$p),$1,$($1.$p.SRC)))
module_objects = $(call objects,$(FL_KERNEL),$1,$($1.KERNEL) $($1.KERNEL_NOTEST)) \
	$(call objects,$(FL_KTEST),$1,$($1.KTEST)) \
	$(call objects,$(FL_NATIVE),$1,$($1.LIB)) $(call program_objects,$1) \
	$(foreach p,$($1.LINUX_PROGRAMS),$(call objects,linux,$1,$($1.$p.LINUX_SRC))) \
	$(foreach p,$($1.SHARED_OBJECTS),$(call objects,shared,$1,$($1.$p.SHARED_SRC)))

program_flavour = native$(if $(filter FPU,$($1.$2.FLAGS)),-fpu)$(if $(filter LTO,$($1.$2.FLAGS)),-lto)$(SUFFIX)

.PHONY: objects
objects: $(foreach m,$(CHOSEN),$(call module_objects,$m)) ## compile every source of M=module (default all), link nothing
