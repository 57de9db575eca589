/*
 * Declared arguments: "user: text, groups?: [text], size: uint". The declaration is ours and well-formed
 * (asserted); the arguments are anyone's. Every key must be declared, every value of its type, and every
 * argument without "?" there. Keys cannot come twice: that is not CBOR in the deterministic encoding.
 */
#include <base/assert.h>
#include <base/string.h>
#include <object-tree/object_serve.h>

struct span {
	const char *at;
	size_t len;
};

struct field {
	struct span name;
	struct span type;
	bool is_optional;
};

static bool span_is(struct span span, const char *text)
{
	return strlen(text) == span.len && memcmp(text, span.at, span.len) == 0;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The next field of the declaration; false at its end. */
static bool next_field(const char **schema, struct field *field)
{
	const char *at = *schema;

	while (*at == ' ' || *at == ',')
		at++;
	if (*at == 0)
		return false;
	field->name.at = at;
	while (is_name(*at))
		at++;
	field->name.len = (size_t)(at - field->name.at);
	field->is_optional = *at == '?';
	at += field->is_optional;
	ASSERT(field->name.len > 0 && at[0] == ':' && at[1] == ' ');
	at += 2;
	field->type.at = at;
	while (*at != 0 && *at != ',')
		at++;
	field->type.len = (size_t)(at - field->type.at);
	*schema = at;
	return true;
}

static bool is_bool(const struct cbor_item *item)
{
	return item->type == CBOR_SIMPLE && (item->value == CBOR_FALSE || item->value == CBOR_TRUE);
}

static bool matches_plain(struct span type, const struct cbor_item *item)
{
	if (span_is(type, "any"))
		return true;
	switch (item->type) {
	case CBOR_UINT: return span_is(type, "uint") || span_is(type, "int");
	case CBOR_NEGATIVE: return span_is(type, "int");
	case CBOR_BYTES: return span_is(type, "bytes");
	case CBOR_TEXT: return span_is(type, "text");
	case CBOR_MAP: return span_is(type, "map");
	case CBOR_FLOAT: return span_is(type, "float");
	case CBOR_SIMPLE:
		return is_bool(item) ? span_is(type, "bool")
		                     : item->value == CBOR_NULL && span_is(type, "null");
	default: return false;
	}
}

/* "[[text]]": strips as many brackets as there are arrays; all items of all of them match. */
static bool matches(struct span type, struct cbor_reader r)
{
	struct cbor_item item;

	if (cbor_next(&r, &item) != OK)
		return false;
	if (type.len < 2 || type.at[0] != '[')
		return matches_plain(type, &item);
	struct span of = {type.at + 1, type.len - 2};
	if (item.type != CBOR_ARRAY)
		return false;
	for (uint64_t left = item.value; left > 0; left--) {
		if (!matches(of, r) || cbor_skip(&r) != OK)
			return false;
	}
	return true;
}

static bool find_field(const char *schema, const struct cbor_item *key, struct field *field)
{
	while (next_field(&schema, field)) {
		if (field->name.len == key->len &&
		    memcmp(field->name.at, key->bytes, key->len) == 0)
			return true;
	}
	return false;
}

static uint32_t count_required(const char *schema)
{
	struct field field;
	uint32_t count = 0;

	while (next_field(&schema, &field))
		count += !field.is_optional;
	return count;
}

status_t schema_check_args(const char *schema, const void *args, size_t len)
{
	struct cbor_reader r;
	struct cbor_item key;
	struct field field;
	uint64_t pairs = 0;
	uint32_t missing = count_required(schema);

	cbor_reader_init(&r, args, len);
	if (len > 0 && cbor_get_map(&r, &pairs) != OK)
		return E_INVAL;
	for (; pairs > 0; pairs--) {
		if (cbor_next(&r, &key) != OK || key.type != CBOR_TEXT ||
		    !find_field(schema, &key, &field))
			return E_INVAL;
		if (!matches(field.type, r) || cbor_skip(&r) != OK)
			return E_INVAL;
		missing -= !field.is_optional;
	}
	return missing == 0 ? OK : E_INVAL;
}
