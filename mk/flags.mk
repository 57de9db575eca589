# Compilers and flags, one set per flavour.  A source file is compiled once per flavour it is used
# in; the object lies in build/obj/FLAVOUR/MODULE/.

CC      := gcc
LD      := ld
AR      := ar
OBJCOPY := objcopy
STRIP   := strip
MUSL_CC := musl-gcc

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n' '$1' '$2'
endif

# Dates and paths must not reach the output: two builds anywhere are byte-identical.
export SOURCE_DATE_EPOCH := 1735689600
export LC_ALL := C
export TZ := UTC
export PYTHONDONTWRITEBYTECODE := 1

# What the kernel and native programs of each KIND are compiled as.
SUFFIX_debug := -debug
SUFFIX_sanitize := -debug
SUFFIX_release :=
SUFFIX := $(SUFFIX_$(KIND))
FL_KERNEL := kernel$(if $(filter sanitize coverage,$(KIND)),-$(KIND),$(SUFFIX))
FL_CHECKED := $(if $(filter release,$(KIND)),kernel-debug,$(FL_KERNEL))
FL_KTEST := kernel-$(if $(filter coverage,$(KIND)),coverage,debug)
FL_NATIVE := native$(SUFFIX)
OUT := $(BUILD)$(if $(SUFFIX),/$(KIND))
GEN := $(BUILD)/gen

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Werror
COMMON := -std=gnu17 $(WARNINGS) -g -fno-omit-frame-pointer -fno-common \
	-ffile-prefix-map=$(CURDIR)=.
FREESTANDING := -ffreestanding -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-delete-null-pointer-checks

# No SLP vectorizer: without vector registers all it does is load pairs of constant bytes from memory.
KERNEL_FLAGS := $(COMMON) $(FREESTANDING) -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic \
	-fno-pie -fno-tree-slp-vectorize -fstack-protector-strong -mstack-protector-guard=global -D__ANONYMOS_KERNEL__=1
NATIVE_FLAGS := $(COMMON) $(FREESTANDING) -fPIE -fvisibility=hidden -fno-stack-protector \
	-ffunction-sections -fdata-sections -D__ANONYMOS__=1

kernel_FLAGS           := $(KERNEL_FLAGS) -O2
kernel-debug_FLAGS     := $(KERNEL_FLAGS) -Og -DDEBUG=1
# Every access to memory is checked, and what the language leaves undefined; -sanitizer: what does the checking itself.
kernel-sanitizer_FLAGS := $(kernel-debug_FLAGS) -DSANITIZE=1
kernel-sanitize_FLAGS  := $(kernel-sanitizer_FLAGS) -fsanitize=kernel-address -fsanitize=undefined -fno-sanitize=alignment \
	--param asan-instrumentation-with-call-threshold=0 --param asan-stack=0 --param asan-globals=1
# Counts how often its code runs, in variables that the host reads from the machine's memory (tools/anonlib/coverage.py).
kernel-coverage_FLAGS  := $(KERNEL_FLAGS) -O0 -fprofile-arcs -ftest-coverage -fprofile-info-section=.gcov_info
native_FLAGS           := $(NATIVE_FLAGS) -mgeneral-regs-only -O2
native-debug_FLAGS     := $(NATIVE_FLAGS) -mgeneral-regs-only -Og -DDEBUG=1
native-fpu_FLAGS       := $(NATIVE_FLAGS) -O2
native-fpu-debug_FLAGS := $(NATIVE_FLAGS) -Og -DDEBUG=1
# A program whose FLAGS say LTO is optimised as one (its libraries are not): its hot paths cross many files.
native-lto_FLAGS       := $(native_FLAGS) -flto -flto-partition=one -fomit-frame-pointer -Wno-maybe-uninitialized
native-lto-debug_FLAGS := $(native-debug_FLAGS)
host_FLAGS             := $(COMMON) -O2 -pthread
unit_FLAGS             := $(COMMON) -O1 -DDEBUG=1 -pthread -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(if $(filter coverage,$(KIND)),--coverage -O0)
# Kernel sources whose every access to memory an explorer can see (modules/microkernel/src/explore/hooks.c).
explore_FLAGS          := $(COMMON) -O1 -DDEBUG=1 -fsanitize=thread -iquote modules/microkernel/src/explore/low
# What libFuzzer feeds: built by clang, which counts the paths that an input takes.
fuzz_FLAGS             := $(COMMON) -Wno-unknown-pragmas -O1 -DDEBUG=1 -pthread -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
linux_FLAGS            := $(COMMON) -O2 -D_GNU_SOURCE -ffunction-sections -fdata-sections \
	-idirafter $(BUILD)/linux-headers
shared_FLAGS           := $(COMMON) -ffreestanding -fPIC -fvisibility=hidden -fno-stack-protector \
	-fomit-frame-pointer -mgeneral-regs-only -O2

FLAVOURS := kernel kernel-debug kernel-sanitize kernel-sanitizer kernel-coverage native native-debug native-fpu native-fpu-debug native-lto native-lto-debug host unit explore fuzz \
	linux shared
linux_CC := $(MUSL_CC)
fuzz_CC := clang
cc_of = $(or $($1_CC),$(CC))
