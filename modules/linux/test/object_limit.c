/*
 * Views of the object tree: obj_limit takes away from the caller and its children, by system call and by file, and
 * nothing brings it back. There is none on a real Linux, nor in a container without a namespace.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include "check.h"

#define OBJ_CALL 0x1000
#define OBJ_LIST 0x1001
#define OBJ_DESCRIBE 0x1002
#define OBJ_GET 0x1003
#define OBJ_WATCH 0x1004
#define OBJ_LIMIT 0x1005
#define OBJ_LIMITS 0x1006
#define OBJ_RIGHTS 0x1007

#define READ 1
#define ALL 7

/* {"/sys/power": 1, "/user/userManager": 3} */
static const unsigned char rules[] = "\xa2\x6a/sys/power\x01\x71/user/userManager\x03";
static const unsigned char everything[] = "\xa1\x61/\x07";
static const unsigned char nothing[] = "\xa0";
#define LIMIT(map) syscall(OBJ_LIMIT, map, sizeof(map) - 1)

static unsigned char buffer[65536];

static long call(const char *path, const char *method)
{
	return syscall(OBJ_CALL, path, method, "\xa0", 1, buffer, sizeof(buffer));
}

static int can_open(const char *name)
{
	int fd = open(name, O_RDONLY);

	return fd >= 0 && close(fd) == 0;
}

static void wrong_rules(void)
{
	CHECK_ERRNO(syscall(OBJ_LIMIT, "", 0), EINVAL);
	CHECK_ERRNO(syscall(OBJ_LIMIT, "\x80", 1), EINVAL);
	CHECK_ERRNO(syscall(OBJ_LIMIT, "\xa1\x61/\x08", 4), EINVAL);
	CHECK_ERRNO(syscall(OBJ_LIMIT, "\xa1\x63sys\x01", 6), EINVAL);
	CHECK_ERRNO(syscall(OBJ_LIMIT, 8, 4), EFAULT);
	CHECK_ERRNO(syscall(OBJ_LIMIT, buffer, 1 << 20), E2BIG);
	CHECK(syscall(OBJ_LIMITS, buffer, sizeof(buffer)) == 1 && buffer[0] == 0x80);
	CHECK_ERRNO(syscall(OBJ_LIMITS, buffer, 0), ERANGE);
	CHECK(syscall(OBJ_RIGHTS, "/sys/power") == ALL);
}

static void check_limited(void)
{
	CHECK(syscall(OBJ_RIGHTS, "/sys/power") == READ);
	CHECK(syscall(OBJ_RIGHTS, "//user/userManager/") == 3);
	CHECK(syscall(OBJ_RIGHTS, "/sys") == 0);
	CHECK_ERRNO(syscall(OBJ_RIGHTS, "/sys/log"), ENOENT);
	CHECK_ERRNO(syscall(OBJ_RIGHTS, "/sys/power/../log"), ENOENT);
	CHECK(call("/sys/power", "info") > 0);
	CHECK_ERRNO(call("/sys/power", "shutdown"), EACCES);
	CHECK_ERRNO(call("/sys/power", "nosuch"), EOPNOTSUPP);
	CHECK(call("/user/userManager", "listUsers") > 0);
	CHECK_ERRNO(call("/user/userManager", "createUser"), EACCES);
	CHECK_ERRNO(call("/sys/log", "read"), ENOENT);
	CHECK_ERRNO(call("/srv/power", "shutdown"), ENOENT);
	CHECK_ERRNO(syscall(OBJ_DESCRIBE, "/sys", buffer, sizeof(buffer)), EACCES);
	CHECK_ERRNO(syscall(OBJ_DESCRIBE, "/sys/log", buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(OBJ_GET, "/srv/session", "user", buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(OBJ_WATCH, "/sys/log", "line", 0), ENOENT);
	CHECK(syscall(OBJ_LIST, "/sys", buffer, sizeof(buffer)) == 7 &&
	      memcmp(buffer + 1, "\005power", 6) == 0);
	CHECK_ERRNO(syscall(OBJ_LIST, "/srv", buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(SYS_syslog, 3, buffer, sizeof(buffer)), EPERM);
}

static void check_files(void)
{
	int fd = open("/obj/sys/power/shutdown", O_RDWR);

	CHECK(can_open("/obj/sys/power/info"));
	CHECK(fd >= 0);
	CHECK_ERRNO(write(fd, "{}", 2), EACCES);
	CHECK_ERRNO(read(fd, buffer, 1), EACCES);
	close(fd);
	CHECK_ERRNO(access("/obj/sys/log", F_OK), ENOENT);
	CHECK_ERRNO(access("/obj/sys/log/read", F_OK), ENOENT);
	CHECK_ERRNO(access("/obj/srv", F_OK), ENOENT);
	CHECK(access("/obj/user/userManager/listUsers", F_OK) == 0);
}

/* What was opened before is used with what the caller may do now. */
static int opened_before;

static void limit_and_check(void *unused)
{
	(void)unused;
	CHECK(LIMIT(rules) == 0);
	check_limited();
	check_files();
	CHECK_ERRNO(read(opened_before, buffer, sizeof(buffer)), ENOENT);
}

static void check_in_child(void *unused)
{
	(void)unused;
	check_limited();
}

static void program_checks(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "linuxtest", "--exec-helper", "limited", NULL);
	_exit(1);
}

static void limit_and_ask_for_more(void *unused)
{
	(void)unused;
	CHECK(LIMIT(rules) == 0 && LIMIT(everything) == 0);
	check_limited();
	CHECK(in_child(check_in_child, NULL) == 0);
	CHECK(in_child(program_checks, NULL) == 0);
	CHECK(LIMIT(nothing) == 0);
	CHECK_ERRNO(call("/sys/power", "info"), ENOENT);
	CHECK_ERRNO(syscall(OBJ_LIST, "/", buffer, sizeof(buffer)), ENOENT);
	while (LIMIT(nothing) == 0)
		;
	CHECK(errno == E2BIG);
}

int object_limit_helper(void)
{
	int is_limited = syscall(OBJ_RIGHTS, "/sys/power") == READ &&
	                 call("/sys/power", "shutdown") < 0 && errno == EACCES &&
	                 syscall(OBJ_RIGHTS, "/sys/log") < 0 && errno == ENOENT;

	return is_limited ? 0 : 1;
}

void test_object_limit(void)
{
	if (syscall(OBJ_LIST, "/sys", buffer, sizeof(buffer)) < 0)
		return;
	wrong_rules();
	opened_before = open("/obj/sys/log/read", O_RDWR);
	CHECK(opened_before >= 0);
	CHECK(in_child(limit_and_check, NULL) == 0);
	CHECK(in_child(limit_and_ask_for_more, NULL) == 0);
	close(opened_before);
	/* The parent has lost nothing. */
	CHECK(syscall(OBJ_RIGHTS, "/sys/log") == ALL && call("/sys/log", "read") > 0);
}
