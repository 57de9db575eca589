/*
 * The line editor: reads one command from a terminal while the user edits it, keeps a history, completes.
 * Nothing here knows the shell's language; what does is asked through struct editor_host.
 *
 * Needs the C library and a terminal that knows ANSI sequences. Where there is none (a pipe, TERM=dumb) lines are
 * read plainly. TERM and NO_COLOR are looked up in the process's environment for each line. One editor at a time may be inside editor_line. Not for several threads.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest command, in bytes; what would make it longer is refused with a bell. */
#define EDITOR_LINE_MAX (1u << 20)

struct editor;
struct history;
struct editor_candidates;

/* How a byte of the command is shown, for editor_host.highlight. */
enum editor_style {
	EDITOR_PLAIN,
	EDITOR_COMMAND,
	EDITOR_KEYWORD,
	EDITOR_OPERATOR,
	EDITOR_STRING,
	EDITOR_VARIABLE,
	EDITOR_COMMENT,
	EDITOR_ERROR,
	EDITOR_STYLES
};

/*
 * What the editor asks its host. Each may be NULL. text is the whole command, NUL-terminated, and must not be kept.
 * All but has_news run with the host's own signal mask, the terminal in the editor's mode.
 */
struct editor_host {
	void *context;
	/* Adds what may stand at the cursor, see editor_candidate. */
	void (*complete)(void *context, const char *text, size_t cursor,
	                 struct editor_candidates *out);
	/* Whether Enter runs the command; otherwise it starts a further line. */
	bool (*is_complete)(void *context, const char *text);
	/* Fills styles[0..len), all EDITOR_PLAIN before, with enum editor_style. Not asked when NO_COLOR is set. */
	void (*highlight)(void *context, const char *text, size_t len, uint8_t *styles);
	/*
	 * Before the editor sleeps and after a signal: is there something to say or do? Must be quick; runs with all
	 * signals blocked, so that none is missed between the answer and the sleep.
	 */
	bool (*has_news)(void *context);
	/*
	 * Follows when there is. Prints between editor_leave and editor_enter. True: give the command up
	 * (editor_line returns "" and EINTR).
	 */
	bool (*news)(void *context, struct editor *editor);
	/* Lets the user edit the text elsewhere (between editor_leave and editor_enter); malloc'd, or NULL. */
	char *(*edit_elsewhere)(void *context, struct editor *editor, const char *text);
};

/* NULL and errno when memory is short. *host is not copied and must outlive the editor. */
struct editor *editor_new(int in_fd, int out_fd, const struct editor_host *host);
void editor_free(struct editor *editor);

/*
 * Reads a command. malloc'd, without the newline that ended it; a newline inside is part of it. NULL at the end of
 * input (Ctrl-D on an empty line, hang-up) or on an error. After Ctrl-C: an empty string, and errno is EINTR; errno
 * is 0 after any other string. Bytes of prompt between \001 and \002 take no room on the screen.
 *
 * Signals: while it runs, those of HUP INT QUIT TERM TSTP that have their default action first put the terminal
 * back, then act; WINCH and CONT, where default, wake the editor. Others are the host's: a handler without
 * SA_RESTART makes the editor ask has_news. Where lines are read plainly, no signal is touched, and Ctrl-C is an INT
 * for the host to handle.
 */
char *editor_line(struct editor *editor, const char *prompt);

/* The prompt of a command's further lines; "> " until set. Copied. */
void editor_set_continuation(struct editor *editor, const char *prompt);
/* What the next editor_line starts with; nothing if it is too long. Copied. */
void editor_set_text(struct editor *editor, const char *text);
/* Where Up, Ctrl-R and Alt-. look; NULL: nowhere. Not owned. editor_line adds nothing to it. */
void editor_set_history(struct editor *editor, struct history *history);
/*
 * A character of one column, with escape sequences as it pleases, to be shown behind output that did not end its line,
 * so that the prompt starts on a line of its own. It costs a line of blanks for each prompt. NULL, as at first: the
 * output before a prompt must have ended its line. Copied.
 */
void editor_set_partial_mark(struct editor *editor, const char *mark);

/* For the host, inside news or edit_elsewhere: takes the command off the screen and gives the terminal back ... */
void editor_leave(struct editor *editor);
/* ... and goes on; the cursor must be at the start of a line. */
void editor_enter(struct editor *editor);

/*
 * Binds a key ("C-a", "M-f", "C-x C-e", "Up", "S-Tab", "a") to a command by its name; false if there is no such key
 * or command, or no room. A NULL command unbinds.
 */
bool editor_bind(struct editor *editor, const char *key, const char *command);
/* The name of command number i, in alphabetical order; NULL past the last. */
const char *editor_command(size_t i);
/* Binding number i as names; false past the last. key_name is written up to size bytes. */
bool editor_binding(const struct editor *editor, size_t i, char *key_name, size_t size,
                    const char **out_command);

/*
 * Completion. Candidates stand for the command's bytes from editor_candidates_start (the cursor unless set) up to
 * the cursor, and are already quoted for it. display is what a list shows, text if NULL. suffix is added when the
 * candidate is the only one ('\0': nothing). Strings are copied. They are listed sorted, each once.
 */
void editor_candidates_start(struct editor_candidates *out, size_t start);
void editor_candidate(struct editor_candidates *out, const char *text, const char *display,
                      char suffix);
/*
 * The text as a part of a shell word: quote is the quote that stands open before it, '\'' or '"', or '\0'. malloc'd;
 * NULL when memory is short. A newline outside quotes becomes $'\n'.
 */
char *editor_quote(const char *text, char quote);

/* History: numbered entries, the oldest first. Several lines in an entry are fine. */
enum history_duplicates {
	HISTORY_KEEP,          /* every entry */
	HISTORY_IGNORE_REPEAT, /* not one equal to the last */
	HISTORY_ERASE_OLDER    /* an equal older entry goes, and the rest move up */
};

/* limit: how many entries are kept (at least 1). NULL when memory is short. */
struct history *history_new(size_t limit, enum history_duplicates duplicates);
void history_free(struct history *history);
void history_set_limit(struct history *history, size_t limit);
void history_set_duplicates(struct history *history, enum history_duplicates duplicates);
/* Empty text is not added. False when memory is short. */
bool history_add(struct history *history, const char *text);
/* Takes entry number out, the later ones move up; false if there is none. */
bool history_remove(struct history *history, size_t number);
void history_clear(struct history *history);
size_t history_count(const struct history *history);
/* The oldest entry's number, 1 until something was dropped. The newest is that + count - 1. */
size_t history_first(const struct history *history);
/* NULL if there is none. Valid until the history changes. */
const char *history_get(const struct history *history, size_t number);
/*
 * The nearest entry that begins with text (is_prefix) or contains it, looking from number (included) to older ones or,
 * is_forward, to newer ones; 0 if there is none.
 */
size_t history_search(const struct history *history, size_t number, const char *text,
                      bool is_prefix, bool is_forward);

/*
 * Files. An entry is a line; a newline inside it follows a backslash, and backslashes before any newline are doubled.
 * Each returns 0 or an errno value. All take a lock on the file, for half a second at most (EAGAIN).
 */
/* Adds the file's entries, the last limit of them; they count as saved. ENOENT when there is no file. */
int history_load(struct history *history, const char *path);
/* Appends the entries that are not saved yet, then cuts the file to its last limit entries (0: no cut). */
int history_save(struct history *history, const char *path, size_t limit);
/* Takes all entries equal to text (NULL: all there are) out of the file. */
int history_erase(const char *path, const char *text);
