# Tests.  scripts/test.py runs the suites and prints one "N passed, N failed" line at the end.

TEST := python3 scripts/test.py --build $(BUILD) --images $(OUT) --jobs $(JOBS)
S ?=
R ?= all
ROUNDS ?= 20

COVERAGE := $(BUILD)/coverage
COVERAGE_TEST := ANON_SEED=1 ANON_COVERAGE=$(abspath $(COVERAGE))/runs python3 scripts/test.py --build $(COVERAGE) --jobs $(JOBS) --patience 6

.PHONY: test unit unit-list explore conform conform-inside fuzz-shell format ktest bochs scenario coverage soak check split-check bench setup
setup: ## install what is missing on this host, fetch third-party files
	$(Q)scripts/setup_dev_env.sh
	$(Q)scripts/fetch_modules.sh --quiet

test: ## everything, under 15 minutes: sets up, builds, runs every suite
	$(Q)$(MAKE) setup
	$(Q)status=0; $(MAKE) -k build unit-programs explorers debug-kernel ktest-kernel || status=$$?; \
		$(TEST) --build-status $$status all

soak: ## the same suites with their full counts (SOAK=1), then all that boots ROUNDS (20) times on four CPUs
	$(Q)$(MAKE) setup
	$(Q)status=0; $(MAKE) -k build unit-programs explorers fuzzers debug-kernel ktest-kernel || status=$$?; \
		SOAK=1 $(TEST) --build-status $$status all
	$(Q)$(TEST) --smp 4 --rounds $(ROUNDS) --patience 3 ktest inside scenario

unit: unit-programs ## host unit tests (of M=module), under sanitizers
	$(Q)$(TEST) $(if $(M),--module $(M)) unit

unit-list:
	@echo $(call unit_programs,$(CHOSEN))

explore: explorers ## every state of the kernel's cores at small sizes, and the Spin model of IPC
	$(Q)$(TEST) explore

conform: host ## the shell against the cases of the POSIX Shell Command Language
	$(Q)$(TEST) conform

conform-inside: build ## a sample of the same cases inside the system; all of them with SOAK=1
	$(Q)$(TEST) inside

fuzz-shell: ## the shell's parser and expansions against libFuzzer: a minute, an hour with SOAK=1
	$(Q)$(MAKE) fuzzers M=shell
	$(Q)modules/shell/test/fuzz/run.py $(BUILD)

ktest: ktest-kernel ## the in-kernel suite, in QEMU
	$(Q)$(TEST) ktest

bochs: ktest-kernel iso ## the same, and the system to its prompt, under Bochs: x2APIC and TSC deadline, which QEMU lacks
	$(Q)$(TEST) bochs

scenario: build debug-kernel ## system scenarios, or the one named S=name
	$(Q)$(TEST) $(if $(S),--name $(S)) scenario

# A build of its own, whose kernel counts; slower than the usual one, hence the patience. A suite that fails fails this, too.
coverage: ## which lines of the kernel all the suites together run
	$(Q)$(MAKE) BUILD=$(COVERAGE) PORT=$(PORT) KIND=coverage build debug-kernel ktest-kernel
	$(Q)$(MAKE) BUILD=$(COVERAGE) PORT=$(PORT) KIND=coverage M=microkernel unit-programs
	$(Q)rm -rf $(COVERAGE)/runs && find $(COVERAGE)/obj -name '*.gcda' -delete
	$(Q)status=0; \
		$(COVERAGE_TEST) --module microkernel unit || status=$$?; \
		$(COVERAGE_TEST) ktest scenario || status=$$?; \
		python3 scripts/coverage.py --least 90 $(COVERAGE) && exit $$status

check: ## the house rules: format, includes, ABI, FPU, independence ... (or R="format includes")
	$(Q)python3 scripts/check.py --build $(OUT) $(R)

split-check: ## build and test M=module outside this tree (default: every module)
	$(Q)python3 scripts/split_check.py $(CHOSEN)

bench: build ## speed and memory, beside Linux and seL4; keeps docs/performance.md
	$(Q)python3 tools/bench.py --build $(OUT) --docs

format: ## lay out the C files of M=module (default all) as .clang-format says
	$(Q)find $(addprefix modules/,$(CHOSEN)) -name '*.[ch]' -print0 | xargs -0r clang-format -i
