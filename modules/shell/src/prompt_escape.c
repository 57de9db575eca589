/*
 * Escapes in PS1 and PS2. What they stand for is put in as it is: a folder named "$(reboot)" is shown and not run, so
 * bytes that the expansion after this knows get backslashes. The user, the namespace and the permission are those of
 * /proc/anonymos/session, read for each prompt; elsewhere the user is the system's and the others are empty.
 */
#include "jobs.h"
#include "command_history.h"
#include "prompt.h"
#include "shell.h"
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SESSION_FILE "/proc/anonymos/session"
#define WORD_BYTES 64

struct session {
	bool is_known;
	char user[WORD_BYTES], namespace[WORD_BYTES], permission[WORD_BYTES];
};

struct escaping {
	struct shell *sh;
	struct text text;
	struct session session;
};

static void find_session(struct session *session)
{
	FILE *file = session->is_known ? NULL : fopen(SESSION_FILE, "re");
	const struct passwd *entry;

	if (session->is_known)
		return;
	session->is_known = true;
	if (file) {
		bool is_whole = fscanf(file, "%63s %63s %63s", session->user, session->namespace,
		                       session->permission) == 3;

		fclose(file);
		if (is_whole)
			return;
	}
	entry = getpwuid(geteuid());
	snprintf(session->user, WORD_BYTES, "%s", entry ? entry->pw_name : "?");
}

static void put(struct escaping *e, const char *value)
{
	for (; *value; value++) {
		if (strchr("$`\\", *value))
			text_char(&e->text, '\\');
		text_char(&e->text, *value);
	}
}

/* The working directory, with ~ for the home. */
static const char *folder(struct shell *sh, bool last_only)
{
	const char *path = var_value(sh, sh->vars.pwd), *home = var_value(sh, sh->vars.home),
		   *slash;
	size_t len = home ? strlen(home) : 0;
	struct text text;

	if (!path)
		return "?";
	text_begin(&text, &sh->temp);
	if (len > 1 && strncmp(path, home, len) == 0 && (!path[len] || path[len] == '/'))
		text_format(&text, "~%s", path + len);
	else
		text_string(&text, path);
	path = text_end(&text);
	slash = strrchr(path, '/');
	return last_only && slash && slash[1] ? slash + 1 : path;
}

static void put_host(struct escaping *e, bool is_short)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	if (is_short)
		name[strcspn(name, ".")] = 0;
	put(e, name);
}

static void put_time(struct escaping *e, const char *format)
{
	time_t now = time(NULL);
	struct tm parts;
	char text[64];

	if (localtime_r(&now, &parts) && strftime(text, sizeof(text), format, &parts) > 0)
		put(e, text);
}

static void put_number(struct escaping *e, size_t number)
{
	text_format(&e->text, "%zu", number);
}

static size_t job_count(const struct shell *sh)
{
	size_t count = 0;

	for (const struct job *job = sh->jobs; job; job = job->next)
		count += job->number > 0;
	return count;
}

/* \nnn: a byte in octal. Gives how many digits there are. */
static size_t put_octal(struct escaping *e, const char *at)
{
	char byte[2] = "";
	size_t len = 0;
	unsigned value = 0;

	for (; len < 3 && at[len] >= '0' && at[len] <= '7'; len++)
		value = value * 8 + (unsigned)(at[len] - '0');
	byte[0] = (char)value;
	put(e, byte);
	return len;
}

static void put_session(struct escaping *e, char letter)
{
	find_session(&e->session);
	put(e, letter == 'u'   ? e->session.user
	       : letter == 'N' ? e->session.namespace
	                       : e->session.permission);
}

/* One escape, after its backslash; gives how many bytes it has. */
static size_t put_escape(struct escaping *e, const char *at)
{
	struct shell *sh = e->sh;

	switch (*at) {
	case 'u':
	case 'N':
	case 'P': put_session(e, *at); break;
	case 'h': put_host(e, true); break;
	case 'H': put_host(e, false); break;
	case 'w': put(e, folder(sh, false)); break;
	case 'W': put(e, folder(sh, true)); break;
	case '$': put(e, geteuid() ? "$" : "#"); break;
	case '!': put_number(e, command_history_last(sh) + 1); break;
	case 'j': put_number(e, job_count(sh)); break;
	case 's': put(e, sh->name); break;
	case 't': put_time(e, "%H:%M:%S"); break;
	case 'A': put_time(e, "%H:%M"); break;
	case 'd': put_time(e, "%a %b %e"); break;
	case 'n': put(e, "\n"); break;
	case 'r': put(e, "\r"); break;
	case 'a': put(e, "\a"); break;
	case 'e': put(e, "\033"); break;
	case '[': put(e, "\001"); break;
	case ']': put(e, "\002"); break;
	case '\\': put(e, "\\"); break;
	default:
		if (*at >= '0' && *at <= '7')
			return put_octal(e, at);
		text_char(&e->text, '\\');
		return 0;
	}
	return 1;
}

/* In POSIX mode ! is the number of the command, and !! is !. Gives how many bytes that was. */
static size_t put_bang(struct escaping *e, const char *at)
{
	if (!e->sh->options[OPT_POSIX]) {
		text_char(&e->text, '!');
		return 1;
	}
	if (at[1] == '!')
		text_char(&e->text, '!');
	else
		put_number(e, command_history_last(e->sh) + 1);
	return at[1] == '!' ? 2 : 1;
}

const char *prompt_unescape(struct shell *sh, const char *value)
{
	struct escaping e = {.sh = sh};

	text_begin(&e.text, &sh->temp);
	while (*value) {
		if (*value == '\\' && value[1])
			value += 1 + put_escape(&e, value + 1);
		else if (*value == '!')
			value += put_bang(&e, value);
		else
			text_char(&e.text, *value++);
	}
	return text_end(&e.text);
}

bool prompt_knows_session(void)
{
	return access(SESSION_FILE, R_OK) == 0;
}
