/*
 * The formatter against snprintf, over many combinations of flags, widths and values.
 */
#include <base/format.h>
#include <base/test.h>

#define SAME(...) \
	do { \
		char own_[256], libc_[256]; \
		size_t own_length_ = format_string(own_, sizeof(own_), __VA_ARGS__); \
		int libc_length_ = snprintf(libc_, sizeof(libc_), __VA_ARGS__); \
		CHECK_STR_EQ(own_, libc_); \
		CHECK_EQ(own_length_, libc_length_); \
	} while (0)

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

TEST(plain)
{
	SAME("nothing to do");
	SAME("%s, %c and %d%%", "text", 'x', -42);
	SAME("%i %u %x %X %p", 7, 4000000000u, 0xbeefu, 0xBEEFu, (void *)0x1234);
	SAME("%ld %lld %zu %hd %hhu", -1l, 1ll << 62, (size_t)-1, (short)-5, (unsigned char)200);
}

TEST(every_flag_and_width)
{
	static const char *const flags[] = {"", "0", "-", "+", " ", "#", "0+", "-+", "0#", "- "};
	static const char *const sizes[] = {"", "1", "5", "12", ".0", ".3", "8.5", "3.6"};
	static const long long values[] = {0,         1,         -1,        255,      -12345,
	                                   INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
	static const char letters[] = "dxXu";

	for (size_t f = 0; f < sizeof(flags) / sizeof(*flags); f++) {
		for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
			for (const char *l = letters; *l; l++) {
				char fmt[32], fmt_long[32];

				snprintf(fmt, sizeof(fmt), "[%%%s%s%c]", flags[f], sizes[s], *l);
				snprintf(fmt_long, sizeof(fmt_long), "[%%%s%sll%c]", flags[f],
				         sizes[s], *l);
				for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
					SAME(fmt, (int)values[v]);
					SAME(fmt_long, values[v]);
				}
			}
		}
	}
}

TEST(strings_with_width_and_precision)
{
	SAME("[%10s] [%-10s] [%.2s] [%10.3s] [%-5.1s]", "hello", "hello", "hello", "hello",
	     "hello");
	SAME("[%*s] [%*s] [%.*s] [%.*s]", 8, "ab", -8, "ab", 3, "abcdef", -1, "abcdef");
	SAME("[%5c] [%-5c]", 'a', 'b');
	char own[32];
	const char *volatile nothing = NULL; /* volatile: the compiler would warn */
	format_string(own, sizeof(own), "%s", nothing);
	CHECK_STR_EQ(own, "(null)");
}

TEST(unterminated_text_with_precision)
{
	const char raw[3] = {'a', 'b', 'c'};

	SAME("%.*s", 3, raw);
}

TEST(bounds)
{
	char buf[6] = "#####";

	CHECK_EQ(format_string(buf, 4, "abcdef"), 6);
	CHECK_STR_EQ(buf, "abc");
	CHECK_EQ(buf[4], '#');
	CHECK_EQ(format_string(buf, 1, "%d", 12345), 5);
	CHECK_STR_EQ(buf, "");
	CHECK_EQ(format_string(NULL, 0, "%d", 12345), 5);
	CHECK_EQ(format_string(buf, sizeof(buf), "%5d", 7), 5);
	CHECK_STR_EQ(buf, "    7");
}

TEST_MAIN();
