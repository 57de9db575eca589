/*
 * Number parsing with overflow checks (parse.h).
 */
#include <base/bits.h>
#include <base/parse.h>

/* 16 and above: no digit of any base we know. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

static bool append_digit(uint64_t *value, unsigned base, unsigned digit)
{
	uint64_t scaled;

	return multiply_checked(*value, base, &scaled) && add_checked(scaled, digit, value);
}

bool parse_number(const char **cursor, unsigned base, uint64_t *out)
{
	const char *at = *cursor;
	uint64_t value = 0;

	for (; digit_value(*at) < base; at++) {
		if (!append_digit(&value, base, digit_value(*at)))
			return false;
	}
	if (at == *cursor)
		return false;
	*cursor = at;
	*out = value;
	return true;
}

bool parse_digits(const char *text, size_t len, unsigned base, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned digit = digit_value(text[i]);

		if (digit >= base || !append_digit(&value, base, digit))
			return false;
	}
	if (len == 0)
		return false;
	*out = value;
	return true;
}

bool parse_u64(const char *text, uint64_t *out)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *at = is_hex ? text + 2 : text;
	uint64_t value;

	if (!parse_number(&at, is_hex ? 16 : 10, &value) || *at)
		return false;
	*out = value;
	return true;
}

bool parse_i64(const char *text, int64_t *out)
{
	bool is_negative = *text == '-';
	uint64_t magnitude;

	if (!parse_u64(text + is_negative, &magnitude))
		return false;
	if (magnitude > (uint64_t)INT64_MAX + is_negative)
		return false;
	*out = (int64_t)(is_negative ? -magnitude : magnitude);
	return true;
}
