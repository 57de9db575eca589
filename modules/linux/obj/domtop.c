/*
 * domtop: what each service's domain uses, as top does for processes: processor time, pages, handles, threads.
 *
 *   domtop [-b] [-n TIMES] [-d SECONDS]
 *
 * On a terminal the screen is drawn anew every two seconds until q is typed; elsewhere, or with -b, it is printed once, or
 * TIMES times. The first figures are since the start of the machine, later ones since those before. A Linux container is one
 * domain: what runs in it is top's business.
 */
#include <errno.h>
#include <linux/object_calls.h>
#include <object-tree/cbor.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DOMAINS_MAX 128
#define HEADER_LINES 3
#define USAGE_STATUS 2
#define NS_PER_SECOND 1000000000ull

struct domain {
	char name[32], state[16];
	uint64_t level, cpu_ns, pages, limit, handles, threads, starts;
	unsigned permille; /* of one processor */
};

struct sample {
	struct domain of[DOMAINS_MAX];
	unsigned count;
	uint64_t time_ns, free, total;
};

static struct termios before;
static volatile sig_atomic_t is_over;

/* ---- what the services say */

static uint64_t number(const uint8_t *map, size_t len, const char *key)
{
	struct cbor_reader found;
	uint64_t value = 0;

	if (cbor_find(map, len, key, &found) == OK)
		(void)cbor_get_uint(&found, &value);
	return value;
}

static void text(const uint8_t *map, size_t len, const char *key, char *out, size_t size)
{
	struct cbor_reader found;
	const char *bytes;
	size_t bytes_len;

	out[0] = 0;
	if (cbor_find(map, len, key, &found) == OK &&
	    cbor_get_text(&found, &bytes, &bytes_len) == OK)
		snprintf(out, size, "%.*s", (int)bytes_len, bytes);
}

static void take_domain(struct sample *sample, const uint8_t *map, size_t len)
{
	struct domain *domain = &sample->of[sample->count++];

	text(map, len, "name", domain->name, sizeof(domain->name));
	text(map, len, "state", domain->state, sizeof(domain->state));
	domain->level = number(map, len, "level");
	domain->cpu_ns = number(map, len, "cpu");
	domain->pages = number(map, len, "pages");
	domain->limit = number(map, len, "limit");
	domain->handles = number(map, len, "handles");
	domain->threads = number(map, len, "threads");
	domain->starts = number(map, len, "starts");
}

static long call(const char *path, const char *method, const void *args, size_t len, uint8_t *value)
{
	return syscall(NR_obj_call, path, method, args, len, value, OBJECT_CALL_VALUE_MAX);
}

/* One answer; gives where the next one begins, 0: that was all. */
static uint64_t take_answer(struct sample *sample, const uint8_t *value, size_t len)
{
	struct cbor_reader rows;
	uint64_t count;

	if (cbor_find(value, len, "services", &rows) != OK || cbor_get_array(&rows, &count) != OK)
		return 0;
	for (; count > 0 && sample->count < DOMAINS_MAX; count--) {
		size_t start = rows.pos;

		if (cbor_skip(&rows) != OK)
			return 0;
		take_domain(sample, rows.at + start, rows.pos - start);
	}
	return sample->count < DOMAINS_MAX ? number(value, len, "next") : 0;
}

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
}

static bool take_sample(struct sample *sample)
{
	static uint8_t value[OBJECT_CALL_VALUE_MAX];
	uint64_t from = 0, asked;

	memset(sample, 0, sizeof(*sample));
	sample->time_ns = now_ns();
	do {
		uint8_t args[32];
		struct cbor_writer w;

		cbor_writer_init(&w, args, sizeof(args));
		cbor_put_map(&w, 1);
		cbor_put_text(&w, "from");
		cbor_put_uint(&w, asked = from);
		long len = call("/sys/scheduler", "services", args, w.len, value);

		if (len < 0)
			return false;
		from = take_answer(sample, value, (size_t)len);
	} while (from > asked);
	long len = call("/sys/memory", "stats", "\xa0", 1, value);

	if (len > 0) {
		sample->free = number(value, (size_t)len, "free");
		sample->total = number(value, (size_t)len, "total");
	}
	return true;
}

/* ---- what is made of it */

static uint64_t cpu_before(const struct sample *earlier, const char *name)
{
	for (unsigned i = 0; i < earlier->count; i++)
		if (strcmp(earlier->of[i].name, name) == 0)
			return earlier->of[i].cpu_ns;
	return 0;
}

static void find_shares(struct sample *sample, const struct sample *earlier)
{
	uint64_t elapsed = sample->time_ns - earlier->time_ns;

	for (unsigned i = 0; i < sample->count; i++) {
		struct domain *domain = &sample->of[i];
		uint64_t used = cpu_before(earlier, domain->name);

		/* One that was started anew counts from there. */
		used = domain->cpu_ns >= used ? domain->cpu_ns - used : domain->cpu_ns;
		domain->permille = elapsed ? (unsigned)(used * 1000 / elapsed) : 0;
	}
}

static int by_use(const void *a, const void *b)
{
	const struct domain *x = a, *y = b;

	if (x->permille != y->permille)
		return x->permille < y->permille ? 1 : -1;
	if (x->cpu_ns != y->cpu_ns)
		return x->cpu_ns < y->cpu_ns ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* ---- the picture */

static void print_sample(const struct sample *sample, unsigned rows, const char *line_end)
{
	unsigned shown = sample->count < rows ? sample->count : rows;

	printf("%u domains, up %llu s, %llu of %llu MiB free%s", sample->count,
	       (unsigned long long)(sample->time_ns / NS_PER_SECOND),
	       (unsigned long long)(sample->free >> 20), (unsigned long long)(sample->total >> 20),
	       line_end);
	printf("%s%-14s %5s %-8s %6s %9s %7s %8s %7s %7s%s", line_end, "NAME", "LEVEL", "STATE",
	       "%CPU", "SECONDS", "PAGES", "HANDLES", "THREADS", "STARTS", line_end);
	for (unsigned i = 0; i < shown; i++) {
		const struct domain *d = &sample->of[i];

		printf("%-14s %5llu %-8s %4u.%u %9.2f %7llu %8llu %7llu %7llu%s", d->name,
		       (unsigned long long)d->level, d->state, d->permille / 10, d->permille % 10,
		       (double)d->cpu_ns / NS_PER_SECOND, (unsigned long long)d->pages,
		       (unsigned long long)d->handles, (unsigned long long)d->threads,
		       (unsigned long long)d->starts, line_end);
	}
}

static unsigned screen_rows(void)
{
	struct winsize size;
	bool is_known = ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row > HEADER_LINES + 1;

	return is_known ? size.ws_row - HEADER_LINES - 1u : 20;
}

/* ---- the terminal */

static void on_signal(int number)
{
	(void)number;
	is_over = 1;
}

static void begin_screen(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct termios modes;

	tcgetattr(0, &before);
	modes = before;
	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(0, TCSANOW, &modes);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	printf("\033[2J");
}

static void end_screen(void)
{
	tcsetattr(0, TCSANOW, &before);
	printf("\n");
}

/* Until the next picture is due. False: the user has seen enough. */
static bool rest(unsigned seconds)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	char key;

	fflush(stdout);
	if (poll(&input, 1, (int)seconds * 1000) > 0)
		return read(0, &key, 1) == 1 && key != 'q' && key != 'Q' && !is_over;
	return !is_over;
}

static int watch(unsigned seconds, unsigned times)
{
	static struct sample earlier, sample;
	bool goes_on = true;

	begin_screen();
	for (unsigned i = 0; goes_on && (times == 0 || i < times); i++) {
		if (!take_sample(&sample))
			break;
		find_shares(&sample, &earlier);
		qsort(sample.of, sample.count, sizeof(sample.of[0]), by_use);
		printf("\033[H");
		print_sample(&sample, screen_rows(), "\033[K\n");
		printf("\033[J");
		earlier = sample;
		goes_on = i + 1 == times || rest(seconds);
	}
	end_screen();
	return 0;
}

static int print_often(unsigned seconds, unsigned times)
{
	static struct sample earlier, sample;

	for (unsigned i = 0; i < times; i++) {
		if (i > 0)
			sleep(seconds);
		if (!take_sample(&sample)) {
			fprintf(stderr, "domtop: /sys/scheduler: %s\n",
			        errno == ENOSYS ? "this system has no object tree"
			                        : strerror(errno));
			return 1;
		}
		find_shares(&sample, &earlier);
		qsort(sample.of, sample.count, sizeof(sample.of[0]), by_use);
		print_sample(&sample, DOMAINS_MAX, "\n");
		fflush(stdout);
		earlier = sample;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned seconds = 2, times = 0;
	bool is_batch = !isatty(0) || !isatty(1);
	int option;

	while ((option = getopt(argc, argv, "bn:d:")) != -1) {
		if (option == 'b')
			is_batch = true;
		else if (option == 'n' && atoi(optarg) > 0)
			times = (unsigned)atoi(optarg);
		else if (option == 'd' && atoi(optarg) > 0 && atoi(optarg) < 86400)
			seconds = (unsigned)atoi(optarg);
		else
			return fputs("usage: domtop [-b] [-n TIMES] [-d SECONDS]\n", stderr),
			       USAGE_STATUS;
	}
	return is_batch ? print_often(seconds, times ? times : 1) : watch(seconds, times);
}
