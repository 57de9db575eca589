/*
 * What a program is started with, gathered before its old memory goes: argument and environment strings,
 * one behind the other, each with its NUL.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct task;

#define EXEC_STRING_MAX (128u * 1024)
#define EXEC_STRINGS_MAX (2u * 1024 * 1024)

struct exec_strings {
	char *text;
	size_t bytes, room;
	uint32_t count;
};

struct exec_args {
	struct exec_strings arguments;
	struct exec_strings environment;
};

void exec_strings_free(struct exec_strings *strings);
int64_t exec_strings_add(struct exec_strings *strings, const char *text); /* -E2BIG, -ENOMEM */
/* Puts text before the first string. */
int64_t exec_strings_prepend(struct exec_strings *strings, const char *text);
void exec_strings_drop_first(struct exec_strings *strings);
/* A null-terminated array of pointers in guest memory. */
int64_t exec_strings_from_guest(struct task *task, struct exec_strings *strings, uint64_t u_array);
