/*
 * Redirections.
 */
#pragma once
#include "ast.h"
#include <stdbool.h>

struct shell;

struct saved_fd {
	int fd, copy; /* copy -1: it was closed */
};

#define SAVED_FDS 8

struct redir_save {
	struct redir_save *below;
	unsigned count, cap;
	struct saved_fd *list;
	struct saved_fd few[SAVED_FDS];
};

/* Makes them; with save, so that redir_undo brings the descriptors back. False: told why; nothing is undone yet. */
bool redir_apply(struct shell *sh, const struct redir *redirs, struct redir_save *save);
void redir_undo(struct shell *sh, struct redir_save *save);

/* Makes them stay: the copies are closed. */
void redir_keep(struct shell *sh, struct redir_save *save);

/* Moves a descriptor out of the way of scripts, closed on exec. -1: there is no room. */
int fd_move_high(int fd);
