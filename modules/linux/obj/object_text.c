/*
 * Objects for people: the command obj and the shell show the same things by this. Everything is worked out in the
 * caller's memory.
 */
#include <base/path.h>
#include <base/string.h>
#include <linux/object_text.h>
#include <object-tree/json.h>

#define COLUMNS_MAX 16
#define CELL_BYTES 256
#define GAP 2

/* ---- paths */

/* The mountpoint of the tree, as a prefix of a path, names the tree's root. */
static void drop_mountpoint(char *path)
{
	static const char prefix[] = OBJECT_MOUNTPOINT;
	size_t len = sizeof(prefix) - 1, rest = strlen(path);

	if (rest < len || memcmp(path, prefix, len) != 0 || (path[len] && path[len] != '/'))
		return;
	memmove(path, path + len, rest - len + 1);
	if (!*path)
		memcpy(path, "/", 2);
}

status_t object_path(const char *folder, const char *argument, char *path, size_t size)
{
	size_t before = argument[0] == '/' ? 0 : strlen(folder), len = strlen(argument);

	if (before + 1 + len + 1 > size)
		return E_NAMETOOLONG;
	memcpy(path, folder, before);
	path[before] = '/';
	memcpy(path + before + 1, argument, len + 1);
	path_shorten(path);
	drop_mountpoint(path);
	return OK;
}

/* ---- values */

status_t object_json(const void *value, size_t len, char *text, size_t size, size_t *out_len)
{
	status_t status = json_from_cbor(value, len, false, text, size, out_len);

	if (status == OK && *out_len > OBJECT_LINE_BYTES)
		status = json_from_cbor(value, len, true, text, size, out_len);
	return status;
}

struct key {
	const char *text;
	size_t len;
};

struct table {
	struct key keys[COLUMNS_MAX];
	size_t widths[COLUMNS_MAX];
	size_t columns;
	uint64_t rows;
	char *text;
	size_t size, len;
	bool is_full;
};

static void put(struct table *t, const char *bytes, size_t len)
{
	if (t->is_full || len >= t->size - t->len) {
		t->is_full = true;
		return;
	}
	memcpy(t->text + t->len, bytes, len);
	t->len += len;
}

/* Columns that a text takes, a character each. */
static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* A value in one line: a text without its quotes unless it has control characters, anything else as JSON. */
static size_t cell_text(const struct cbor_reader *value, char cell[CELL_BYTES])
{
	struct cbor_reader text = *value, rest = *value;
	const char *bytes;
	size_t len, plain = 0;

	if (cbor_get_text(&text, &bytes, &len) == OK && len < CELL_BYTES) {
		while (plain < len && (unsigned char)bytes[plain] >= ' ' && bytes[plain] != 0x7f)
			plain++;
		if (plain == len) {
			memcpy(cell, bytes, len);
			return len;
		}
	}
	if (cbor_skip(&rest) != OK || json_from_cbor(value->at + value->pos, rest.pos - value->pos,
	                                             false, cell, CELL_BYTES, &len) != OK) {
		memcpy(cell, "...", 3);
		return 3;
	}
	return len;
}

static bool add_key(struct table *t, const char *text, size_t len)
{
	for (size_t i = 0; i < t->columns; i++)
		if (t->keys[i].len == len && memcmp(t->keys[i].text, text, len) == 0)
			return true;
	if (t->columns == COLUMNS_MAX)
		return false;
	t->widths[t->columns] = width_of(text, len);
	t->keys[t->columns++] = (struct key){text, len};
	return true;
}

/* Notes the keys of one map; false: it is none, or has too many. */
static bool add_row_keys(struct table *t, struct cbor_reader *r)
{
	uint64_t pairs;
	const char *text;
	size_t len;

	if (cbor_get_map(r, &pairs) != OK)
		return false;
	while (pairs-- > 0)
		if (cbor_get_text(r, &text, &len) != OK || !add_key(t, text, len) ||
		    cbor_skip(r) != OK)
			return false;
	return true;
}

/* The value of a column in the map at r; false: it has none. */
static bool find_cell(const struct table *t, const struct cbor_reader *row, size_t column,
                      struct cbor_reader *out)
{
	struct cbor_reader r = *row;
	uint64_t pairs;
	const char *text;
	size_t len;

	if (cbor_get_map(&r, &pairs) != OK)
		return false;
	for (; pairs > 0; pairs--) {
		if (cbor_get_text(&r, &text, &len) != OK)
			return false;
		*out = r;
		if (len == t->keys[column].len && memcmp(text, t->keys[column].text, len) == 0)
			return true;
		if (cbor_skip(&r) != OK)
			return false;
	}
	return false;
}

static size_t find_cell_text(const struct table *t, const struct cbor_reader *row, size_t column,
                             char cell[CELL_BYTES])
{
	struct cbor_reader value;

	return find_cell(t, row, column, &value) ? cell_text(&value, cell) : 0;
}

static void put_cell(struct table *t, size_t column, const char *text, size_t len)
{
	size_t width = width_of(text, len);

	put(t, text, len);
	for (; column + 1 < t->columns && width < t->widths[column] + GAP; width++)
		put(t, " ", 1);
}

static void measure_row(struct table *t, const struct cbor_reader *row)
{
	char cell[CELL_BYTES];

	for (size_t i = 0; i < t->columns; i++) {
		size_t width = width_of(cell, find_cell_text(t, row, i, cell));

		if (width > t->widths[i])
			t->widths[i] = width;
	}
}

static void put_row(struct table *t, const struct cbor_reader *row)
{
	char cell[CELL_BYTES];

	put(t, "\n", 1);
	for (size_t i = 0; i < t->columns; i++)
		put_cell(t, i, cell, find_cell_text(t, row, i, cell));
	while (t->text[t->len - 1] == ' ')
		t->len--;
}

/* Does something with each map of a list whose head was read. */
static void each_row(struct table *t, struct cbor_reader rows,
                     void (*row)(struct table *t, const struct cbor_reader *row))
{
	for (uint64_t i = 0; i < t->rows; i++) {
		row(t, &rows);
		if (cbor_skip(&rows) != OK)
			return;
	}
}

/* Whether a value is a list of maps, none of them with nothing to show; r is then behind its head. */
static bool table_begin(struct table *t, struct cbor_reader *r)
{
	struct cbor_reader rows;

	if (cbor_get_array(r, &t->rows) != OK || t->rows == 0)
		return false;
	rows = *r;
	for (uint64_t i = 0; i < t->rows; i++)
		if (!add_row_keys(t, &rows))
			return false;
	return t->columns > 0;
}

/* Puts a list of maps behind what is there; false: it is something else. */
static bool put_table(struct table *t, struct cbor_reader list)
{
	t->columns = 0;
	if (!table_begin(t, &list))
		return false;
	each_row(t, list, measure_row);
	for (size_t i = 0; i < t->columns; i++)
		put_cell(t, i, t->keys[i].text, t->keys[i].len);
	each_row(t, list, put_row);
	return true;
}

/* A map with a list of maps in it, an answer's usual form: a line for each field, tables below the names of theirs. */
static bool put_fields(struct table *t, struct cbor_reader r)
{
	bool any_table = false, is_table;
	char cell[CELL_BYTES];
	uint64_t pairs, count;
	const char *key;
	size_t len;

	if (cbor_get_map(&r, &pairs) != OK)
		return false;
	for (count = pairs; count > 0; count--) {
		if (cbor_get_text(&r, &key, &len) != OK)
			return false;
		if (count < pairs)
			put(t, "\n", 1);
		if (pairs > 1) {
			put(t, key, len);
			put(t, ":", 1);
		}
		len = t->len;
		put(t, "\n", pairs > 1);
		is_table = put_table(t, r);
		if (!is_table) {
			t->len = len;
			put(t, " ", 1);
			put(t, cell, cell_text(&r, cell));
		}
		any_table |= is_table;
		(void)cbor_skip(&r);
	}
	return any_table;
}

status_t object_text(const void *value, size_t len, char *text, size_t size, size_t *out_len)
{
	struct table t = {.text = text, .size = size};
	struct cbor_reader r;

	cbor_reader_init(&r, value, len);
	if (cbor_check(value, len) != OK || size == 0 || !(put_table(&t, r) || put_fields(&t, r)))
		return object_json(value, len, text, size, out_len);
	if (t.is_full)
		return E_RANGE;
	text[t.len] = 0;
	*out_len = t.len;
	return OK;
}

/* ---- fields */

static bool is_plain(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
	return true;
}

static void put_value(struct table *t, const struct cbor_reader *value)
{
	struct cbor_reader text = *value, rest = *value;
	const char *bytes;
	size_t len = 0;

	if (cbor_get_text(&text, &bytes, &len) == OK && is_plain(bytes, len)) {
		put(t, bytes, len);
		return;
	}
	if (cbor_skip(&rest) == OK &&
	    json_from_cbor(value->at + value->pos, rest.pos - value->pos, false, t->text + t->len,
	                   t->size - t->len, &len) == OK)
		t->len += len;
	else
		t->is_full = true;
}

static void put_field_row(struct table *t, const struct cbor_reader *row)
{
	struct cbor_reader value;

	for (size_t i = 0; i < t->columns; i++) {
		put(t, "\t", i > 0);
		if (find_cell(t, row, i, &value))
			put_value(t, &value);
	}
	put(t, "\n", 1);
}

static bool note_fields(struct table *t, const char *fields)
{
	while (t->columns < COLUMNS_MAX) {
		size_t len = strlen(fields);
		const char *comma = strchr(fields, ',');

		len = comma ? (size_t)(comma - fields) : len;
		t->keys[t->columns++] = (struct key){fields, len};
		if (!comma)
			return true;
		fields = comma + 1;
	}
	return false;
}

static bool is_list_of_maps(struct cbor_reader r)
{
	uint64_t items, pairs;

	if (cbor_get_array(&r, &items) != OK)
		return false;
	for (; items > 0; items--) {
		struct cbor_reader item = r;

		if (cbor_get_map(&item, &pairs) != OK || cbor_skip(&r) != OK)
			return false;
	}
	return true;
}

/* The rows: a list of maps, or the first one in a map. False: the value itself is the row. */
static bool find_rows(struct cbor_reader *r)
{
	struct cbor_reader at = *r;
	uint64_t pairs;
	const char *key;
	size_t len;

	if (is_list_of_maps(*r))
		return true;
	if (cbor_get_map(&at, &pairs) != OK)
		return false;
	for (; pairs > 0 && cbor_get_text(&at, &key, &len) == OK; pairs--) {
		*r = at;
		if (is_list_of_maps(at))
			return true;
		if (cbor_skip(&at) != OK)
			return false;
	}
	return false;
}

status_t object_fields(const void *value, size_t len, const char *fields, char *text, size_t size,
                       size_t *out_len)
{
	struct table t = {.text = text, .size = size};
	struct cbor_reader whole, rows, map;
	uint64_t pairs;

	cbor_reader_init(&whole, value, len);
	if (cbor_check(value, len) != OK || size == 0 || !note_fields(&t, fields))
		return E_INVAL;
	rows = map = whole;
	if (find_rows(&rows)) {
		(void)cbor_get_array(&rows, &t.rows);
		each_row(&t, rows, put_field_row);
	} else if (cbor_get_map(&map, &pairs) == OK) {
		put_field_row(&t, &whole);
	} else {
		return E_INVAL;
	}
	if (t.is_full)
		return E_RANGE;
	t.len -= t.len > 0; /* the last newline */
	text[t.len] = 0;
	*out_len = t.len;
	return OK;
}

status_t object_show(const void *value, size_t len, enum object_form form, const char *fields,
                     char *text, size_t size, size_t *out_len)
{
	switch (form) {
	case OBJECT_FORM_FIELDS: return object_fields(value, len, fields, text, size, out_len);
	case OBJECT_FORM_JSON: return object_json(value, len, text, size, out_len);
	default: return object_text(value, len, text, size, out_len);
	}
}

/* ---- refusals */

enum object_refusal object_refusal(const void *description, size_t len, const char *method,
                                   char *text, size_t size)
{
	struct cbor_reader methods, found, arguments;
	const char *bytes;
	size_t bytes_len;

	if (cbor_find(description, len, "methods", &methods) != OK)
		return OBJECT_NO_METHOD;
	if (cbor_find(methods.at + methods.pos, methods.len - methods.pos, method, &found) != OK)
		return OBJECT_NO_METHOD;
	if (cbor_find(found.at + found.pos, found.len - found.pos, "args", &arguments) != OK ||
	    cbor_get_text(&arguments, &bytes, &bytes_len) != OK)
		return OBJECT_NO_ARGUMENTS;
	return string_copy_len(text, bytes, bytes_len, size) ? OBJECT_ARGUMENTS
	                                                     : OBJECT_REFUSAL_OTHER;
}

const char *object_rights_text(unsigned rights)
{
	static const char *const texts[] = {"none",   "read",        "change",        "read+change",
	                                    "manage", "read+manage", "change+manage", "all"};

	return rights < sizeof(texts) / sizeof(texts[0]) ? texts[rights] : "unknown";
}
