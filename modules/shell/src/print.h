/*
 * Syntax trees as text, for lists of jobs.
 */
#pragma once

struct arena;
struct node;

char *print_command(struct arena *arena, const struct node *node);
