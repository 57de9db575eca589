/*
 * What test, [ and [[ ask: one function for operators with one operand and one for those with two.
 */
#include "condition.h"
#include "message.h"
#include "number.h"
#include "shell.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool test_is_unary(const char *op)
{
	return op[0] == '-' && op[1] && !op[2] && strchr("bcdefghknoprstuvwxzGLNOS", op[1]);
}

static bool test_file(char op, const char *name)
{
	struct stat status;

	if (op == 'h' || op == 'L')
		return lstat(name, &status) == 0 && S_ISLNK(status.st_mode);
	if (stat(name, &status) < 0)
		return false;
	switch (op) {
	case 'b': return S_ISBLK(status.st_mode);
	case 'c': return S_ISCHR(status.st_mode);
	case 'd': return S_ISDIR(status.st_mode);
	case 'f': return S_ISREG(status.st_mode);
	case 'p': return S_ISFIFO(status.st_mode);
	case 'S': return S_ISSOCK(status.st_mode);
	case 'g': return (status.st_mode & S_ISGID) != 0;
	case 'u': return (status.st_mode & S_ISUID) != 0;
	case 'k': return (status.st_mode & S_ISVTX) != 0;
	case 's': return status.st_size > 0;
	case 'O': return status.st_uid == geteuid();
	case 'G': return status.st_gid == getegid();
	case 'N':
		return status.st_mtim.tv_sec > status.st_atim.tv_sec ||
		       (status.st_mtim.tv_sec == status.st_atim.tv_sec &&
		        status.st_mtim.tv_nsec > status.st_atim.tv_nsec);
	default: return true; /* -e */
	}
}

static bool test_option(struct shell *sh, const char *name)
{
	enum option option = option_of_name(name);

	return option != OPT_COUNT && sh->options[option];
}

static bool test_variable(struct shell *sh, const char *name)
{
	const struct var *var = var_find(sh, name);

	return var && var_value(sh, var);
}

bool test_unary(struct shell *sh, char op, const char *operand)
{
	switch (op) {
	case 'n': return *operand != 0;
	case 'z': return *operand == 0;
	case 't': return isatty(atoi(operand));
	case 'r': return faccessat(AT_FDCWD, operand, R_OK, AT_EACCESS) == 0;
	case 'w': return faccessat(AT_FDCWD, operand, W_OK, AT_EACCESS) == 0;
	case 'x': return faccessat(AT_FDCWD, operand, X_OK, AT_EACCESS) == 0;
	case 'o': return test_option(sh, operand);
	case 'v': return test_variable(sh, operand);
	default: return test_file(op, operand);
	}
}

static const char *const operators[] = {"=",   "==",  "!=",  "<",   ">",   "-eq", "-ne",
                                        "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};

bool test_is_binary(const char *op)
{
	if (op[0] != '-' && op[0] != '=' && op[0] != '!' && op[0] != '<' && op[0] != '>')
		return false;
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (strcmp(op, operators[i]) == 0)
			return true;
	return false;
}

/* Decimal, perhaps with blanks around it. */
static bool number(struct shell *sh, const char *text, intmax_t *out)
{
	const char *at = text;
	char *end;

	if (number_plain(text, out))
		return true;
	while (isspace((unsigned char)*at))
		at++;
	errno = 0;
	*out = strtoimax(at, &end, 10);
	while (end != at && isspace((unsigned char)*end))
		end++;
	if (end != at && !*end && errno == 0)
		return true;
	builtin_error(sh, "%s: %s", text, errno == ERANGE ? "number too large" : "bad number");
	return false;
}

static bool compare_numbers(const char *op, intmax_t left, intmax_t right)
{
	switch (op[1] << 8 | op[2]) {
	case 'e' << 8 | 'q': return left == right;
	case 'n' << 8 | 'e': return left != right;
	case 'l' << 8 | 't': return left < right;
	case 'l' << 8 | 'e': return left <= right;
	case 'g' << 8 | 't': return left > right;
	default: return left >= right;
	}
}

static int compare_times(const struct stat *left, const struct stat *right)
{
	if (left->st_mtim.tv_sec != right->st_mtim.tv_sec)
		return left->st_mtim.tv_sec < right->st_mtim.tv_sec ? -1 : 1;
	if (left->st_mtim.tv_nsec != right->st_mtim.tv_nsec)
		return left->st_mtim.tv_nsec < right->st_mtim.tv_nsec ? -1 : 1;
	return 0;
}

/* A file that is not there is older than any other. */
static bool compare_files(const char *op, const char *left, const char *right)
{
	struct stat a, b;
	bool has_a = stat(left, &a) == 0, has_b = stat(right, &b) == 0;

	if (op[1] == 'e')
		return has_a && has_b && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	if (op[1] == 'n')
		return has_a && (!has_b || compare_times(&a, &b) > 0);
	return has_b && (!has_a || compare_times(&a, &b) < 0);
}

bool test_binary(struct shell *sh, const char *op, const char *left, const char *right,
                 bool *out_error)
{
	intmax_t a, b;

	*out_error = false;
	switch (op[0]) {
	case '=': return strcmp(left, right) == 0;
	case '!': return strcmp(left, right) != 0;
	case '<': return strcmp(left, right) < 0;
	case '>': return strcmp(left, right) > 0;
	default: break;
	}
	if (op[2] == 'f' || (op[2] == 't' && op[1] != 'l' && op[1] != 'g'))
		return compare_files(op, left, right);
	if (number(sh, left, &a) && number(sh, right, &b))
		return compare_numbers(op, a, b);
	*out_error = true;
	return false;
}
