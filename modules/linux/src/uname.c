/*
 * What system this is: uname, sysinfo, host and domain names.
 */
#include <base/bits.h>
#include <base/string.h>
#include <libanon/start.h>
#include "guest.h"
#include "syscall.h"
#include "uname.h"

#define NAME_BYTES 65
#define NAME_MAX_BYTES 64

struct linux_utsname {
	char sysname[NAME_BYTES], nodename[NAME_BYTES], release[NAME_BYTES];
	char version[NAME_BYTES], machine[NAME_BYTES], domainname[NAME_BYTES];
};

static struct mutex name_lock = MUTEX_RANKED(RANK_LEAF);
static struct linux_utsname names = {
	/* [name_lock] */
	.sysname = "Linux",       .nodename = "anonymos", .release = UNAME_RELEASE,
	.version = UNAME_VERSION, .machine = "x86_64",    .domainname = "(none)",
};

void uname_host(char *buffer, size_t bytes)
{
	mutex_lock(&name_lock);
	string_copy(buffer, names.nodename, bytes);
	mutex_unlock(&name_lock);
}

void uname_set_host(const char *name)
{
	mutex_lock(&name_lock);
	string_copy(names.nodename, name, sizeof(names.nodename));
	mutex_unlock(&name_lock);
}

SYSCALL1(uname, uint64_t, u_name)
{
	struct linux_utsname name;

	mutex_lock(&name_lock);
	name = names;
	mutex_unlock(&name_lock);
	return copy_to_guest(task, u_name, &name, sizeof(name));
}

static int64_t set_name(struct task *task, char *target, uint64_t u_name, uint64_t len)
{
	char name[NAME_BYTES];

	if (!capable(task, CAP_SYS_ADMIN))
		return -EPERM;
	if (len > NAME_MAX_BYTES)
		return -EINVAL;
	memset(name, 0, sizeof(name));
	if (copy_from_guest(task, name, u_name, len) != 0)
		return -EFAULT;
	mutex_lock(&name_lock);
	memcpy(target, name, NAME_BYTES);
	mutex_unlock(&name_lock);
	return 0;
}

SYSCALL2(sethostname, uint64_t, u_name, uint64_t, len)
{
	return set_name(task, names.nodename, u_name, len);
}

SYSCALL2(setdomainname, uint64_t, u_name, uint64_t, len)
{
	return set_name(task, names.domainname, u_name, len);
}

/* --- sysinfo --- */

struct linux_sysinfo {
	int64_t uptime;
	uint64_t loads[3];
	uint64_t total_ram, free_ram, shared_ram, buffer_ram, total_swap, free_swap;
	uint16_t processes, pad;
	uint64_t total_high, free_high;
	uint32_t unit;
};

/* The machine's, which do not change. */
static uint64_t machine_pages(void)
{
	static uint64_t pages;
	struct system_info machine;

	if (pages == 0 && sys_system_info(&machine) == OK)
		pages = machine.pages_total;
	return pages;
}

/* A container sees no more than its domain may use. */
void sysinfo_memory(uint64_t *out_total_pages, uint64_t *out_free_pages)
{
	struct domain_info domain;

	*out_total_pages = *out_free_pages = 0;
	if (sys_domain_info(own_domain(), &domain) != OK)
		return;
	*out_total_pages = MIN(machine_pages(), domain.limits.pages);
	*out_free_pages = domain.pages_available;
}

bool memory_is_short(uint64_t part)
{
	uint64_t total, unused;

	sysinfo_memory(&total, &unused);
	return unused < total / part;
}

SYSCALL1(sysinfo, uint64_t, u_info)
{
	struct linux_sysinfo info;
	uint64_t total, unused;

	memset(&info, 0, sizeof(info));
	sysinfo_memory(&total, &unused);
	info.uptime = (int64_t)(time_monotonic_ns() / NS_PER_SECOND);
	info.total_ram = total * PAGE_SIZE;
	info.free_ram = unused * PAGE_SIZE;
	info.processes = (uint16_t)task_count_all();
	info.unit = 1;
	return copy_to_guest(task, u_info, &info, sizeof(info));
}
