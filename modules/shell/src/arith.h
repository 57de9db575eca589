/*
 * Arithmetic: $(( )), array indices, offsets.
 *
 * An expression whose only expansions are plain parameters is parsed once, with the script. When each of them has
 * a plain number for its value this tree is what is evaluated; else the expression is expanded and parsed as a text,
 * as the standard words it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct arith_node;
struct param;
struct shell;
struct word;

#define ARITH_PARAMS 8
#define ARITH_PARAM_MARK '\001'

struct arith {
	struct arith_node *tree; /* NULL: always by its text */
	struct word *word;
	unsigned param_count;
	struct param *params[ARITH_PARAMS];
};

enum arith_op {
	ARITH_NUMBER,
	ARITH_PARAM,
	ARITH_VAR, /* left: the index of an element, or NULL */
	/* Unary. */
	ARITH_NEGATE,
	ARITH_PLUS,
	ARITH_NOT,
	ARITH_COMPLEMENT,
	ARITH_INCREMENT, /* number: what is added; is_after: the old value counts */
	/* Binary, all of which but the last three also assign. */
	ARITH_MULTIPLY,
	ARITH_DIVIDE,
	ARITH_MODULO,
	ARITH_ADD,
	ARITH_SUBTRACT,
	ARITH_SHIFT_LEFT,
	ARITH_SHIFT_RIGHT,
	ARITH_BIT_AND,
	ARITH_BIT_XOR,
	ARITH_BIT_OR,
	ARITH_POWER,
	ARITH_LESS,
	ARITH_LESS_EQUAL,
	ARITH_GREATER,
	ARITH_GREATER_EQUAL,
	ARITH_EQUAL,
	ARITH_NOT_EQUAL,
	ARITH_AND,
	ARITH_OR,
	ARITH_ASSIGN, /* assign_op: ARITH_NUMBER for a plain one */
	ARITH_CONDITION,
	ARITH_COMMA,
};

struct arith_node {
	enum arith_op op, assign_op;
	bool is_after;
	intmax_t number; /* also a parameter's place */
	struct var *var;
	struct arith_node *left, *right, *third;
};

/* params: how many marked places it may have. NULL with *out_error when the text is no expression. */
struct arith_node *arith_parse(struct shell *sh, struct arena *arena, const char *text,
                               unsigned params, const char **out_error);

/* Both print their error and unwind. */
bool arith_value(struct shell *sh, const struct arith *arith, intmax_t *out);
bool arith_text(struct shell *sh, const char *text, intmax_t *out);

/* A number as arithmetic reads one (decimal, 0 octal, 0x, base#); gives its end, or NULL. */
const char *arith_number(const char *text, intmax_t *out);
