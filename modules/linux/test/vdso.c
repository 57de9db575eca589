/*
 * The vdso: its ELF image, that its functions and the system calls tell the same, its mappings.
 */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include "check.h"

#define ROUNDS 2000
#define FUNCTIONS 5

typedef int clock_fn(clockid_t clock, struct timespec *time);
typedef int day_fn(struct timeval *time, void *zone);
typedef time_t time_fn(time_t *seconds);
typedef int cpu_fn(unsigned *cpu, unsigned *node, void *unused);

/* The image, found as a C library finds it. */
static struct {
	const char *base;
	const Elf64_Sym *symbols;
	const char *strings;
	const Elf32_Word *hash;
	const Elf64_Versym *versions;
	const Elf64_Verdef *definitions;
	const char *unwind; /* .eh_frame_hdr */
} vdso;

static const char *const names[FUNCTIONS] = {"__vdso_clock_gettime", "__vdso_clock_getres",
                                             "__vdso_gettimeofday", "__vdso_time", "__vdso_getcpu"};

static void read_dynamic(const Elf64_Dyn *entry)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		const char *at = vdso.base + entry->d_un.d_ptr;

		switch (entry->d_tag) {
		case DT_SYMTAB: vdso.symbols = (const void *)at; break;
		case DT_STRTAB: vdso.strings = at; break;
		case DT_HASH: vdso.hash = (const void *)at; break;
		case DT_VERSYM: vdso.versions = (const void *)at; break;
		case DT_VERDEF: vdso.definitions = (const void *)at; break;
		default: break;
		}
	}
}

static int find_image(void)
{
	const Elf64_Ehdr *header = (const void *)getauxval(AT_SYSINFO_EHDR);

	CHECK(header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_type == ET_DYN);
	if (!header)
		return 0;
	vdso.base = (const char *)header;
	const Elf64_Phdr *part = (const void *)(vdso.base + header->e_phoff);

	for (int i = 0; i < header->e_phnum; i++) {
		if (part[i].p_type == PT_LOAD)
			CHECK(part[i].p_vaddr == 0 && part[i].p_flags == (PF_R | PF_X));
		if (part[i].p_type == PT_DYNAMIC)
			read_dynamic((const void *)(vdso.base + part[i].p_vaddr));
		if (part[i].p_type == PT_GNU_EH_FRAME)
			vdso.unwind = vdso.base + part[i].p_vaddr;
	}
	CHECK(vdso.symbols && vdso.strings && vdso.versions && vdso.definitions && vdso.unwind);
	return vdso.symbols && vdso.strings && vdso.versions && vdso.definitions;
}

static const char *version_of(Elf64_Versym index)
{
	const Elf64_Verdef *at = vdso.definitions;

	for (;;) {
		const Elf64_Verdaux *name = (const void *)((const char *)at + at->vd_aux);

		if (at->vd_ndx == (index & 0x7fff))
			return vdso.strings + name->vda_name;
		if (at->vd_next == 0)
			return "";
		at = (const void *)((const char *)at + at->vd_next);
	}
}

/* By walking the symbols up to the string table, which follows them in every vdso. */
static const void *find_function(const char *name)
{
	for (const Elf64_Sym *s = vdso.symbols; (const char *)s < vdso.strings; s++) {
		if (s->st_shndx != SHN_UNDEF && strcmp(vdso.strings + s->st_name, name) == 0 &&
		    strcmp(version_of(vdso.versions[s - vdso.symbols]), "LINUX_2.6") == 0)
			return vdso.base + s->st_value;
	}
	return NULL;
}

/* A debugger or an exception finds its way out of each function: the sorted table of .eh_frame_hdr names it. */
static int is_unwindable(const void *function)
{
	struct entry {
		int32_t function, description;
	};
	const unsigned char *encodings = (const void *)vdso.unwind;
	int32_t count;

	if (!vdso.unwind || encodings[0] != 1 || encodings[3] != 0x3b)
		return 0;
	memcpy(&count, vdso.unwind + 8, sizeof(count));
	const struct entry *table = (const void *)(vdso.unwind + 12);

	for (int32_t i = 0; i < count; i++) {
		if (vdso.unwind + table[i].function == (const char *)function)
			return 1;
	}
	return 0;
}

static long long ns_of(const struct timespec *time)
{
	return time->tv_sec * 1000000000ll + time->tv_nsec;
}

/* Call, function, call: none is older than the one before. The coarse clocks of Linux are read alike everywhere. */
static void compare_clock(clock_fn *get, clockid_t clock)
{
	long long last = 0, first = 0;
	int is_right = 1;

	for (int i = 0; i < ROUNDS && is_right; i++) {
		struct timespec by_call, by_vdso;

		is_right = syscall(SYS_clock_gettime, clock, &by_call) == 0 &&
		           get(clock, &by_vdso) == 0 && by_vdso.tv_nsec < 1000000000;
		first = i == 0 ? ns_of(&by_call) : first;
		is_right = is_right && ns_of(&by_call) >= last &&
		           ns_of(&by_vdso) >= ns_of(&by_call);
		last = ns_of(&by_vdso);
	}
	CHECK(is_right && last - first < 10000000000ll);
}

static void test_clocks(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME,         CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
		CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,  CLOCK_TAI,
	};
	clock_fn *get = (clock_fn *)find_function(names[0]);
	clock_fn *resolution = (clock_fn *)find_function(names[1]);

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct timespec by_call, by_vdso;

		compare_clock(get, clocks[i]);
		CHECK(syscall(SYS_clock_getres, clocks[i], &by_call) == 0 &&
		      resolution(clocks[i], &by_vdso) == 0 && ns_of(&by_call) == ns_of(&by_vdso));
		CHECK(resolution(clocks[i], NULL) == 0);
	}
	struct timespec time = {0, 0};

	/* What the vdso does not know it asks for; errors come back as the call gives them. */
	CHECK(get(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 && ns_of(&time) > 0);
	CHECK(get(CLOCK_THREAD_CPUTIME_ID, &time) == 0 && ns_of(&time) > 0);
	CHECK(get(77, &time) == -EINVAL && get(31, &time) == -EINVAL && get(-1, &time) == -EINVAL);
	CHECK(get(-6, &time) == 0 && get(-2, &time) == 0); /* CPU clocks of the caller */
	CHECK(resolution(77, &time) == -EINVAL);
}

static void test_day(void)
{
	day_fn *day = (day_fn *)find_function(names[2]);
	time_fn *seconds = (time_fn *)find_function(names[3]);
	struct timeval before, now, after;
	time_t kept = 0, got;
	int zone[2] = {1, 1};

	syscall(SYS_gettimeofday, &before, NULL);
	CHECK(day(&now, zone) == 0);
	syscall(SYS_gettimeofday, &after, NULL);
	CHECK(!timercmp(&now, &before, <) && !timercmp(&after, &now, <));
	CHECK(zone[0] == 0 && zone[1] == 0);
	CHECK(day(NULL, NULL) == 0);
	got = seconds(&kept);
	CHECK(got == kept && got >= before.tv_sec && got <= after.tv_sec + 1);
	CHECK(seconds(NULL) >= got);
}

static void test_cpu(void)
{
	cpu_fn *cpu = (cpu_fn *)find_function(names[4]);
	unsigned by_vdso = 9999, node = 9999, by_call = 8888;
	int is_same = 0;

	/* The thread may be moved in between, though hardly each time. */
	for (int i = 0; i < 100 && !is_same; i++)
		is_same = cpu(&by_vdso, &node, NULL) == 0 &&
		          syscall(SYS_getcpu, &by_call, NULL, NULL) == 0 && by_vdso == by_call;
	CHECK(is_same && node < 64);
	CHECK(cpu(NULL, NULL, NULL) == 0);
}

struct mapping {
	unsigned long start, end;
	char access[5];
};

/* The mapping of that name in /proc/self/maps; false when there is none. */
static int find_mapping(const char *name, struct mapping *out)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[300];
	int is_found = 0;

	while (maps && !is_found && fgets(line, sizeof(line), maps))
		is_found = strstr(line, name) &&
		           sscanf(line, "%lx-%lx %4s", &out->start, &out->end, out->access) == 3;
	if (maps)
		fclose(maps);
	return is_found;
}

static void read_after_unmap(void *argument)
{
	struct mapping *image = argument, found;
	struct timespec time;

	CHECK(munmap((void *)image->start, image->end - image->start) == 0);
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) == 0);
	CHECK(!find_mapping("[vdso]", &found));
}

static void write_to_copy(void *argument)
{
	struct mapping *image = argument;
	volatile char *at = (volatile char *)image->start;

	CHECK(mprotect((void *)at, image->end - image->start, PROT_READ | PROT_WRITE) == 0);
	*at = 'X';
	CHECK(*at == 'X');
}

static void test_mappings(void)
{
	struct mapping image = {0}, page = {0};

	CHECK(find_mapping("[vdso]", &image) && strcmp(image.access, "r-xp") == 0);
	CHECK(image.start == (unsigned long)vdso.base);
	CHECK(find_mapping("[vvar]", &page) && strcmp(page.access, "r--p") == 0);
	CHECK_ERRNO(mprotect((void *)page.start, page.end - page.start, PROT_READ | PROT_WRITE),
	            EACCES);
	/* A child has them too; what it does to its own is nobody else's business. */
	CHECK(in_child(write_to_copy, &image) == 0);
	CHECK(in_child(read_after_unmap, &image) == 0);
	CHECK(*vdso.base == '\177');
	test_clocks();
}

void test_vdso(void)
{
	int is_complete = find_image();

	for (int i = 0; i < FUNCTIONS && is_complete; i++) {
		const void *function = find_function(names[i]);

		CHECK(function != NULL);
		CHECK(is_unwindable(function));
		is_complete = function != NULL;
	}
	if (!is_complete)
		return;
	test_clocks();
	test_day();
	test_cpu();
	test_mappings();
}
