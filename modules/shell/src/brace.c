/*
 * Brace expansion: a{b,c}d, {1..5}, {a..e..2}. Done on a word's parts before all other expansions. The word is laid
 * out as items, one per unquoted character and one per other part, which the alternatives are cut from.
 */
#include "ast.h"
#include "expand.h"
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A word that would become more words stays as it is. */
#if DEBUG
#define WORDS_MOST 1000
#else
#define WORDS_MOST 1000000
#endif
#define BRACE_DEPTH 1000

struct item {
	char c;                  /* 0: a part */
	const struct part *part; /* which is expanded later */
};

struct items {
	struct item *list;
	size_t count;
};

struct brace_state {
	struct shell *sh;
	struct word *first, **last;
	unsigned depth, count;
};

static struct items items_of(struct shell *sh, const struct word *word)
{
	struct items items = {NULL, 0};
	size_t total = 0;

	for (const struct part *part = word->parts; part; part = part->next)
		total += part->kind == PART_TEXT && !part->quoted ? part->len : 1;
	items.list = arena_alloc(&sh->temp, (total + 1) * sizeof(*items.list));
	for (const struct part *part = word->parts; part; part = part->next) {
		if (part->kind != PART_TEXT || part->quoted) {
			items.list[items.count++] = (struct item){0, part};
			continue;
		}
		for (size_t i = 0; i < part->len; i++)
			items.list[items.count++] = (struct item){part->text[i], NULL};
	}
	return items;
}

/* A word of items again. */
static void add_word(struct brace_state *state, struct items items)
{
	struct arena *arena = &state->sh->temp;
	struct word *word = arena_alloc(arena, sizeof(*word));
	struct part **last = &word->parts;

	memset(word, 0, sizeof(*word));
	for (size_t i = 0; i < items.count;) {
		struct part *part = arena_alloc(arena, sizeof(*part));
		struct text text;

		memset(part, 0, sizeof(*part));
		if (items.list[i].part) {
			*part = *items.list[i++].part;
			part->next = NULL;
		} else {
			text_begin(&text, arena);
			while (i < items.count && !items.list[i].part)
				text_char(&text, items.list[i++].c);
			part->kind = PART_TEXT;
			part->text = text_end(&text);
			part->len = text.len;
		}
		*last = part;
		last = &part->next;
	}
	if (!word->parts)
		return;
	state->count++;
	*state->last = word;
	state->last = &word->next;
}

/* The brace that closes the one at open; *out_comma: whether a comma of its own is inside. */
static size_t find_close(struct items items, size_t open, bool *out_comma)
{
	unsigned depth = 0;

	*out_comma = false;
	for (size_t i = open; i < items.count; i++) {
		char c = items.list[i].c;

		if (c == '{')
			depth++;
		else if (c == ',' && depth == 1)
			*out_comma = true;
		else if (c == '}' && --depth == 0)
			return i;
	}
	return 0;
}

/* Items before open, some text or items in the middle, items after close. */
static struct items joined(struct brace_state *state, struct items items, size_t open, size_t close,
                           const struct item *middle, size_t count)
{
	size_t after = items.count - close - 1;
	struct items whole = {NULL, open + count + after};

	whole.list = arena_alloc(&state->sh->temp, (whole.count + 1) * sizeof(*whole.list));
	memcpy(whole.list, items.list, open * sizeof(*whole.list));
	memcpy(whole.list + open, middle, count * sizeof(*middle));
	memcpy(whole.list + open + count, items.list + close + 1, after * sizeof(*whole.list));
	return whole;
}

static void expand_from(struct brace_state *state, struct items items, size_t from);

static void expand_list(struct brace_state *state, struct items items, size_t open, size_t close)
{
	size_t start = open + 1;
	unsigned depth = 1;

	for (size_t i = start; i <= close; i++) {
		char c = items.list[i].c;

		if (c == '{')
			depth++;
		if ((c == ',' && depth == 1) || i == close) {
			expand_from(state,
			            joined(state, items, open, close, items.list + start,
			                   i - start),
			            open);
			start = i + 1;
		}
		if (c == '}')
			depth--;
	}
}

struct sequence {
	long first, last, step;
	int width;
	bool is_letters;
};

static bool parse_end(const char **at, struct sequence *sequence, long *out)
{
	char *end;
	const char *start = *at;

	if (sequence->is_letters) {
		*out = (unsigned char)**at;
		++*at;
		return true;
	}
	*out = strtol(*at, &end, 10);
	if (end == *at)
		return false;
	*at = end;
	if (start[0] == '0' || (start[0] == '-' && start[1] == '0'))
		if (end - start > 1 && end - start > sequence->width)
			sequence->width = (int)(end - start);
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool parse_sequence(const char *at, struct sequence *sequence)
{
	char *end;

	*sequence = (struct sequence){0, 0, 1, 0, is_letter(*at)};
	if (!parse_end(&at, sequence, &sequence->first) || strncmp(at, "..", 2) != 0)
		return false;
	at += 2;
	if (sequence->is_letters && !is_letter(*at))
		return false;
	if (!parse_end(&at, sequence, &sequence->last))
		return false;
	if (strncmp(at, "..", 2) == 0) {
		sequence->step = strtol(at + 2, &end, 10);
		if (end == at + 2)
			return false;
		at = end;
	}
	if (sequence->step < 0)
		sequence->step = -(unsigned long)sequence->step;
	if (sequence->step <= 0)
		sequence->step = 1;
	return !*at;
}

static size_t sequence_text(const struct sequence *sequence, long value, struct item *items)
{
	char text[32];
	int len;

	if (sequence->is_letters)
		len = snprintf(text, sizeof(text), "%c", (int)value);
	else
		len = snprintf(text, sizeof(text), "%0*ld",
		               sequence->width > 30 ? 30 : sequence->width, value);
	for (int i = 0; i < len; i++)
		items[i] = (struct item){text[i], NULL};
	return (size_t)len;
}

/* {first..last..step}; false when the braces hold something else. */
static bool expand_sequence(struct brace_state *state, struct items items, size_t open,
                            size_t close)
{
	struct sequence sequence;
	struct item middle[32];
	char text[64];
	size_t len = close - open - 1;
	unsigned long distance;

	if (len >= sizeof(text))
		return false;
	for (size_t i = 0; i < len; i++) {
		text[i] = items.list[open + 1 + i].c;
		if (!text[i])
			return false;
	}
	text[len] = 0;
	if (!parse_sequence(text, &sequence))
		return false;
	distance = sequence.first < sequence.last
	                   ? (unsigned long)sequence.last - (unsigned long)sequence.first
	                   : (unsigned long)sequence.first - (unsigned long)sequence.last;
	distance /= (unsigned long)sequence.step;
	if (distance >= WORDS_MOST)
		return false;
	for (unsigned long i = 0; i <= distance && state->count <= WORDS_MOST; i++) {
		unsigned long first = (unsigned long)sequence.first;
		unsigned long offset = i * (unsigned long)sequence.step;
		unsigned long value = sequence.first < sequence.last ? first + offset
		                                                     : first - offset;
		size_t count = sequence_text(&sequence, (long)value, middle);

		expand_from(state, joined(state, items, open, close, middle, count), open + count);
	}
	return true;
}

/* The first braces from a place on; false: there are none. */
static bool expand_first(struct brace_state *state, struct items items, size_t from)
{
	for (size_t open = from; open < items.count; open++) {
		bool has_comma;
		size_t close;

		if (items.list[open].c != '{')
			continue;
		close = find_close(items, open, &has_comma);
		if (!close || close == open + 1)
			continue;
		if (has_comma) {
			expand_list(state, items, open, close);
			return true;
		}
		if (expand_sequence(state, items, open, close))
			return true;
	}
	return false;
}

static void expand_from(struct brace_state *state, struct items items, size_t from)
{
	if (state->count > WORDS_MOST)
		return;
	state->depth++;
	if (state->depth > BRACE_DEPTH || !expand_first(state, items, from))
		add_word(state, items);
	state->depth--;
}

struct word *brace_expand(struct shell *sh, const struct word *word)
{
	struct arena_mark mark = arena_mark(&sh->temp);
	struct brace_state state = {.sh = sh};

	state.last = &state.first;
	expand_from(&state, items_of(sh, word), 0);
	if (state.count <= WORDS_MOST)
		return state.first;
	arena_release(&sh->temp, mark);
	state = (struct brace_state){.sh = sh, .last = &state.first};
	add_word(&state, items_of(sh, word));
	return state.first;
}
