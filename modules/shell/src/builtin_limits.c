/*
 * umask, ulimit and times: what the system keeps for a process.
 */
#include "builtins.h"
#include "message.h"
#include "shell.h"
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>

static void print_symbolic(struct shell *sh, unsigned allowed)
{
	for (int i = 0; i < 3; i++) {
		unsigned bits = allowed >> (6 - 3 * i) & 7;

		out_format(sh, "%s%c=%s%s%s", i ? "," : "", "ugo"[i], bits & 4 ? "r" : "",
		           bits & 2 ? "w" : "", bits & 1 ? "x" : "");
	}
	out_char(sh, '\n');
}

static const char *parse_who(const char *at, unsigned *out_who)
{
	*out_who = 0;
	for (;; at++) {
		if (*at == 'u')
			*out_who |= 0700;
		else if (*at == 'g')
			*out_who |= 0070;
		else if (*at == 'o')
			*out_who |= 0007;
		else if (*at == 'a')
			*out_who |= 0777;
		else
			break;
	}
	if (!*out_who)
		*out_who = 0777;
	return at;
}

/* The permissions one letter stands for. */
static bool permission(char c, unsigned allowed, unsigned *bits)
{
	switch (c) {
	case 'r': *bits |= 0444; return true;
	case 'w': *bits |= 0222; return true;
	case 'x': *bits |= 0111; return true;
	case 'X': *bits |= allowed & 0111 ? 0111 : 0; return true;
	case 's':
	case 't': return true;
	case 'u': *bits |= (allowed >> 6 & 7) * 0111; return true;
	case 'g': *bits |= (allowed >> 3 & 7) * 0111; return true;
	case 'o': *bits |= (allowed & 7) * 0111; return true;
	default: return false;
	}
}

/* Symbolic as for chmod, upon what is allowed. */
static bool parse_symbolic(const char *at, unsigned *allowed)
{
	while (*at) {
		unsigned who;

		at = parse_who(at, &who);
		if (*at != '+' && *at != '-' && *at != '=')
			return false;
		while (*at == '+' || *at == '-' || *at == '=') {
			char op = *at++;
			unsigned bits = 0;

			while (permission(*at, *allowed, &bits))
				at++;
			if (op == '=')
				*allowed = (*allowed & ~who) | (bits & who);
			else
				*allowed = op == '+' ? *allowed | (bits & who)
				                     : *allowed & ~(bits & who);
		}
		if (*at == ',' && at[1])
			at++;
		else if (*at)
			return false;
	}
	return true;
}

static bool parse_octal(const char *text, unsigned *out)
{
	unsigned value = 0;

	for (; *text >= '0' && *text <= '7' && value <= 0777; text++)
		value = value * 8 + (unsigned)(*text - '0');
	*out = value;
	return !*text && value <= 0777;
}

BUILTIN(umask)
{
	unsigned mask = umask(0), allowed = ~mask & 0777;
	bool symbolic = false;
	struct scan scan;
	int option;

	umask(mask);
	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "S")) > 0)
		symbolic = true;
	if (option < 0)
		return 2;
	if (scan.index == argc) {
		if (symbolic)
			print_symbolic(sh, allowed);
		else
			out_format(sh, "%04o\n", mask);
		return 0;
	}
	if (argv[scan.index][0] >= '0' && argv[scan.index][0] <= '9') {
		if (!parse_octal(argv[scan.index], &mask))
			return builtin_error(sh, "%s: bad mask", argv[scan.index]);
	} else if (parse_symbolic(argv[scan.index], &allowed)) {
		mask = ~allowed & 0777;
	} else {
		return builtin_error(sh, "%s: bad mask", argv[scan.index]);
	}
	umask(mask);
	return 0;
}

struct limit {
	char letter;
	int resource;
	unsigned unit;
	const char *name;
};

static const struct limit limits[] = {
	{'t', RLIMIT_CPU, 1, "time(seconds)"},
	{'f', RLIMIT_FSIZE, 512, "file(blocks)"},
	{'d', RLIMIT_DATA, 1024, "data(kbytes)"},
	{'s', RLIMIT_STACK, 1024, "stack(kbytes)"},
	{'c', RLIMIT_CORE, 512, "coredump(blocks)"},
	{'m', RLIMIT_RSS, 1024, "memory(kbytes)"},
	{'l', RLIMIT_MEMLOCK, 1024, "locked memory(kbytes)"},
	{'p', RLIMIT_NPROC, 1, "process"},
	{'n', RLIMIT_NOFILE, 1, "nofiles"},
	{'v', RLIMIT_AS, 1024, "vmemory(kbytes)"},
	{'w', RLIMIT_LOCKS, 1, "locks"},
	{'r', RLIMIT_RTPRIO, 1, "rtprio"},
};

#define LIMITS (sizeof(limits) / sizeof(*limits))
#define ULIMIT_SOFT 1
#define ULIMIT_HARD 2

static void print_limit(struct shell *sh, const struct limit *limit, unsigned which)
{
	struct rlimit values;
	rlim_t value;

	if (getrlimit(limit->resource, &values) < 0)
		return;
	value = which & ULIMIT_SOFT ? values.rlim_cur : values.rlim_max;
	if (value == RLIM_INFINITY)
		out_string(sh, "unlimited\n");
	else
		out_format(sh, "%llu\n", (unsigned long long)(value / limit->unit));
}

static int set_limit(struct shell *sh, const struct limit *limit, unsigned which, const char *text)
{
	struct rlimit values;
	intmax_t number;
	rlim_t value = RLIM_INFINITY;

	if (strcmp(text, "unlimited") != 0) {
		if (!scan_number(text, &number))
			return builtin_error(sh, "%s: bad number", text);
		if (number > INTMAX_MAX / limit->unit)
			return builtin_error(sh, "%s: bad number", text);
		value = (rlim_t)number * limit->unit;
	}
	if (getrlimit(limit->resource, &values) < 0)
		return builtin_error(sh, "%s", strerror(errno));
	if (which & ULIMIT_HARD)
		values.rlim_max = value;
	if (which & ULIMIT_SOFT)
		values.rlim_cur = value;
	if (setrlimit(limit->resource, &values) < 0)
		return builtin_error(sh, "error setting limit: %s", strerror(errno));
	return 0;
}

BUILTIN(ulimit)
{
	const struct limit *limit = &limits[1];
	unsigned which = 0;
	bool all = false;
	struct scan scan;
	int option;

	scan_begin(&scan, argc, argv);
	while ((option = scan_option(sh, &scan, "HSatfdscmlpnvwr")) > 0) {
		if (option == 'H' || option == 'S')
			which |= option == 'H' ? ULIMIT_HARD : ULIMIT_SOFT;
		all |= option == 'a';
		for (size_t i = 0; i < LIMITS; i++)
			if (limits[i].letter == option)
				limit = &limits[i];
	}
	if (option < 0)
		return 2;
	if (scan.index < argc && !all)
		return set_limit(sh, limit, which ? which : ULIMIT_SOFT | ULIMIT_HARD,
		                 argv[scan.index]);
	if (!which)
		which = ULIMIT_SOFT;
	if (!all)
		print_limit(sh, limit, which);
	for (size_t i = 0; i < LIMITS && all; i++) {
		out_format(sh, "%-24s-%c ", limits[i].name, limits[i].letter);
		print_limit(sh, &limits[i], which);
	}
	return 0;
}

static void print_time(struct shell *sh, clock_t ticks, const char *end)
{
	long per_second = sysconf(_SC_CLK_TCK), seconds = ticks / per_second;

	out_format(sh, "%ldm%ld.%06lds%s", seconds / 60, seconds % 60,
	           ticks % per_second * (1000000 / per_second), end);
}

BUILTIN(times)
{
	struct tms used;

	(void)argc, (void)argv;
	if (times(&used) == (clock_t)-1)
		return builtin_error(sh, "%s", strerror(errno));
	print_time(sh, used.tms_utime, " ");
	print_time(sh, used.tms_stime, "\n");
	print_time(sh, used.tms_cutime, " ");
	print_time(sh, used.tms_cstime, "\n");
	return 0;
}
