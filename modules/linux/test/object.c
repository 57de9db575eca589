/*
 * The object tree by system call. There is none on a real Linux, nor in a container without a namespace.
 */
#include <sys/syscall.h>
#include "check.h"

#define OBJ_CALL 0x1000
#define OBJ_LIST 0x1001
#define OBJ_DESCRIBE 0x1002
#define OBJ_WATCH 0x1004
#define WATCHES 40 /* more than a service keeps listeners */

static int has_name(const unsigned char *entries, long bytes, const char *name)
{
	for (long at = 0; at + 2 <= bytes; at += 2 + entries[at + 1]) {
		if (entries[at + 1] == strlen(name) &&
		    memcmp(entries + at + 2, name, strlen(name)) == 0)
			return 1;
	}
	return 0;
}

/* A watch that was closed is no listener any more. */
static void watch_often(void)
{
	int is_watched = 1;

	for (int i = 0; i < WATCHES && is_watched; i++) {
		long fd = syscall(OBJ_WATCH, "/sys/log", "line", 0);

		is_watched = fd >= 0 && close((int)fd) == 0;
	}
	CHECK(is_watched);
}

void test_object(void)
{
	static unsigned char buffer[65536];
	static const unsigned char empty_map[] = {0xa0}, broken[] = {0x7f};
	long bytes = syscall(OBJ_LIST, "/", buffer, sizeof(buffer));

	if (bytes == -1 && (errno == ENOSYS || errno == EPERM))
		return;
	CHECK(bytes > 0 && has_name(buffer, bytes, "sys") && has_name(buffer, bytes, "dev"));
	CHECK_ERRNO(syscall(OBJ_LIST, "/", buffer, 3), ERANGE);
	CHECK_ERRNO(syscall(OBJ_LIST, "/no/such/thing", buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(OBJ_LIST, 8, buffer, sizeof(buffer)), EFAULT);
	bytes = syscall(OBJ_DESCRIBE, "/sys/scheduler", buffer, sizeof(buffer));
	CHECK(bytes > 0 && memmem(buffer, (size_t)bytes, "create", 6) != NULL);
	bytes = syscall(OBJ_CALL, "/user/userManager", "getCurrentUser", empty_map, 1, buffer,
	                sizeof(buffer));
	CHECK(bytes > 0 && memmem(buffer, (size_t)bytes, "name", 4) != NULL);
	CHECK_ERRNO(syscall(OBJ_CALL, "/user/userManager", "getCurrentUser", broken, 1, buffer,
	                    sizeof(buffer)),
	            EINVAL);
	CHECK(syscall(OBJ_CALL, "/user/userManager", "noSuchMethod", empty_map, 1, buffer,
	              sizeof(buffer)) == -1);
	watch_often();
}
