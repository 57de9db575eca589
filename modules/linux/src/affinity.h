/*
 * Which CPUs a task may run on.
 */
#pragma once
#include <stdint.h>

struct task;
struct text;

uint64_t affinity_of(const struct task *task);        /* a bit for each CPU that runs */
void affinity_show(uint64_t cpus, struct text *text); /* as /proc/PID/status has it */
void affinity_start(struct task *task); /* its thread begins: what was set before holds */
