/*
 * printf: the format is used again until all arguments are.
 */
#include "builtins.h"
#include "message.h"
#include "shell.h"
#include "characters.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printing {
	struct shell *sh;
	char **args;
	int count, at;
	int status;
	bool stops; /* \c */
};

/* One conversion: flags and numbers as they are given to the C library. */
struct conversion {
	char flags[8];
	int width, precision; /* precision -1: none */
	char kind;
};

static const char *next_text(struct printing *pr)
{
	return pr->at < pr->count ? pr->args[pr->at++] : NULL;
}

static void number_error(struct printing *pr, const char *text, const char *error)
{
	pr->status = builtin_refuse(pr->sh, "%s: %s", text, error);
}

/* 'c is the number of a character. */
static bool quoted_number(struct printing *pr, const char *text, intmax_t *out)
{
	size_t len;

	if (*text != '\'' && *text != '"')
		return false;
	*out = pr->sh->utf8 ? (intmax_t)char_decode(text + 1, &len) : (unsigned char)text[1];
	return true;
}

static void check_end(struct printing *pr, const char *text, const char *end)
{
	if (errno == ERANGE)
		number_error(pr, text, strerror(ERANGE));
	else if (end == text)
		number_error(pr, text, "expected numeric value");
	else if (*end)
		number_error(pr, text, "not completely converted");
}

static intmax_t next_number(struct printing *pr, bool is_signed)
{
	const char *text = next_text(pr);
	intmax_t number;
	char *end;

	if (!text || quoted_number(pr, text, &number))
		return text ? number : 0;
	errno = 0;
	if (is_signed)
		number = strtoimax(text, &end, 0);
	else
		number = (intmax_t)strtoumax(text, &end, 0);
	check_end(pr, text, end);
	return number;
}

static double next_float(struct printing *pr)
{
	const char *text = next_text(pr);
	intmax_t number;
	double value;
	char *end;

	if (!text || quoted_number(pr, text, &number))
		return text ? (double)number : 0;
	errno = 0;
	value = strtod(text, &end);
	check_end(pr, text, end);
	return value;
}

/* Prints bytes padded to the width, whatever is in them. */
static void print_padded(struct printing *pr, const struct conversion *conversion,
                         const char *bytes, size_t len)
{
	bool is_left = strchr(conversion->flags, '-') != NULL;
	int pad = conversion->width > (int)len ? conversion->width - (int)len : 0;

	for (int i = 0; i < pad && !is_left; i++)
		out_char(pr->sh, ' ');
	out_bytes(pr->sh, bytes, len);
	for (int i = 0; i < pad && is_left; i++)
		out_char(pr->sh, ' ');
}

static void print_string(struct printing *pr, const struct conversion *conversion, const char *text,
                         size_t len)
{
	if (conversion->precision >= 0 && (size_t)conversion->precision < len)
		len = (size_t)conversion->precision;
	print_padded(pr, conversion, text, len);
}

/* %b: the argument has escapes. */
static void print_escaped(struct printing *pr, const struct conversion *conversion,
                          const char *text)
{
	struct text result;

	text_begin(&result, &pr->sh->temp);
	while (*text && !pr->stops) {
		char bytes[2] = {*text, 0};
		int len = 1;

		text++;
		if (bytes[0] == '\\')
			text = escape_echo(text, bytes, &len);
		pr->stops = len == 0;
		text_bytes(&result, bytes, (size_t)len);
	}
	text_end(&result);
	print_string(pr, conversion, result.start, result.len);
}

static void print_number(struct printing *pr, const struct conversion *conversion)
{
	char format[24];
	intmax_t number = next_number(pr, strchr("di", conversion->kind) != NULL);

	if (conversion->precision >= 0) {
		snprintf(format, sizeof(format), "%%%s*.*j%c", conversion->flags, conversion->kind);
		out_format_at(pr->sh, format, conversion->width, conversion->precision, number);
	} else {
		snprintf(format, sizeof(format), "%%%s*j%c", conversion->flags, conversion->kind);
		out_format_at(pr->sh, format, conversion->width, number);
	}
}

static void print_float(struct printing *pr, const struct conversion *conversion)
{
	char format[24];
	double number = next_float(pr);

	if (conversion->precision >= 0) {
		snprintf(format, sizeof(format), "%%%s*.*%c", conversion->flags, conversion->kind);
		out_format_at(pr->sh, format, conversion->width, conversion->precision, number);
	} else {
		snprintf(format, sizeof(format), "%%%s*%c", conversion->flags, conversion->kind);
		out_format_at(pr->sh, format, conversion->width, number);
	}
}

static bool print_conversion(struct printing *pr, const struct conversion *conversion)
{
	const char *text;

	switch (conversion->kind) {
	case 's':
	case 'b':
		text = next_text(pr);
		if (!text)
			text = "";
		if (conversion->kind == 'b')
			print_escaped(pr, conversion, text);
		else
			print_string(pr, conversion, text, strlen(text));
		return true;
	case 'c':
		text = next_text(pr);
		print_padded(pr, conversion, text ? text : "", text && *text ? 1 : 0);
		return true;
	case 'd':
	case 'i':
	case 'o':
	case 'u':
	case 'x':
	case 'X': print_number(pr, conversion); return true;
	default: break;
	}
	if (!conversion->kind || !strchr("aAeEfFgG", conversion->kind))
		return false;
	print_float(pr, conversion);
	return true;
}

/* A number of the format, or an argument for '*'. */
static const char *read_number(struct printing *pr, const char *at, int *out)
{
	intmax_t number = 0;

	if (*at == '*') {
		number = next_number(pr, true);
		at++;
	} else {
		while (*at >= '0' && *at <= '9') {
			if (number < 100000)
				number = number * 10 + (*at - '0');
			at++;
		}
	}
	if (number > 100000)
		number = 100000;
	*out = number < -100000 ? -100000 : (int)number;
	return at;
}

/* After '%'; gives what follows the conversion, NULL: it is none. */
static const char *run_conversion(struct printing *pr, const char *at)
{
	struct conversion conversion = {"", 0, -1, 0};
	const char *start = at;
	size_t flags = 0;

	while (*at && strchr("-+ #0", *at)) {
		if (!strchr(conversion.flags, *at) && flags < sizeof(conversion.flags) - 2) {
			conversion.flags[flags++] = *at;
			conversion.flags[flags] = 0;
		}
		at++;
	}
	at = read_number(pr, at, &conversion.width);
	if (conversion.width < 0) {
		conversion.width = -conversion.width;
		if (!strchr(conversion.flags, '-')) {
			conversion.flags[flags++] = '-';
			conversion.flags[flags] = 0;
		}
	}
	if (*at == '.')
		at = read_number(pr, at + 1, &conversion.precision);
	while (*at && strchr("hlLjzt", *at))
		at++;
	conversion.kind = *at;
	if (print_conversion(pr, &conversion))
		return at + 1;
	pr->status = builtin_error(pr->sh, "%%%s: bad conversion", start);
	return NULL;
}

/* The format once; false: an error, or \c. */
static bool print_format(struct printing *pr, const char *at)
{
	char bytes[2];
	int len;

	while (*at && !pr->stops) {
		size_t plain = strcspn(at, "%\\");

		out_bytes(pr->sh, at, plain);
		at += plain;
		if (*at == '\\') {
			at = escape_echo(at + 1, bytes, &len);
			if (len == 0)
				return false;
			out_bytes(pr->sh, bytes, (size_t)len);
		} else if (*at == '%' && at[1] == '%') {
			out_char(pr->sh, '%');
			at += 2;
		} else if (*at == '%') {
			at = run_conversion(pr, at + 1);
			if (!at)
				return false;
		}
	}
	return !pr->stops;
}

BUILTIN(printf)
{
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1, before;
	struct printing pr = {sh, argv + first + 1, argc - first - 1, 0, 0, false};

	if (argc <= first)
		return builtin_error(sh, "format expected");
	do {
		before = pr.at;
		if (!print_format(&pr, argv[first]))
			break;
	} while (pr.at < pr.count && pr.at > before);
	return pr.status;
}
