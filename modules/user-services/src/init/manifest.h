/*
 * The image manifest: which services an image runs and every capability each of them starts with.
 * docs/manifest.md describes the text format. The same parser and checks run in init and, on the host,
 * in `manifest-check`.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_SERVICES_MAX 32
#define MANIFEST_CAPS_MAX 14
#define MANIFEST_BINDS_MAX 6
#define MANIFEST_NAME 24 /* as long as a start page's handle names */
#define MANIFEST_PATH 64
#define MANIFEST_ARGS 120
#define MANIFEST_LEVEL_MAX 15
#define MANIFEST_PRIORITY_MAX 23 /* init itself runs at 31 */
#define MANIFEST_SELF "init"     /* init's own entry: it may be called, and has a level */
#define MANIFEST_MONITOR "linux" /* the program that runs containers */

enum cap_kind {
	CAP_SERVE,       /* receive side of the service's own endpoint */
	CAP_ENDPOINT,    /* call another service */
	CAP_HOLD,        /* pass another service's endpoint on, without calling it */
	CAP_DOMAIN,      /* create domains and objects within the service's budget */
	CAP_PORTS,       /* I/O ports: first, count */
	CAP_IRQ,         /* one interrupt line: an interrupt and the event it signals */
	CAP_INTERRUPTS,  /* interrupt control: any line, any message interrupt */
	CAP_PHYSICAL,    /* all physical memory */
	CAP_MEMORY,      /* a slice of physical memory: address, bytes */
	CAP_FRAMEBUFFER, /* the boot framebuffer's pixels */
	CAP_ARCHIVE,     /* the boot archive, read-only */
	CAP_EXTRAS,      /* the second archive, to read and then to empty */
	CAP_BOOT,        /* struct boot_info, read-only */
	CAP_NEWS,        /* an event; bit 0: a service that this one calls was started again */
	CAP_VAULT,       /* a place for handles and memory that outlives the instance */
	CAP_PCI,         /* the right to claim one PCI device from the device manager */
};

struct manifest_cap {
	enum cap_kind kind;
	char name[MANIFEST_NAME];   /* the handle's name in the start page */
	char target[MANIFEST_NAME]; /* CAP_ENDPOINT, CAP_HOLD, CAP_PCI: whose endpoint */
	uint64_t first;             /* port, line or address */
	uint64_t count;             /* ports or bytes; flags of a line */
	uint64_t badge;
	uint32_t flags; /* CAP_MEMORY: MEMORY_* */
};

struct manifest_bind {
	char path[MANIFEST_PATH];
	uint64_t badge;
	bool is_union; /* behind what the path shows anyway, not in its place */
};

enum restart_policy { RESTART_ALWAYS, RESTART_ONCE, RESTART_NEVER };

struct manifest_service {
	char name[MANIFEST_NAME];
	char program[MANIFEST_NAME];
	char args[MANIFEST_ARGS];
	char when[MANIFEST_NAME];   /* start only when the kernel command line has this word */
	char unless[MANIFEST_NAME]; /* do not start when it has this one */
	uint64_t pages;
	uint32_t handles, threads, share;
	uint32_t priority, level;
	enum restart_policy restart;
	uint32_t backoff_ms;
	bool is_directory; /* whoever calls it can reach everything that is bound */
	bool is_kept;      /* runs until the very end of a shutdown */
	bool shares_root;  /* a monitor whose guests have its own page-table root */
	uint32_t cap_count, bind_count;
	uint32_t line; /* where the entry starts, for messages */
	struct manifest_cap caps[MANIFEST_CAPS_MAX];
	struct manifest_bind binds[MANIFEST_BINDS_MAX];
};

struct manifest {
	uint32_t count;
	struct manifest_service services[MANIFEST_SERVICES_MAX];
};

struct manifest_error {
	uint32_t line;
	char text[120];
};

/* Parse; false fills error and leaves the manifest unusable. */
bool manifest_parse(struct manifest *m, const char *text, size_t len, struct manifest_error *error);
/* The rules between entries: targets exist and serve, names are distinct, calls only go down. */
bool manifest_check(const struct manifest *m, struct manifest_error *error);

/* Index of the entry of that name, or -1. */
int manifest_find(const struct manifest *m, const char *name);
bool manifest_serves(const struct manifest_service *s);
/* Whether the service starts with this kernel command line. */
bool manifest_wanted(const struct manifest_service *s, const char *cmdline);

/* The badge of a handle that may claim PCI device number `index` of this kind, and nothing else. */
#define PCI_BADGE(index, vendor, device) \
	(0x8000000000000000ul | (uint64_t)(index) << 32 | (uint64_t)(vendor) << 16 | (device))
