// A counter that the system offers as text: "FILE:NAME[+NAME...]" is the sum of
// the numbers behind each NAME in the text of FILE, e.g. /proc/vmstat:pgfault.
// Included once by each benchmark.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct counter {
    char file[128], names[128]; // names empty: nothing is wanted, it stays 0
    uint64_t over;              // what reading it adds to it
};

static void counter_fail(const char *what, int error)
{
    printf("%s: FAIL %d %s\n", what, error, strerror(error));
    fflush(stdout);
    _exit(1);
}

static uint64_t counter_number(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    if (!at) counter_fail(name, ENOENT);
    at += strlen(name);
    return strtoull(at + strcspn(at, "0123456789"), 0, 10);
}

static uint64_t counter_read(const struct counter *c)
{
    static char text[32768];
    if (!c->names[0]) return 0;
    int fd = open(c->file, O_RDONLY);
    if (fd < 0) counter_fail(c->file, errno);
    ssize_t len = 0, got;
    while ((got = read(fd, text + len, sizeof text - 1 - len)) > 0) len += got;
    close(fd);
    text[len] = 0;
    char names[sizeof c->names], *next = names, *name;
    strcpy(names, c->names);
    uint64_t sum = 0;
    while ((name = strsep(&next, "+"))) sum += counter_number(text, name);
    return sum;
}

static void counter_open(struct counter *c, const char *spec)
{
    const char *colon = spec ? strrchr(spec, ':') : 0;
    memset(c, 0, sizeof *c);
    if (!colon) return;
    snprintf(c->file, sizeof c->file, "%.*s", (int)(colon - spec), spec);
    snprintf(c->names, sizeof c->names, "%s", colon + 1);
    c->over = ~0ULL;
    for (int i = 0; i < 20; i++) {
        uint64_t a = counter_read(c), b = counter_read(c);
        if (b - a < c->over) c->over = b - a;
    }
}

// What happened since `before` was read, the reading itself left out.
static uint64_t counter_since(const struct counter *c, uint64_t before)
{
    uint64_t events = counter_read(c) - before;
    return events > c->over ? events - c->over : 0;
}
