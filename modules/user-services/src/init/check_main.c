/*
 * manifest-check: applies init's own parser and rules to a manifest on the host, so that an image that
 * could deadlock or that misspells a capability fails its build. usage: manifest-check FILE...
 */
#include "init/manifest.h"

#include <stdio.h>

static struct manifest m;

static int check(const char *path)
{
	static char text[1 << 16];
	struct manifest_error error;
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;

	if (!file || len == sizeof(text)) {
		fprintf(stderr, "%s: cannot be read, or too long\n", path);
		return 1;
	}
	fclose(file);
	if (manifest_parse(&m, text, len, &error) && manifest_check(&m, &error)) {
		printf("%s: %u services\n", path, m.count);
		return 0;
	}
	fprintf(stderr, "%s:%u: %s\n", path, error.line, error.text);
	return 1;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= check(argv[i]);
	return failed;
}
