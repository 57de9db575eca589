/*
 * Parser of the image manifest: one directive a line, `service NAME` opens an entry. A table maps each
 * directive and each kind of capability to the function that reads its words, so that a new one is a line
 * here and a paragraph in docs/manifest.md. The first mistake ends the parse with its line number.
 */
#include "init/manifest.h"

#include "common/text.h"

#include <microkernel/abi.h>

struct parser {
	struct manifest *m;
	struct manifest_service *s; /* the open entry */
	struct manifest_error *error;
	uint32_t line;
};

static bool fail(struct parser *p, const char *what, struct text word)
{
	struct manifest_error *e = p->error;
	size_t used = 0;

	e->line = p->line;
	for (; *what && used < sizeof(e->text) - 1; what++)
		e->text[used++] = *what;
	for (size_t i = 0; i < word.len && used < sizeof(e->text) - 1; i++)
		e->text[used++] = word.at[i];
	e->text[used] = 0;
	return false;
}

static bool need_word(struct parser *p, struct text *rest, struct text *out)
{
	return text_word(rest, out) ||
	       fail(p, "a word is missing at the end of the line", (struct text){0});
}

static bool need_name(struct parser *p, struct text *rest, char *out, size_t size)
{
	struct text word;

	if (!need_word(p, rest, &word))
		return false;
	return text_copy(word, out, size) || fail(p, "too long: ", word);
}

static bool need_number(struct parser *p, struct text *rest, uint64_t max, uint64_t *out)
{
	struct text word;

	if (!need_word(p, rest, &word))
		return false;
	return (text_number(word, out) && *out <= max) || fail(p, "not a number in range: ", word);
}

static bool need_u32(struct parser *p, struct text *rest, uint32_t max, uint32_t *out)
{
	uint64_t value;

	if (!need_number(p, rest, max, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

static void copy_name(char *out, const char *name)
{
	(void)text_copy(text_of(name), out, MANIFEST_NAME);
}

/* --- kinds of capability --- */

static bool cap_plain(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	(void)p, (void)c, (void)rest;
	return true;
}

static bool cap_target(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	if (!need_name(p, rest, c->target, sizeof(c->target)))
		return false;
	copy_name(c->name, c->target);
	return true;
}

static bool cap_log(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	(void)p, (void)rest;
	copy_name(c->target, "log");
	return true;
}

static bool cap_ports(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	if (!need_number(p, rest, 0xffff, &c->first) || !need_number(p, rest, 0x10000, &c->count))
		return false;
	return (c->count && c->first + c->count <= 0x10000) ||
	       fail(p, "beyond port 0xffff", (struct text){0});
}

static bool cap_irq(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	return need_number(p, rest, 255, &c->first);
}

static bool cap_memory(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	if (!need_number(p, rest, UINT64_MAX, &c->first) ||
	    !need_number(p, rest, UINT64_MAX, &c->count))
		return false;
	return !((c->first | c->count) % PAGE_SIZE) ||
	       fail(p, "not page aligned", (struct text){0});
}

/* VENDOR:DEVICE in hexadecimal, then optionally the number of the device among those alike. */
static bool cap_pci(struct parser *p, struct manifest_cap *c, struct text *rest)
{
	struct text word, next = *rest;
	uint64_t value = 0, index = 0;
	char id[12] = "0x";

	if (!need_word(p, rest, &word))
		return false;
	if (word.len != 9 || word.at[4] != ':')
		return fail(p, "a PCI device is written 1af4:1042, not ", word);
	for (int i = 0, at = 2; i < 9; i++) {
		if (i != 4)
			id[at++] = word.at[i];
	}
	if (!text_number(text_of(id), &value))
		return fail(p, "a PCI device is written 1af4:1042, not ", word);
	next = *rest;
	if (text_word(&next, &word) && text_number(word, &index))
		*rest = next;
	c->badge = PCI_BADGE(index & 0xff, value >> 16, value & 0xffff);
	copy_name(c->target, "devices");
	return true;
}

static const struct cap_syntax {
	const char *word;
	enum cap_kind kind;
	bool (*read)(struct parser *p, struct manifest_cap *c, struct text *rest);
} cap_syntaxes[] = {
	{"serve", CAP_SERVE, cap_plain},
	{"endpoint", CAP_ENDPOINT, cap_target},
	{"log", CAP_ENDPOINT, cap_log},
	{"hold", CAP_HOLD, cap_target},
	{"domain", CAP_DOMAIN, cap_plain},
	{"ports", CAP_PORTS, cap_ports},
	{"irq", CAP_IRQ, cap_irq},
	{"interrupts", CAP_INTERRUPTS, cap_plain},
	{"physical", CAP_PHYSICAL, cap_plain},
	{"memory", CAP_MEMORY, cap_memory},
	{"framebuffer", CAP_FRAMEBUFFER, cap_plain},
	{"archive", CAP_ARCHIVE, cap_plain},
	{"extras", CAP_EXTRAS, cap_plain},
	{"boot", CAP_BOOT, cap_plain},
	{"news", CAP_NEWS, cap_plain},
	{"pci", CAP_PCI, cap_pci},
	{"vault", CAP_VAULT, cap_plain},
};

/* What may follow any capability: `as NAME`, `badge N`, and the flags of a few kinds. */
static bool cap_option(struct parser *p, struct manifest_cap *c, struct text word,
                       struct text *rest)
{
	if (text_is(word, "as"))
		return need_name(p, rest, c->name, sizeof(c->name));
	if (text_is(word, "badge") && (c->kind == CAP_ENDPOINT || c->kind == CAP_HOLD))
		return need_number(p, rest, 0x7fffffffffffffff, &c->badge);
	if (text_is(word, "CALL") && c->kind == CAP_ENDPOINT)
		return true;
	if (text_is(word, "level") && c->kind == CAP_IRQ)
		return c->count |= INTERRUPT_LEVEL, true;
	if (text_is(word, "low") && c->kind == CAP_IRQ)
		return c->count |= INTERRUPT_ACTIVE_LOW, true;
	if (text_is(word, "uncached") && c->kind == CAP_MEMORY)
		return c->flags |= MEMORY_UNCACHED, true;
	return fail(p, "not understood here: ", word);
}

static const struct cap_syntax *find_cap_syntax(struct text word)
{
	for (size_t i = 0; i < sizeof(cap_syntaxes) / sizeof(cap_syntaxes[0]); i++) {
		if (text_is(word, cap_syntaxes[i].word))
			return &cap_syntaxes[i];
	}
	return NULL;
}

static bool read_cap(struct parser *p, struct text *rest)
{
	struct manifest_cap *c = &p->s->caps[p->s->cap_count];
	const struct cap_syntax *syntax;
	struct text word;

	if (p->s->cap_count == MANIFEST_CAPS_MAX)
		return fail(p, "too many capabilities", (struct text){0});
	if (!need_word(p, rest, &word))
		return false;
	syntax = find_cap_syntax(word);
	if (!syntax)
		return fail(p, "no such kind of capability: ", word);
	c->kind = syntax->kind;
	copy_name(c->name, syntax->word);
	if (!syntax->read(p, c, rest))
		return false;
	while (text_word(rest, &word)) {
		if (!cap_option(p, c, word, rest))
			return false;
	}
	p->s->cap_count++;
	return true;
}

/* --- directives --- */

static bool read_service(struct parser *p, struct text *rest)
{
	struct manifest_service *s = &p->m->services[p->m->count];

	if (p->m->count == MANIFEST_SERVICES_MAX)
		return fail(p, "too many services", (struct text){0});
	*s = (struct manifest_service){.share = 256, .line = p->line, .backoff_ms = 100};
	if (!need_name(p, rest, s->name, sizeof(s->name)))
		return false;
	copy_name(s->program, s->name);
	p->s = s;
	p->m->count++;
	return true;
}

static bool read_program(struct parser *p, struct text *rest)
{
	return need_name(p, rest, p->s->program, sizeof(p->s->program));
}

static bool read_args(struct parser *p, struct text *rest)
{
	struct text words = *rest;

	*rest = (struct text){0};
	while (words.len && *words.at == ' ')
		words = (struct text){words.at + 1, words.len - 1};
	return text_copy(words, p->s->args, sizeof(p->s->args)) ||
	       fail(p, "arguments too long", words);
}

static bool read_when(struct parser *p, struct text *rest)
{
	return need_name(p, rest, p->s->when, sizeof(p->s->when));
}

static bool read_unless(struct parser *p, struct text *rest)
{
	return need_name(p, rest, p->s->unless, sizeof(p->s->unless));
}

static bool read_budget(struct parser *p, struct text *rest)
{
	struct manifest_service *s = p->s;
	struct text word;

	while (text_word(rest, &word)) {
		bool ok;

		if (text_is(word, "pages"))
			ok = need_number(p, rest, 1ul << 40, &s->pages);
		else if (text_is(word, "handles"))
			ok = need_u32(p, rest, 1u << 20, &s->handles);
		else if (text_is(word, "threads"))
			ok = need_u32(p, rest, 1u << 16, &s->threads);
		else if (text_is(word, "share"))
			ok = need_u32(p, rest, 1024, &s->share);
		else
			ok = fail(p, "a budget has pages, handles, threads, share; not ", word);
		if (!ok)
			return false;
	}
	return true;
}

static bool read_priority(struct parser *p, struct text *rest)
{
	return need_u32(p, rest, MANIFEST_PRIORITY_MAX, &p->s->priority);
}

static bool read_level(struct parser *p, struct text *rest)
{
	return need_u32(p, rest, MANIFEST_LEVEL_MAX, &p->s->level);
}

static bool read_restart(struct parser *p, struct text *rest)
{
	struct text word;

	if (!need_word(p, rest, &word))
		return false;
	if (text_is(word, "always"))
		p->s->restart = RESTART_ALWAYS;
	else if (text_is(word, "once"))
		p->s->restart = RESTART_ONCE;
	else if (text_is(word, "never"))
		p->s->restart = RESTART_NEVER;
	else
		return fail(p, "restart is always, once or never; not ", word);
	if (!text_word(rest, &word))
		return true;
	if (!text_is(word, "backoff"))
		return fail(p, "not understood here: ", word);
	return need_u32(p, rest, 60000, &p->s->backoff_ms);
}

static bool read_bind(struct parser *p, struct text *rest)
{
	struct manifest_bind *b = &p->s->binds[p->s->bind_count];
	struct text word;

	if (p->s->bind_count == MANIFEST_BINDS_MAX)
		return fail(p, "too many bindings", (struct text){0});
	if (!need_name(p, rest, b->path, sizeof(b->path)))
		return false;
	if (b->path[0] != '/')
		return fail(p, "a path starts with /: ", text_of(b->path));
	p->s->bind_count++;
	while (text_word(rest, &word)) {
		if (text_is(word, "union"))
			b->is_union = true;
		else if (!text_is(word, "badge"))
			return fail(p, "not understood here: ", word);
		else if (!need_number(p, rest, 0x7fffffffffffffff, &b->badge))
			return false;
	}
	/* Nothing may take the place of the tree itself. */
	return b->path[1] || b->is_union ||
	       fail(p, "the root takes only a union: ", text_of(b->path));
}

static bool read_directory(struct parser *p, struct text *rest)
{
	(void)rest;
	return p->s->is_directory = true;
}

static bool read_keep(struct parser *p, struct text *rest)
{
	(void)rest;
	return p->s->is_kept = true;
}

static bool read_shared_root(struct parser *p, struct text *rest)
{
	(void)rest;
	return p->s->shares_root = true;
}

/* `port NAME [extra]` says what else the image holds: the build reads it, and no service is concerned. */
static bool read_port(struct parser *p, struct text *rest)
{
	struct text word;

	if (!need_word(p, rest, &word))
		return false;
	return !text_word(rest, &word) || text_is(word, "extra") ||
	       fail(p, "not understood here: ", word);
}

#define GLOBAL_DIRECTIVES 2u /* the first ones: they stand outside a service */

static const struct {
	const char *word;
	bool (*read)(struct parser *p, struct text *rest);
} directives[] = {
	{"service", read_service},
	{"port", read_port},
	{"program", read_program},
	{"args", read_args},
	{"when", read_when},
	{"unless", read_unless},
	{"budget", read_budget},
	{"priority", read_priority},
	{"level", read_level},
	{"restart", read_restart},
	{"cap", read_cap},
	{"bind", read_bind},
	{"directory", read_directory},
	{"keep", read_keep},
	{"shared_root", read_shared_root},
};

static bool read_line(struct parser *p, struct text line)
{
	struct text word, extra;

	if (!text_word(&line, &word))
		return true;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (!text_is(word, directives[i].word))
			continue;
		if (!p->s && i >= GLOBAL_DIRECTIVES)
			return fail(p, "no service is open for: ", word);
		if (!directives[i].read(p, &line))
			return false;
		return !text_word(&line, &extra) || fail(p, "not understood here: ", extra);
	}
	return fail(p, "no such directive: ", word);
}

bool manifest_parse(struct manifest *m, const char *text, size_t len, struct manifest_error *error)
{
	struct parser p = {.m = m, .error = error};
	struct text rest = {text, len}, line;

	m->count = 0;
	while (text_line(&rest, &line)) {
		p.line++;
		if (!read_line(&p, text_without_comment(line)))
			return false;
	}
	return true;
}
