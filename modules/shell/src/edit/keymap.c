/*
 * The table of keys. Names of keys are those of editor_bind, names of commands those of command.c. Keys that insert
 * themselves are not in it.
 */
#include "edit/keymap.h"

#include <string.h>

#include "edit/key_codes.h"
#include "edit/keys.h"

static const struct {
	const char *key, *command;
} defaults[] = {
	{"C-a", "beginning-of-line"},
	{"Home", "beginning-of-line"},
	{"C-e", "end-of-line"},
	{"End", "end-of-line"},
	{"C-f", "forward-char"},
	{"Right", "forward-char"},
	{"C-b", "backward-char"},
	{"Left", "backward-char"},
	{"M-f", "forward-word"},
	{"C-Right", "forward-word"},
	{"M-Right", "forward-word"},
	{"M-b", "backward-word"},
	{"C-Left", "backward-word"},
	{"M-Left", "backward-word"},
	{"M-<", "beginning-of-buffer"},
	{"C-Home", "beginning-of-buffer"},
	{"M->", "end-of-buffer"},
	{"C-End", "end-of-buffer"},
	{"C-d", "delete-char-or-end"},
	{"Delete", "delete-char"},
	{"Backspace", "backward-delete-char"},
	{"C-t", "transpose-chars"},
	{"M-t", "transpose-words"},
	{"M-u", "upcase-word"},
	{"M-l", "downcase-word"},
	{"M-c", "capitalize-word"},
	{"C-v", "quoted-insert"},
	{"C-_", "undo"},
	{"C-x C-u", "undo"},
	{"M-r", "revert-line"},
	{"C-k", "kill-line"},
	{"C-u", "backward-kill-line"},
	{"C-x Backspace", "backward-kill-line"},
	{"M-d", "kill-word"},
	{"C-Delete", "kill-word"},
	{"M-Backspace", "backward-kill-word"},
	{"C-w", "unix-word-rubout"},
	{"M-\\", "delete-blanks"},
	{"C-y", "yank"},
	{"M-y", "yank-pop"},
	{"Up", "previous-line"},
	{"Down", "next-line"},
	{"C-p", "previous-history"},
	{"C-n", "next-history"},
	{"PageUp", "history-search-backward"},
	{"PageDown", "history-search-forward"},
	{"M-p", "history-search-backward"},
	{"M-n", "history-search-forward"},
	{"C-r", "reverse-search-history"},
	{"C-s", "forward-search-history"},
	{"M-.", "yank-last-argument"},
	{"M-_", "yank-last-argument"},
	{"Tab", "complete"},
	{"M-?", "list-completions"},
	{"M-*", "insert-completions"},
	{"Enter", "accept-line"},
	{"M-Enter", "insert-newline"},
	{"C-c", "abort-line"},
	{"C-M-c", "abort-line"},
	{"C-g", "cancel"},
	{"C-l", "clear-screen"},
	{"C-z", "stop"},
	{"C-x C-e", "edit-elsewhere"},
	{"M-0", "digit-argument"},
	{"M-1", "digit-argument"},
	{"M-2", "digit-argument"},
	{"M-3", "digit-argument"},
	{"M-4", "digit-argument"},
	{"M-5", "digit-argument"},
	{"M-6", "digit-argument"},
	{"M-7", "digit-argument"},
	{"M-8", "digit-argument"},
	{"M-9", "digit-argument"},
};

void keymap_init(struct keymap *keymap)
{
	keymap->count = 0;
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		keymap_bind(keymap, key_of_name(defaults[i].key),
		            command_find(defaults[i].command));
}

static struct binding *find(struct keymap *keymap, uint32_t key)
{
	for (size_t i = 0; i < keymap->count; i++) {
		if (keymap->bindings[i].key == key)
			return &keymap->bindings[i];
	}
	return NULL;
}

const struct command *keymap_find(const struct keymap *keymap, uint32_t key)
{
	uint32_t letter = key & ~KEY_FLAGS;

	for (size_t i = 0; i < keymap->count; i++) {
		if (keymap->bindings[i].key == key)
			return keymap->bindings[i].command;
	}
	if (key & KEY_ALT && letter >= 'A' && letter <= 'Z')
		return keymap_find(keymap, key | 0x20);
	return NULL;
}

bool keymap_bind(struct keymap *keymap, uint32_t key, const struct command *command)
{
	struct binding *binding = find(keymap, key);

	if (!command) {
		if (binding)
			*binding = keymap->bindings[--keymap->count];
		return true;
	}
	if (!binding && keymap->count == KEYMAP_SIZE)
		return false;
	if (!binding)
		binding = &keymap->bindings[keymap->count++];
	*binding = (struct binding){key, command};
	return true;
}
