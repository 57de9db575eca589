/*
 * The kernel's binary interface: what user mode and the kernel agree on beyond the tables beside this
 * file (system calls, errors, rights, object types). Everything here is fixed-width and little-endian.
 *
 * All addresses that a native program passes must lie in the native window; all deadlines are absolute
 * nanoseconds of the monotonic clock, 0 meaning none. Structures filled by the kernel are written only
 * on success.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096ul
#define PAGE_SHIFT 12

/* Address-space layout (docs/architecture.md). Guests own the lower half, as on Linux. */
#define GUEST_END 0x00007ffffffff000ul
#define NATIVE_BASE 0xffff800000000000ul
#define NATIVE_END 0xffff820000000000ul

typedef int32_t status_t;

/* A handle: an index with a generation in one process's table. 0 is never valid. */
typedef struct {
	uint32_t value;
} handle_t;
#define HANDLE_NONE ((handle_t){0})

/*
 * --- IPC ---
 * Registers, both ways:  rdi endpoint (low 32) and reply (high 32)   rsi tag   rbx deadline
 *                        words 0-7 in rdx r8 r9 r10 r12 r13 r14 r15
 * Out: rax status, rdi badge of the handle the caller used (receive), rsi tag, words.
 * A message is: op, up to 8 words, up to 4096 bytes in the message page, up to 4 handles.
 * When handles travel, words 6 and 7 carry their numbers (two each, low half first).
 * Bytes of the message page are copied when the tag's length is not 0.
 */
#define IPC_WORDS 8
#define IPC_BYTES_MAX 4096
#define IPC_HANDLES_MAX 4

/* tag: op in bits 0-31, byte length in 32-44, handle count in 45-47, moved-handle mask in 48-51. */
static inline uint64_t ipc_tag(uint32_t op, uint32_t bytes, uint32_t handles, uint32_t moved)
{
	return (uint64_t)op | (uint64_t)bytes << 32 | (uint64_t)handles << 45 |
	       (uint64_t)moved << 48;
}
static inline uint32_t ipc_tag_op(uint64_t tag)
{
	return (uint32_t)tag;
}
static inline uint32_t ipc_tag_bytes(uint64_t tag)
{
	return (uint32_t)(tag >> 32) & 0x1fff;
}
static inline uint32_t ipc_tag_handles(uint64_t tag)
{
	return (uint32_t)(tag >> 45) & 7;
}
static inline uint32_t ipc_tag_moved(uint64_t tag)
{
	return (uint32_t)(tag >> 48) & 15;
}

/* Operations the kernel itself sends; calls with these numbers are refused. */
#define IPC_OP_KERNEL 0xffff0000u /* and above */
#define IPC_OP_EVENT 0xffff0001u  /* ipc_receive returned for the bound event: word 0 = bits */
#define IPC_OP_PAGE_REQUEST \
	0xffff0002u /* to a pager: word 0 offset, word 1 bytes, word 2 access (MAP_*) */
/* The badge of a page request is the badge of the handle given to memory_create_paged.
 * The pager supplies or permits the pages, then replies with op 0; any other op (a negated
 * status) fails the access. */

/* --- memory and mappings --- */
#define MEMORY_FIXED 1u        /* memory_create: cannot be resized */
#define MEMORY_UNCACHED 2u     /* memory_slice: device registers */
#define MEMORY_WRITECOMBINE 4u /* memory_slice: frame buffers */

#define MAP_READ 1u
#define MAP_WRITE 2u
#define MAP_EXECUTE 4u
#define MAP_PROT 7u
#define MAP_PRIVATE 8u     /* writes go to private pages (copy on write) */
#define MAP_FIXED 16u      /* at exactly this address; replaces what is there */
#define MAP_NOREPLACE 32u  /* with MAP_FIXED: E_EXIST instead of replacing */
#define MAP_GROWSDOWN 64u  /* a fault just below extends it, as for stacks */
#define MAP_READ_ONLY 128u /* shared: never writable, by protect neither */
/* What space_clone does with the mapping. */
#define MAP_CLONE_COPY 0u     /* private: a copy; shared mappings stay shared */
#define MAP_CLONE_DROP 0x100u /* absent in the clone */
#define MAP_CLONE_ZERO 0x200u /* demand-zero in the clone */
#define MAP_CLONE_MASK 0x300u

/*
 * space_create. With one root entering and leaving the space writes no CR3, but what is confined in it can read, write and
 * call whatever its monitor has present, and its monitor may execute what the guest may. So that monitor is no barrier any
 * more: it must hold nothing that its guests may not have. What is cloned of the space has one root, too.
 */
#define SPACE_SHARED_ROOT 1u

struct map_args {
	handle_t
		memory; /* HANDLE_NONE: fresh private demand-zero pages, charged to the target's domain */
	uint32_t flags;  /* MAP_* */
	uint64_t offset; /* into memory, page aligned */
	uint64_t
		address; /* page aligned; a hint, or exact with MAP_FIXED; 0: kernel's choice, top down */
	uint64_t bytes;  /* rounded up to pages */
	uint64_t cookie; /* the owner's, returned by query */
};
struct remap_args {
	uint64_t address;
	uint64_t bytes;
	uint64_t new_address; /* 0 with may_move: kernel's choice */
	uint64_t new_bytes;
	uint32_t may_move;
	uint32_t reserved;
};
struct map_info {
	uint64_t address;
	uint64_t bytes;
	uint64_t offset;
	uint64_t cookie;
	uint32_t flags;       /* MAP_* incl. protection and clone policy */
	uint32_t memory_kind; /* MEMORY_KIND_* */
	uint64_t resident_pages;
};
#define MEMORY_KIND_ANONYMOUS 1u
#define MEMORY_KIND_PHYSICAL 2u
#define MEMORY_KIND_DMA 3u
#define MEMORY_KIND_PAGED 4u
struct memory_info {
	uint64_t bytes;
	uint64_t resident_pages;
	uint64_t dirty_pages;
	uint32_t kind;
	uint32_t mappings;
};
struct memory_range {
	uint64_t offset;
	uint64_t bytes;
};

/* word_wait: bits 0-31 of mask select wakers (0: all); with this bit a kick, also a latched one, ends the wait
 * with E_INTR. A latch is cleared only by enter. event_wait and thread_sleep are always interruptible. */
#define WORD_WAIT_INTERRUPTIBLE (1ull << 32)

/*
 * space_settle: a guest's system call about memory words, like Linux's futex, that the kernel settles without the
 * monitor when it is plain. Arguments of that call: rdi the word's address, rsi what to do (the numbers below),
 * edx the value expected or how many to wake, r10 not 0: something unusual, r9d a mask. Result in rax: 0 after a
 * wait, `differs` when another value is there, how many were woken. All else (nothing readable, a kick before or
 * meanwhile) comes to the monitor as any system call does. Waits meet wakes of word_wait, word_wake and word_requeue on the same space.
 */
struct word_call {
	uint32_t number;      /* of the system call; WORD_CALL_NONE: settle nothing */
	uint32_t wait;        /* while the word has the value */
	uint32_t wait_masked; /* the same, for wakes whose mask meets this one */
	uint32_t wake;
	uint64_t differs;
};
#define WORD_CALL_NONE 0xffffffffu

/* --- domains, processes, threads --- */
struct domain_limits {
	uint64_t pages; /* including page tables and kernel objects */
	uint32_t handles;
	uint32_t threads;
	uint32_t share; /* CPU weight, 1-1024, 256 by default */
	uint32_t reserved;
};
struct domain_info {
	struct domain_limits limits;
	uint64_t pages_used;
	uint64_t
		pages_available; /* before a limit is reached, its own or one above it, or none are left */
	uint32_t handles_used;
	uint32_t threads_used;
	uint32_t objects;
	uint32_t processes;
	uint64_t cpu_ns;
};
#define PROCESS_RUNNING 0u
#define PROCESS_EXITED 1u  /* status as given to process_exit or process_kill */
#define PROCESS_FAULTED 2u /* status is the exception vector; address and ip are set */
struct process_info {
	char name[32];
	uint32_t state;
	uint32_t threads;
	uint64_t status;
	uint64_t fault_address;
	uint64_t fault_ip;
	uint64_t pages;
	uint64_t cpu_ns;
	uint32_t handles;
	uint32_t reserved;
};
#define PROCESS_STATUS_KILLED 0x100ul

#define THREAD_FPU 1u /* uses SSE or x87 itself (services, never monitors) */
struct thread_args {
	uint64_t entry; /* called with rdi = argument on the given stack */
	uint64_t stack; /* initial rsp */
	uint64_t argument;
	uint64_t
		message; /* address of this thread's message page: one mapped, writable anonymous page; pinned */
	uint64_t state;    /* address of its struct guest_state page, pinned likewise, or 0 */
	uint32_t priority; /* 0-31 */
	uint32_t flags;
};
struct thread_info {
	uint64_t cpu_ns;
	uint32_t is_waiting; /* blocked: neither runs nor is ready to */
	uint32_t priority;
	uint64_t enters;
	uint64_t cpus; /* that it may run on, a bit for each */
};
struct handle_info {
	uint32_t type;
	uint32_t rights;
	uint64_t badge;
	uint64_t id; /* the object's number, unique since boot */
};

/* --- devices --- */
#define INTERRUPT_LEVEL 1u
#define INTERRUPT_ACTIVE_LOW 2u
struct msi_target {
	uint64_t address;
	uint32_t data;
	uint32_t reserved;
};

/*
 * --- enter ---
 * The state page of a monitor thread. The kernel reads it once on enter, sanitises rip, rflags, fs_base
 * and gs_base, and writes it back on a trap. The monitor sets `fixup` while it touches guest memory: a
 * fault there that cannot be settled continues at that address with rax = 1; 0 means such a fault kills
 * the monitor. Preemption is invisible, unless `options` asks for it: then the guest comes back, when it is its
 * turn again, as if it had been kicked.
 */
struct guest_registers {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags, fs_base, gs_base;
};
#define TRAP_SYSCALL \
	1u /* number in rax; rip is behind the instruction; rcx, r11 as SYSCALL leaves them */
#define TRAP_FAULT 2u     /* detail = MAP_* access wanted, address set; cause says why */
#define TRAP_EXCEPTION 3u /* detail = vector, error = error code */
#define TRAP_KICK 4u      /* thread_kick, or latched before */
#define TRAP_PREEMPTED \
	5u /* ENTER_TELLS_PREEMPTION: something else ran since enter, or the CPU is another */
#define FAULT_UNMAPPED 1u  /* no mapping: SEGV_MAPERR */
#define FAULT_PROTECTED 2u /* mapping forbids: SEGV_ACCERR */
#define FAULT_BEYOND 3u    /* past the end of the memory object, or its pager failed: SIGBUS */
#define FAULT_NOMEM 4u     /* the domain is out of memory */
struct guest_state {
	struct guest_registers regs;
	uint32_t trap;
	uint32_t detail;
	uint32_t error;
	uint32_t cause;
	uint64_t address;
	uint64_t fixup;
	uint64_t options; /* ENTER_*, set by the monitor */
	uint64_t reserved[7];
};
#define ENTER_TELLS_PREEMPTION 1ul

/* --- start of a program --- */
#define START_MAGIC 0x54524154534e4f41ul /* "AONSTART" */
#define START_HANDLES_MAX 56
struct start_handle {
	char name[24];
	handle_t handle;
	uint32_t reserved;
};
/* One page, mapped read-write, its address in rdi at _start. argv strings follow one another. */
struct start_page {
	uint64_t magic;
	uint32_t handle_count;
	uint32_t argc;
	uint64_t image_base;
	uint64_t image_end;
	uint64_t
		stack_top; /* of the first thread; its stack is START_STACK_BYTES long and as aligned */
	uint64_t message; /* message page of the first thread */
	uint64_t state;   /* state page of the first thread or 0 */
	uint64_t clock_boot_ns;
	struct start_handle handles[START_HANDLES_MAX];
	char args[4096 - 64 - START_HANDLES_MAX * 32];
};
#define START_STACK_BYTES 65536ul

/* --- the machine, given to init as the memory object "boot" --- */
#define BOOT_CMDLINE_MAX 2048
struct boot_framebuffer {
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, type; /* type 1: RGB direct, 2: EGA text */
	uint8_t red_at, red_bits, green_at, green_bits, blue_at, blue_bits;
	uint8_t reserved[4];
};
struct boot_info {
	uint64_t magic; /* START_MAGIC */
	uint64_t rsdp;  /* physical address or 0 */
	uint64_t archive_bytes;
	uint64_t tsc_hz;
	uint64_t memory_bytes;
	uint64_t ticks_at_entry;             /* TSC when the kernel got control */
	struct boot_framebuffer framebuffer; /* address 0: none */
	char cmdline[BOOT_CMDLINE_MAX];
};
struct system_info {
	uint64_t pages_total;
	uint64_t pages_free;
	uint64_t objects;
	uint64_t handles;
	uint64_t idle_ns; /* of all CPUs together */
	uint64_t now_ns;
	uint64_t context_switches;
	uint64_t root_writes; /* CR3 writes */
	uint64_t faults;
	uint64_t system_calls;
	uint64_t tsc_hz;
	uint64_t kernel_pages; /* image, tables, kernel heap */
	uint32_t cpus;
	uint32_t flags; /* SYSTEM_* */
	/* With SYSTEM_TSC_STABLE, for ever: now_ns is (TSC - tsc_base) * tsc_multiplier >> tsc_shift, in 128 bits. */
	uint64_t tsc_base;
	uint64_t tsc_multiplier;
	uint32_t tsc_shift;
	uint32_t reserved;
	uint64_t lock_spins; /* how often a CPU looked at a lock that another one had */
};
#define SYSTEM_TSC_STABLE 1u /* the same on all CPUs: user mode may tell the time by it */
/* A segment whose limit is the number of the CPU: LSL tells it in user mode (Intel SDM vol. 2, LSL). */
#define SEGMENT_CPU_NUMBER 0x3bu
