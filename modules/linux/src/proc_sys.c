/*
 * /proc/sys: the settings that programs read. They are facts here; only the host name can be written.
 */
#include "file.h"
#include "procfs.h"
#include "random_bytes.h"
#include "syscall.h"
#include "uname.h"
#include <base/string.h>

#define SHOW(name, ...) \
	static int64_t show_##name(struct task *reader __attribute__((unused)), \
	                           const struct synth_target *target __attribute__((unused)), \
	                           struct text *text) \
	{ \
		text_add(text, __VA_ARGS__); \
		return 0; \
	}

SHOW(zero, "0\n")
SHOW(one, "1\n")
SHOW(ostype, "Linux\n")
SHOW(osrelease, "%s\n", UNAME_RELEASE)
SHOW(os_version, "%s\n", UNAME_VERSION)
SHOW(domainname, "(none)\n")
SHOW(pid_max, "4194304\n")
SHOW(threads_max, "16384\n")
SHOW(ngroups_max, "%d\n", GROUPS_MAX)
SHOW(cap_last, "%d\n", CAP_LAST)
SHOW(entropy, "256\n")
SHOW(max_map_count, "65530\n")
SHOW(file_max, "1048576\n")
SHOW(pipe_max, "1048576\n")
SHOW(somaxconn, "4096\n")

static int64_t show_hostname(struct task *reader, const struct synth_target *target,
                             struct text *text)
{
	char name[65];
	(void)reader, (void)target;
	uname_host(name, sizeof(name));
	text_add(text, "%s\n", name);
	return 0;
}

static int64_t store_hostname(struct task *writer, const struct synth_target *target,
                              const char *text, size_t len)
{
	char name[65];
	(void)target;
	if (!writer || !capable(writer, CAP_SYS_ADMIN))
		return -EPERM;
	while (len > 0 && text[len - 1] == '\n')
		len--;
	if (!string_copy_len(name, text, len, sizeof(name)))
		return -EINVAL;
	uname_set_host(name);
	return 0;
}

static void show_uuid(struct text *text, const uint8_t id[16])
{
	for (unsigned i = 0; i < 16; i++)
		text_add(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", id[i]);
	text_add(text, "\n");
}

static int64_t show_random_uuid(struct task *reader, const struct synth_target *target,
                                struct text *text)
{
	uint8_t id[16];
	(void)reader, (void)target;
	random_bytes(id, sizeof(id));
	id[6] = (id[6] & 15) | 0x40;
	id[8] = (id[8] & 63) | 0x80;
	show_uuid(text, id);
	return 0;
}

static int64_t show_boot_id(struct task *reader, const struct synth_target *target,
                            struct text *text)
{
	static uint8_t id[16];
	static bool is_made;
	(void)reader, (void)target;
	if (!is_made)
		random_bytes(id, sizeof(id));
	is_made = true;
	show_uuid(text, id);
	return 0;
}

#define FACT(n, s) \
	{ \
		.name = (n), .mode = S_IFREG | 0444, .show = (s) \
	}
#define FOLDER(n, c) \
	{ \
		.name = (n), .mode = S_IFDIR | 0555, .children = (c) \
	}

static const struct synth_entry random_entries[] = {
	FACT("boot_id", show_boot_id),
	FACT("entropy_avail", show_entropy),
	FACT("poolsize", show_entropy),
	FACT("uuid", show_random_uuid),
	{0},
};

static const struct synth_entry kernel_entries[] = {
	FACT("cap_last_cap", show_cap_last),
	FACT("dmesg_restrict", show_zero),
	FACT("domainname", show_domainname),
	{.name = "hostname",
         .mode = S_IFREG | 0644,
         .show = show_hostname,
         .store = store_hostname},
	FACT("ngroups_max", show_ngroups_max),
	FACT("osrelease", show_osrelease),
	FACT("ostype", show_ostype),
	FACT("overflowgid", show_zero),
	FACT("overflowuid", show_zero),
	FACT("pid_max", show_pid_max),
	FOLDER("random", random_entries),
	FACT("randomize_va_space", show_one),
	FACT("tainted", show_zero),
	FACT("threads-max", show_threads_max),
	FACT("version", show_os_version),
	{0},
};

static const struct synth_entry vm_entries[] = {
	FACT("max_map_count", show_max_map_count),
	FACT("overcommit_memory", show_one),
	FACT("swappiness", show_zero),
	{0},
};

static const struct synth_entry fs_entries[] = {
	FACT("file-max", show_file_max),
	FACT("nr_open", show_file_max),
	FACT("pipe-max-size", show_pipe_max),
	{0},
};

static const struct synth_entry core_entries[] = {
	FACT("somaxconn", show_somaxconn),
	{0},
};

static const struct synth_entry net_entries[] = {
	FOLDER("core", core_entries),
	{0},
};

const struct synth_entry proc_sys_entries[] = {
	FOLDER("fs", fs_entries),
	FOLDER("kernel", kernel_entries),
	FOLDER("net", net_entries),
	FOLDER("vm", vm_entries),
	{0},
};
