/*
 * What the compiler calls in kernels of KIND=sanitize where behaviour would be undefined. The structures are the
 * compiler's; each begins with the place in the source, which is all we print besides the kind.
 */
#include "sanitize_undefined.h"
#include <stdint.h>
#include "panic.h"

struct place {
	const char *file;
	uint32_t line, column;
};

static void report(const char *what, const struct place *place)
{
	if (!sanitize_is_expected())
		panic("sanitizer: %s in %s:%u", what, place->file, place->line);
}

#define HANDLER(name, what, ...) \
	void __ubsan_handle_##name(const struct place *place __VA_ARGS__); \
	void __ubsan_handle_##name(const struct place *place __VA_ARGS__) \
	{ \
		report(what, place); \
	}
#define ONE , uint64_t a __attribute__((unused))
#define TWO ONE, uint64_t b __attribute__((unused))

HANDLER(add_overflow, "an addition that overflows", TWO)
HANDLER(sub_overflow, "a subtraction that overflows", TWO)
HANDLER(mul_overflow, "a multiplication that overflows", TWO)
HANDLER(divrem_overflow, "a division by zero", TWO)
HANDLER(negate_overflow, "a negation that overflows", ONE)
HANDLER(shift_out_of_bounds, "a shift by too much", TWO)
HANDLER(out_of_bounds, "an index beyond its array", ONE)
HANDLER(load_invalid_value, "a value that its type does not have", ONE)
HANDLER(type_mismatch_v1, "a null, misaligned or too small object", ONE)
HANDLER(pointer_overflow, "a pointer that overflows", TWO)
HANDLER(vla_bound_not_positive, "an array of no length", ONE)
HANDLER(builtin_unreachable, "code that cannot be reached")
HANDLER(nonnull_arg, "a null argument")
HANDLER(invalid_builtin, "a bit looked for in 0")
