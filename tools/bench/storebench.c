// storebench - what files on a disk cost, in the rows that people feel.
//
//   musl-gcc -O2 -static -o storebench storebench.c
//   storebench DIR make     leaves what the cold rows read, and syncs; then boot again
//   storebench DIR run      the rows: first the cold ones, once for each set that was left
//
// Output, one line a row:   name<TAB>busy<TAB>events<TAB>idle    each per operation
//   busy    ticks of the TSC less the idle ones, of the cheapest round
//   events  of the counter STOREBENCH_COUNTER=FILE:NAME (counter.h), in that round
//   idle    nanoseconds that the CPU had nothing to do, by STOREBENCH_IDLE=FILE:NAME
//
// Meant for one CPU under `qemu -icount shift=0`, where a tick is an instruction.  A wait
// for the disk is idle time and no instructions; what the kernel does to serve the disk is
// busy.  How many ticks the system takes for a nanosecond is measured, since it only
// estimates that itself.  `idle_1ms` and `idle_100ms` sleep: they show what telling idle
// time apart costs, and that its length does not matter.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counter.h"

#define SETS 3      // of what cold rows read
#define ROUNDS 5    // of other rows, behind one that is not counted
#define MANY 2000   // files of a large directory
#define SMALL 1000  // small files made at once
#define SYNCED 100  // operations that are each made durable
#define BIG (16 << 20)
#define CHUNK 65536
#define PAGE 4096

static struct counter idle, events;
static double ticks_per_ns;
static const char *dir;
static const char *doing = "?";
static char buffer[CHUNK];

static inline uint64_t now(void)
{
    uint32_t lo, hi;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
    return (uint64_t)hi << 32 | lo;
}

static long check(long result)
{
    if (result < 0) counter_fail(doing, errno);
    return result;
}

static void check_length(long got, long wanted)
{
    if (check(got) == wanted) return;
    errno = ENODATA;
    check(-1);
}

static const char *path(const char *leaf, int n)
{
    static char text[256];
    snprintf(text, sizeof text, "%s/%s%d", dir, leaf, n);
    return text;
}

static const char *path_in(const char *leaf, int n, int k)
{
    static char text[256];
    snprintf(text, sizeof text, "%s/%s%d/file%d", dir, leaf, n, k);
    return text;
}

// ---- what rows are made of

static void write_small(const char *name, int flags, int bytes, int is_synced)
{
    int fd = check(open(name, O_WRONLY | O_CREAT | flags, 0644));
    check_length(write(fd, buffer, bytes), bytes);
    if (is_synced) check(fsync(fd));
    close(fd);
}

static void write_big(const char *name, int flags)
{
    int fd = check(open(name, O_WRONLY | O_CREAT | flags, 0644));
    for (int at = 0; at < BIG; at += CHUNK) check_length(write(fd, buffer, CHUNK), CHUNK);
    check(fsync(fd));
    close(fd);
}

static void read_big(const char *name)
{
    int fd = check(open(name, O_RDONLY));
    for (int at = 0; at < BIG; at += CHUNK) check_length(read(fd, buffer, CHUNK), CHUNK);
    close(fd);
}

static void fill_directory(const char *leaf, int n)
{
    check(mkdir(path(leaf, n), 0755));
    for (int k = 0; k < MANY; k++) write_small(path_in(leaf, n, k), O_EXCL, 100, 0);
}

static void stat_all(const char *leaf, int n)
{
    struct stat st;
    for (int k = 0; k < MANY; k++) check(stat(path_in(leaf, n, k), &st));
}

static void list(const char *leaf, int n)
{
    DIR *d = opendir(path(leaf, n));
    int count = 0;
    if (!d) check(-1);
    while (readdir(d)) count++;
    closedir(d);
    check_length(count, MANY + 2);
}

// ---- rows

static void read_cold(int round) { read_big(path("big", round)); }
static void read_warm(int round) { (void)round; read_big(path("big", 0)); }
static void stat_cold(int round) { stat_all("stat", round); }
static void stat_warm(int round) { (void)round; stat_all("stat", 0); }
static void list_cold(int round) { list("list", round); }
static void list_warm(int round) { (void)round; list("list", 0); }
static void write_new(int round) { write_big(path("new", round), O_EXCL); }
static void write_over(int round) { (void)round; write_big(path("big", 0), 0); }
static void remove_new(int round) { check(unlink(path("new", round))); }

static void create_synced(int round)
{
    for (int k = 0; k < SYNCED; k++) write_small(path_in("made", round, k), O_EXCL, PAGE, 1);
}

static void append_synced(int round)
{
    for (int k = 0; k < SYNCED; k++) write_small(path("log", round), O_APPEND, 100, 1);
}

static void overwrite_synced(int round)
{
    uint32_t at = round + 7;
    int fd = check(open(path("big", 0), O_WRONLY));
    for (int k = 0; k < SYNCED; k++) {
        at = at * 1664525 + 1013904223;
        check_length(pwrite(fd, buffer, PAGE, (at >> 8) % (BIG / PAGE) * (off_t)PAGE), PAGE);
        check(fsync(fd));
    }
    close(fd);
}

static void create_many(int round)
{
    for (int k = 0; k < SMALL; k++) write_small(path_in("many", round, k), O_EXCL, 1024, 0);
    sync();
}

static void remove_many(int round)
{
    for (int k = 0; k < SMALL; k++) check(unlink(path_in("many", round, k)));
    sync();
}

static void make_directory(int round) { check(mkdir(path("made", round), 0755)); }
static void make_directory_many(int round) { check(mkdir(path("many", round), 0755)); }

static void sleep_for(long ms)
{
    struct timespec time = {0, ms * 1000000};
    check(nanosleep(&time, 0));
}
static uint64_t monotonic(void)
{
    struct timespec time;
    check(clock_gettime(CLOCK_MONOTONIC, &time));
    return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void measure_clock(void)
{
    uint64_t ticks = now(), ns = monotonic();
    sleep_for(900);
    ticks = now() - ticks;
    ns = monotonic() - ns;
    ticks_per_ns = (double)ticks / ns;
    printf("# %.9f ticks a nanosecond\n", ticks_per_ns);
}

static void sleep_1ms(int round) { (void)round; sleep_for(1); }
static void sleep_100ms(int round) { (void)round; sleep_for(100); }

#define KIB (BIG / 1024)
static const struct row {
    const char *name;
    double operations;
    int is_cold;                // each round has a set of its own
    void (*prepare)(int round); // not measured, made durable
    void (*run)(int round);
    void (*clean)(int round);
} rows[] = {
    {"stat_cold", MANY, 1, 0, stat_cold, 0},
    {"readdir_cold", MANY, 1, 0, list_cold, 0},
    {"read_16M_cold_per_KiB", KIB, 1, 0, read_cold, 0},
    {"stat_warm", MANY, 0, 0, stat_warm, 0},
    {"readdir_warm", MANY, 0, 0, list_warm, 0},
    {"read_16M_warm_per_KiB", KIB, 0, 0, read_warm, 0},
    {"write_16M_fsync_per_KiB", KIB, 0, 0, write_new, remove_new},
    {"rewrite_16M_fsync_per_KiB", KIB, 0, 0, write_over, 0},
    {"create_4k_fsync", SYNCED, 0, make_directory, create_synced, 0},
    {"append_100_fsync", SYNCED, 0, 0, append_synced, 0},
    {"overwrite_4k_fsync", SYNCED, 0, 0, overwrite_synced, 0},
    {"create_1000_sync", SMALL, 0, make_directory_many, create_many, 0},
    {"unlink_1000_sync", SMALL, 0, 0, remove_many, 0},
    {"idle_1ms", 1, 0, 0, sleep_1ms, 0},
    {"idle_100ms", 1, 0, 0, sleep_100ms, 0},
};

struct sample { uint64_t busy, events, idle; };

static struct sample measure(const struct row *row, int round)
{
    struct sample s;
    if (row->prepare) row->prepare(round);
    if (!row->is_cold) sync();
    s.events = counter_read(&events);
    s.idle = counter_read(&idle);
    s.busy = now();
    row->run(round);
    s.busy = now() - s.busy;
    s.idle = counter_since(&idle, s.idle);
    s.events = counter_since(&events, s.events);
    s.busy -= (uint64_t)(s.idle * ticks_per_ns);
    if (row->clean) row->clean(round);
    return s;
}

static void run_row(const struct row *row)
{
    struct sample best = {.busy = ~0ULL};
    doing = row->name;
    if (!row->is_cold) measure(row, ROUNDS);
    for (int round = 0; round < (row->is_cold ? SETS : ROUNDS); round++) {
        struct sample s = measure(row, round);
        if (s.busy < best.busy) best = s;
    }
    printf("%s\t%.1f\t%.3f\t%.0f\n", row->name, best.busy / row->operations,
           best.events / row->operations, best.idle / row->operations);
    fflush(stdout);
}

static void make(void)
{
    doing = "make";
    check(mkdir(dir, 0755));
    for (int n = 0; n < SETS; n++) {
        fill_directory("stat", n);
        fill_directory("list", n);
        write_big(path("big", n), O_EXCL);
    }
    sync();
}

int main(int argc, char **argv)
{
    if (argc != 3) return puts("usage: storebench DIR make|run"), 2;
    dir = argv[1];
    for (int i = 0; i < CHUNK; i++) buffer[i] = i * 2654435761u >> 24;
    counter_open(&idle, getenv("STOREBENCH_IDLE"));
    counter_open(&events, getenv("STOREBENCH_COUNTER"));
    if (!strcmp(argv[2], "make")) return make(), 0;
    measure_clock();
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) run_row(&rows[k]);
    puts("# storebench done");
    return 0;
}
