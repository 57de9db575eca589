/*
 * echo. In POSIX mode with the standard's escapes (XSI) and -n; else as most systems have it: escapes only after -e.
 * The escapes serve printf, too.
 */
#include "builtins.h"
#include "shell.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *octal(const char *at, int most, char *byte)
{
	unsigned value = 0;

	for (; most > 0 && *at >= '0' && *at <= '7'; most--)
		value = value * 8 + (unsigned)(*at++ - '0');
	*byte = (char)value;
	return at;
}

static const char *hexadecimal(const char *at, char *byte)
{
	char digits[3] = {at[0], isxdigit((unsigned char)at[1]) ? at[1] : 0, 0};

	*byte = (char)strtoul(digits, NULL, 16);
	return at + strlen(digits);
}

const char *escape_echo(const char *at, char *bytes, int *out_len)
{
	static const char names[] = "abefnrtv\\", values[] = "\a\b\033\f\n\r\t\v\\";
	const char *name = *at ? strchr(names, *at) : NULL;

	*out_len = 1;
	if (name) {
		bytes[0] = values[name - names];
		return at + 1;
	}
	if (*at == 'c') {
		*out_len = 0;
		return at + 1;
	}
	if (*at == '0')
		return octal(at + 1, 3, bytes);
	if (*at >= '1' && *at <= '7')
		return octal(at, 3, bytes);
	if (*at == 'x' && isxdigit((unsigned char)at[1]))
		return hexadecimal(at + 1, bytes);
	bytes[0] = '\\';
	if (!*at)
		return at;
	bytes[1] = *at;
	*out_len = 2;
	return at + 1;
}

/* False: \c ends all output. */
static bool echo_word(struct shell *sh, const char *word)
{
	const char *backslash;

	while ((backslash = strchr(word, '\\'))) {
		char bytes[2];
		int len;

		out_bytes(sh, word, (size_t)(backslash - word));
		word = escape_echo(backslash + 1, bytes, &len);
		if (len == 0)
			return false;
		out_bytes(sh, bytes, (size_t)len);
	}
	out_string(sh, word);
	return true;
}

/* -n, -e and -E in any combination: 'n' and 'e' say what was asked; false: the word is no option. */
static bool echo_option(const char *word, bool *newline, bool *escapes)
{
	if (word[0] != '-' || !word[1] || word[strspn(word + 1, "neE") + 1])
		return false;
	for (word++; *word; word++) {
		if (*word == 'n')
			*newline = false;
		else
			*escapes = *word == 'e';
	}
	return true;
}

BUILTIN(echo)
{
	bool is_posix = sh->options[OPT_POSIX], newline = true, escapes = is_posix;
	int first = 1;

	if (is_posix && argc > 1 && strcmp(argv[1], "-n") == 0) {
		newline = false;
		first++;
	}
	while (!is_posix && first < argc && echo_option(argv[first], &newline, &escapes))
		first++;
	for (int i = first; i < argc; i++) {
		if (!escapes)
			out_string(sh, argv[i]);
		else if (!echo_word(sh, argv[i]))
			return 0;
		if (i + 1 < argc)
			out_char(sh, ' ');
	}
	if (newline)
		out_char(sh, '\n');
	return 0;
}
