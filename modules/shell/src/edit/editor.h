/*
 * Inside of an editor: what its commands work on.
 */
#pragma once
#include "edit/candidates.h"
#include "edit/display.h"
#include "edit/edit.h"
#include "edit/keymap.h"
#include "edit/keys.h"
#include "edit/kill_ring.h"
#include "edit/line.h"
#include "edit/recall.h"
#include "edit/search.h"
#include "edit/terminal.h"
#include "edit/undo.h"

enum editor_state {
	EDITOR_EDITING,
	EDITOR_ACCEPTED,
	EDITOR_ABORTED, /* Ctrl-C, or the host's news */
	EDITOR_ENDED    /* Ctrl-D, hang-up, error */
};

/* What a command did, where the next one cares. */
enum command_kind {
	KIND_OTHER,
	KIND_INSERT,
	KIND_KILL,
	KIND_YANK,
	KIND_RECALL,
	KIND_ARGUMENT,
	KIND_COMPLETE
};

struct editor {
	const struct editor_host *host;
	struct terminal *terminal;
	struct display display;
	struct keys keys;
	struct keymap keymap;
	enum editor_state state;
	bool is_inside; /* editor_line, on a terminal */
	bool was_stopped, is_hung_up;

	struct bytes prompt, continuation, preset, mark;
	struct line line;
	struct undo undo;
	struct kill_ring ring;
	struct history *history;
	struct recall recall;
	struct search search;
	struct bytes styles;

	uint32_t key; /* that runs the command */
	enum command_kind kind, last_kind;
	unsigned count;  /* how often, at least 1 */
	bool has_count;  /* count was typed */
	bool is_after_x; /* C-x was typed */
	bool is_quoting; /* the next byte is text */
	size_t yank_at, yank_len;
	unsigned yank_back, insert_run;
};

/* Changes the text so that it can be undone; a bell if it cannot be done. */
bool edit_replace(struct editor *editor, size_t at, size_t removed, const char *data, size_t len);
bool edit_insert(struct editor *editor, const char *data, size_t len);
void edit_bell(struct editor *editor);

/* The steps of editor_line, for it and for tests. */
bool edit_begin(struct editor *editor, const char *prompt);
void edit_byte(struct editor *editor, uint8_t byte);
void edit_key(struct editor *editor, uint32_t key);
void edit_refresh(struct editor *editor);
/* Learns the window's size. */
void edit_adapt(struct editor *editor);
/* Puts the terminal in the editor's modes. */
void edit_take_terminal(struct editor *editor);
/* Sends what waits in display.out. */
void edit_flush(struct editor *editor);
/* The next key, after a refresh if is_shown; false when there will be none. */
bool edit_next_key(struct editor *editor, bool is_shown, uint32_t *out_key);
/* The command as malloc'd text; NULL when memory is short. */
char *edit_text(struct editor *editor);
