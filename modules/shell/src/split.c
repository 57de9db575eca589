/*
 * Field splitting: IFS as a table of bytes, made when it changes. Only a byte that may begin one of its characters
 * beyond ASCII needs a look at IFS itself.
 */
#include "split.h"
#include "shell.h"
#include "characters.h"
#include <string.h>

const unsigned char split_class[256] = {
	['*'] = SPLIT_GLOB | SPLIT_SPECIAL,
	['?'] = SPLIT_GLOB | SPLIT_SPECIAL,
	['['] = SPLIT_GLOB | SPLIT_SPECIAL,
	[']'] = SPLIT_SPECIAL,
	['\\'] = SPLIT_SPECIAL,
	['!'] = SPLIT_SPECIAL,
	['-'] = SPLIT_SPECIAL,
	['^'] = SPLIT_SPECIAL,
};

static size_t wide_delimiter(struct shell *sh, const char *text)
{
	const char *ifs = var_value(sh, sh->vars.ifs);
	size_t len = char_len(text, true);

	while (ifs && *ifs) {
		size_t ifs_len = char_len(ifs, true);

		if (ifs_len == len && memcmp(ifs, text, len) == 0)
			return len;
		ifs += ifs_len;
	}
	return 0;
}

size_t split_delimiter(struct shell *sh, const char *text, bool *out_space)
{
	unsigned char class = sh->ifs[(unsigned char)*text];

	*out_space = class == IFS_SPACE;
	if (class == IFS_WIDE)
		return wide_delimiter(sh, text);
	return class != IFS_NONE;
}

void split_changed(struct shell *sh, struct var *var)
{
	const char *value = var_value(sh, var), *ifs = value ? value : " \t\n";
	size_t first = *ifs ? char_len(ifs, sh->utf8) : 0;

	memset(sh->ifs, IFS_NONE, sizeof(sh->ifs));
	memcpy(sh->ifs_first, ifs, first);
	sh->ifs_first[first] = 0;
	for (; *ifs; ifs++) {
		unsigned char c = (unsigned char)*ifs;

		if (c == ' ' || c == '\t' || c == '\n')
			sh->ifs[c] = IFS_SPACE;
		else
			sh->ifs[c] = sh->utf8 && c >= 0x80 ? IFS_WIDE : IFS_OTHER;
	}
}
