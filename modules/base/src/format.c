/*
 * The formatter behind format_string. Writes into a bounded buffer and counts on beyond its end, so that
 * callers learn how long the text would have been. No division helpers, no floating point, no allocation.
 */
#include <stdbool.h>
#include <stdint.h>
#include <base/format.h>
#include <base/string.h>

struct output {
	char *buf;
	size_t size;
	size_t length; /* of the whole text, whether it fits or not */
};

/* One conversion: %[flags][width][.precision][length]letter */
struct conversion {
	bool is_left, has_zeros, has_plus, has_space, has_prefix;
	int width;
	int precision; /* -1: none given */
	int bytes;     /* of an integer argument: 1, 2, 4, 8 */
	char letter;
};

/* Digits of a number, most significant first, with what stands before them. */
struct digits {
	char text[24];
	size_t count;
	const char *prefix; /* sign or 0x */
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->buf[out->length] = c;
	out->length++;
}

static void put_repeated(struct output *out, char c, int count)
{
	while (count-- > 0)
		put(out, c);
}

static void put_text(struct output *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(out, text[i]);
}

static void put_padded(struct output *out, const struct conversion *c, const char *text, size_t len)
{
	int padding = len < (size_t)c->width ? c->width - (int)len : 0;

	if (!c->is_left)
		put_repeated(out, ' ', padding);
	put_text(out, text, len);
	if (c->is_left)
		put_repeated(out, ' ', padding);
}

static void put_digits(struct output *out, const struct conversion *c, const struct digits *digits)
{
	size_t prefix = strlen(digits->prefix);
	int zeros = c->precision > (int)digits->count ? c->precision - (int)digits->count : 0;
	int padding = c->width - (int)(prefix + digits->count) - zeros;

	if (c->has_zeros && !c->is_left && c->precision < 0 && padding > 0) {
		zeros = padding;
		padding = 0;
	}
	if (!c->is_left)
		put_repeated(out, ' ', padding);
	put_text(out, digits->prefix, prefix);
	put_repeated(out, '0', zeros);
	put_text(out, digits->text, digits->count);
	if (c->is_left)
		put_repeated(out, ' ', padding);
}

static void put_number(struct output *out, const struct conversion *c, uint64_t value,
                       unsigned base, const char *prefix)
{
	const char *alphabet = c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	struct digits digits = {.prefix = prefix};
	char reversed[sizeof(digits.text)];
	bool is_nothing = value == 0 && c->precision == 0;

	for (uint64_t rest = value; !is_nothing; rest /= base) {
		reversed[digits.count++] = alphabet[rest % base];
		if (rest < base)
			break;
	}
	for (size_t i = 0; i < digits.count; i++)
		digits.text[i] = reversed[digits.count - 1 - i];
	put_digits(out, c, &digits);
}

static void put_signed(struct output *out, const struct conversion *c, int64_t value)
{
	const char *sign = value < 0 ? "-" : c->has_plus ? "+" : c->has_space ? " " : "";

	put_number(out, c, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, sign);
}

static void put_hex(struct output *out, const struct conversion *c, uint64_t value)
{
	const char *prefix = c->letter == 'X' ? "0X" : "0x";

	put_number(out, c, value, 16, c->has_prefix && value ? prefix : "");
}

static void put_pointer(struct output *out, const struct conversion *c, const void *pointer)
{
	put_number(out, c, (uintptr_t)pointer, 16, "0x");
}

static void put_string(struct output *out, const struct conversion *c, const char *text)
{
	if (!text)
		text = "(null)";
	put_padded(out, c, text,
	           c->precision < 0 ? strlen(text) : strnlen(text, (size_t)c->precision));
}

static const char *parse_flags(const char *fmt, struct conversion *c)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-': c->is_left = true; break;
		case '0': c->has_zeros = true; break;
		case '+': c->has_plus = true; break;
		case ' ': c->has_space = true; break;
		case '#': c->has_prefix = true; break;
		default: return fmt;
		}
	}
}

/* Saturates far below overflow: nothing sensible is that wide. */
static const char *parse_count(const char *fmt, int *out)
{
	*out = 0;
	for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
		if (*out < 100000)
			*out = *out * 10 + (*fmt - '0');
	}
	return fmt;
}

static const char *parse_length(const char *fmt, struct conversion *c)
{
	for (;; fmt++) {
		switch (*fmt) {
		case 'h': c->bytes = c->bytes == 2 ? 1 : 2; break;
		case 'l':
		case 'z':
		case 'j':
		case 't': c->bytes = 8; break;
		default: return fmt;
		}
	}
}

static const char *parse_width(const char *fmt, struct conversion *c, va_list *args)
{
	if (*fmt != '*')
		return parse_count(fmt, &c->width);
	c->width = va_arg(*args, int);
	if (c->width < 0) {
		c->is_left = true;
		c->width = -c->width;
	}
	return fmt + 1;
}

static const char *parse_precision(const char *fmt, struct conversion *c, va_list *args)
{
	if (*fmt != '.')
		return fmt;
	if (fmt[1] != '*')
		return parse_count(fmt + 1, &c->precision);
	c->precision = va_arg(*args, int);
	return fmt + 2;
}

static uint64_t take_unsigned(const struct conversion *c, va_list *args)
{
	switch (c->bytes) {
	case 1: return (unsigned char)va_arg(*args, unsigned);
	case 2: return (unsigned short)va_arg(*args, unsigned);
	case 4: return va_arg(*args, unsigned);
	default: return va_arg(*args, uint64_t);
	}
}

static int64_t take_signed(const struct conversion *c, va_list *args)
{
	switch (c->bytes) {
	case 1: return (signed char)va_arg(*args, int);
	case 2: return (short)va_arg(*args, int);
	case 4: return va_arg(*args, int);
	default: return va_arg(*args, int64_t);
	}
}

static void convert(struct output *out, const struct conversion *c, va_list *args)
{
	char character;

	switch (c->letter) {
	case 'd':
	case 'i': put_signed(out, c, take_signed(c, args)); break;
	case 'u': put_number(out, c, take_unsigned(c, args), 10, ""); break;
	case 'x':
	case 'X': put_hex(out, c, take_unsigned(c, args)); break;
	case 'p': put_pointer(out, c, va_arg(*args, const void *)); break;
	case 's': put_string(out, c, va_arg(*args, const char *)); break;
	case 'c':
		character = (char)va_arg(*args, int);
		put_padded(out, c, &character, 1);
		break;
	default: /* includes %%; an unknown letter prints itself */ put(out, c->letter); break;
	}
}

size_t format_vstring(char *buf, size_t size, const char *fmt, va_list args)
{
	struct output out = {buf, size, 0};
	va_list rest;

	va_copy(rest, args);
	while (*fmt) {
		struct conversion c = {.precision = -1, .bytes = 4};

		if (*fmt != '%') {
			put(&out, *fmt++);
			continue;
		}
		fmt = parse_flags(fmt + 1, &c);
		fmt = parse_width(fmt, &c, &rest);
		fmt = parse_precision(fmt, &c, &rest);
		fmt = parse_length(fmt, &c);
		if (!*fmt)
			break;
		c.letter = *fmt++;
		convert(&out, &c, &rest);
	}
	va_end(rest);
	if (size)
		buf[out.length < size ? out.length : size - 1] = '\0';
	return out.length;
}

size_t format_string(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t length;

	va_start(args, fmt);
	length = format_vstring(buf, size, fmt, args);
	va_end(args);
	return length;
}
