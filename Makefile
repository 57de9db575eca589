# anonymOS: the top of the build.  `make help` lists the targets, docs/building.md explains them.
#
# Every modules/*/module.mk holds data only; mk/*.mk turn it into rules.  All output lies in build/.
#
#   V=1         show the commands          KIND=debug   asserts and checks, in build/debug/
#                                          KIND=sanitize  and sanitizers in the kernel, in build/sanitize/ (coverage: see docs/testing.md)
#   IMAGE=name  images/name.manifest       M=module     limit unit, objects or split-check to one module
#   WITHOUT="a b"  programs to leave out of the image
#   JOBS=n      parallel jobs (2)          BUILD=dir    where the output goes

BUILD ?= build
KIND  ?= release
IMAGE ?= default
JOBS  ?= 2
M     ?=

.DEFAULT_GOAL := build
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(JOBS)
endif

ifeq ($(filter release debug sanitize coverage,$(KIND)),)
$(error KIND must be release, debug, sanitize or coverage, not "$(KIND)")
endif

include mk/modules.mk
include mk/flags.mk
include mk/generate.mk
include mk/compile.mk
include mk/kernel.mk
include mk/programs.mk
include mk/thirdparty.mk
include mk/ports.mk
include mk/image.mk
include mk/run.mk
include mk/test.mk

.PHONY: build help clean FORCE

build: kernel native host linux archive iso ## everything, down to build/anonymOS.iso
	$(Q)python3 scripts/built.py $(OUT)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile mk/*.mk | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | \
		awk -F '\t' '{ printf "  %-14s %s\n", $$1, $$2 }'

clean: ## remove build/ (third_party/ and fs.img stay)
	rm -rf $(BUILD)

FORCE:
