/*
 * echo, with the standard's escapes (XSI) and -n.
 */
#include "builtins.h"
#include "shell.h"
#include <string.h>

static const char *octal(const char *at, int most, char *byte)
{
	unsigned value = 0;

	for (; most > 0 && *at >= '0' && *at <= '7'; most--)
		value = value * 8 + (unsigned)(*at++ - '0');
	*byte = (char)value;
	return at;
}

const char *escape_echo(const char *at, char *bytes, int *out_len)
{
	static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
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

BUILTIN(echo)
{
	bool has_newline = argc < 2 || strcmp(argv[1], "-n") != 0;

	for (int i = has_newline ? 1 : 2; i < argc; i++) {
		if (!echo_word(sh, argv[i]))
			return 0;
		if (i + 1 < argc)
			out_char(sh, ' ');
	}
	if (has_newline)
		out_char(sh, '\n');
	return 0;
}
