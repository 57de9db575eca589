# Tests.  scripts/test.py runs the suites and prints one "N passed, N failed" line at the end.

TEST := python3 scripts/test.py --build $(BUILD) --jobs $(JOBS)
S ?=
R ?= all

.PHONY: test unit unit-list explore conform format ktest bochs scenario soak check split-check bench setup
setup: ## install what is missing on this host, fetch third-party files
	$(Q)scripts/setup_dev_env.sh
	$(Q)scripts/fetch_modules.sh --quiet

test: ## everything, under 15 minutes: sets up, builds, runs every suite
	$(Q)$(MAKE) setup
	$(Q)status=0; $(MAKE) -k build unit-programs explorers ktest-kernel || status=$$?; \
		$(TEST) --build-status $$status all

soak: ## the same suites with their full counts (SOAK=1)
	$(Q)$(MAKE) setup
	$(Q)status=0; $(MAKE) -k build unit-programs explorers ktest-kernel || status=$$?; \
		SOAK=1 $(TEST) --build-status $$status all

unit: unit-programs ## host unit tests (of M=module), under sanitizers
	$(Q)$(TEST) $(if $(M),--module $(M)) unit

unit-list:
	@echo $(call unit_programs,$(CHOSEN))

explore: explorers ## every state of the kernel's cores at small sizes, and the Spin model of IPC
	$(Q)$(TEST) explore

conform: host ## the shell against the cases of the POSIX Shell Command Language
	$(Q)$(TEST) conform

ktest: ktest-kernel ## the in-kernel suite, in QEMU
	$(Q)$(TEST) ktest

bochs: ktest-kernel iso ## the same, and the system to its prompt, under Bochs: x2APIC and TSC deadline, which QEMU lacks
	$(Q)$(TEST) bochs

scenario: build ## system scenarios, or the one named S=name
	$(Q)$(TEST) $(if $(S),--name $(S)) scenario

check: ## the house rules: format, includes, ABI, FPU, independence ... (or R="format includes")
	$(Q)python3 scripts/check.py --build $(OUT) $(R)

split-check: ## build and test M=module outside this tree (default: every module)
	$(Q)python3 scripts/split_check.py $(CHOSEN)

bench: build ## speed and memory, beside Linux and seL4; keeps docs/performance.md
	$(Q)python3 tools/bench.py --build $(OUT) --docs

format: ## lay out the C files of M=module (default all) as .clang-format says
	$(Q)find $(addprefix modules/,$(CHOSEN)) -name '*.[ch]' -print0 | xargs -0r clang-format -i
