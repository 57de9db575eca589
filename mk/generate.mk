# Headers generated from interface files and tables by tools/ipcgen.py, into build/gen/MODULE/.

IPCGEN := tools/ipcgen.py
IPCGEN_PARTS := $(IPCGEN) $(wildcard tools/ipcgen/*.py)
TABLE_DIR := modules/microkernel/interface/microkernel
TABLES := $(filter $(addprefix $(TABLE_DIR)/,syscalls.tbl errors.tbl rights.tbl objects.tbl), \
	$(wildcard $(TABLE_DIR)/*.tbl))

ipc_header = $(GEN)/$1/$(basename $(notdir $2))_ipc.h
TABLE_HEADERS := $(patsubst $(TABLE_DIR)/%.tbl,$(GEN)/microkernel/%.h,$(TABLES))
IPC_HEADERS := $(foreach m,$(MODULES),$(foreach i,$(filter %.ipc,$($m.INTERFACES)),$(call ipc_header,$m,$i)))
SYSCALL_ROWS := $(if $(filter %/syscalls.tbl,$(TABLES)),$(GEN)/microkernel/syscall_rows.h)
GENERATED := $(TABLE_HEADERS) $(SYSCALL_ROWS) $(IPC_HEADERS)

# What must be there before a module is compiled: its own headers and those of the modules it uses.
headers_of = $(foreach i,$(filter %.ipc,$($1.INTERFACES)),$(call ipc_header,$1,$i)) \
	$(if $(filter microkernel,$1),$(TABLE_HEADERS) $(SYSCALL_ROWS))
generated_for = $(foreach m,$1 $($1.USES),$(call headers_of,$m))

define ipc_rule
$(call ipc_header,$1,$2): modules/$1/$2 $(TABLES) $(IPCGEN_PARTS)
	$$(call say,GEN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)python3 $(IPCGEN) c $$< $$@
endef
$(foreach m,$(MODULES),$(foreach i,$(filter %.ipc,$($m.INTERFACES)),$(eval $(call ipc_rule,$m,$i))))

$(GEN)/microkernel/%.h: $(TABLE_DIR)/%.tbl $(IPCGEN_PARTS)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)python3 $(IPCGEN) table $* $< $@

# The same table once more, as macros from which the kernel makes its dispatch.
$(GEN)/microkernel/syscall_rows.h: $(TABLE_DIR)/syscalls.tbl $(IPCGEN_PARTS)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)python3 $(IPCGEN) table kernel-syscalls $< $@

# Interfaces may not be edited yet when the generator does not exist: say so instead of "no rule".
$(IPCGEN):
	@echo "tools/ipcgen.py is missing: it generates headers from .ipc and .tbl files" >&2; exit 1

.PHONY: gen
gen: $(GENERATED) ## headers generated from .ipc and .tbl files

# Committed beside or made from the same inputs: what a change of an interface must show in its diff.
.PHONY: abi reference
ABI_INPUTS = $(wildcard modules/*/interface/*/*.ipc) $(TABLES)
abi: ## rewrite the .abi summaries (a changed one wants a version bump)
	$(Q)for i in $(ABI_INPUTS); do python3 $(IPCGEN) abi $$i > $${i%.*}.abi || exit 1; done

reference: ## rewrite docs/reference/ from .ipc and .tbl files
	$(Q)mkdir -p docs/reference
	$(Q)for i in $(ABI_INPUTS); do f=$${i##*/}; python3 $(IPCGEN) doc $$i > docs/reference/$${f%.*}.md || exit 1; done
