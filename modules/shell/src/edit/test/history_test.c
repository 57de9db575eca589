/*
 * The history: numbers, limits, duplicates, search; its file: hostile entries, two writers, cutting.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/random.h>
#include <base/test.h>

#include "edit/edit.h"

static char folder[] = "/tmp/edit_history_test.XXXXXX";
static char path[64];

/* A path in a folder of this run, where nothing is. */
static const char *fresh_path(void)
{
	if (!path[0]) {
		CHECK(mkdtemp(folder) != NULL);
		snprintf(path, sizeof(path), "%s/history", folder);
	}
	unlink(path);
	return path;
}

__attribute__((destructor)) static void clean(void)
{
	if (path[0]) {
		unlink(path);
		rmdir(folder);
	}
}

static void expect(const struct history *h, size_t first, const char *const *entries, size_t count)
{
	CHECK_EQ(history_count(h), count);
	CHECK_EQ(history_first(h), first);
	for (size_t i = 0; i < count; i++)
		CHECK_STR_EQ(history_get(h, first + i), entries[i]);
	CHECK(history_get(h, first + count) == NULL);
	CHECK(history_get(h, first - 1) == NULL);
}

TEST(numbers_stay_while_old_entries_fall_out)
{
	struct history *h = history_new(3, HISTORY_KEEP);

	CHECK(history_get(h, 1) == NULL);
	for (const char *text = "a\0b\0b\0c\0"; *text; text += 2)
		CHECK(history_add(h, text));
	CHECK(history_add(h, ""));
	expect(h, 2, (const char *[]){"b", "b", "c"}, 3);
	CHECK(history_remove(h, 3));
	CHECK(!history_remove(h, 9));
	expect(h, 2, (const char *[]){"b", "c"}, 2);
	history_set_limit(h, 1);
	expect(h, 3, (const char *[]){"c"}, 1);
	history_clear(h);
	CHECK_EQ(history_count(h), 0);
	history_free(h);
}

TEST(duplicates)
{
	static const char *const given[] = {"a", "b", "b", "a", "a", "c"};
	struct history *ignore = history_new(10, HISTORY_IGNORE_REPEAT);
	struct history *erase = history_new(10, HISTORY_ERASE_OLDER);

	for (size_t i = 0; i < 6; i++) {
		CHECK(history_add(ignore, given[i]));
		CHECK(history_add(erase, given[i]));
	}
	expect(ignore, 1, (const char *[]){"a", "b", "a", "c"}, 4);
	expect(erase, 1, (const char *[]){"b", "a", "c"}, 3);
	history_free(ignore);
	history_free(erase);
}

TEST(search)
{
	struct history *h = history_new(10, HISTORY_KEEP);

	CHECK_EQ(history_search(h, 0, "", true, false), 0);
	history_add(h, "ls -l");
	history_add(h, "cat ls");
	history_add(h, "ls");
	CHECK_EQ(history_search(h, 3, "ls", true, false), 3);
	CHECK_EQ(history_search(h, 2, "ls", true, false), 1);
	CHECK_EQ(history_search(h, 2, "ls", false, false), 2);
	CHECK_EQ(history_search(h, 1, "cat", false, true), 2);
	CHECK_EQ(history_search(h, 3, "x", false, false), 0);
	CHECK_EQ(history_search(h, 3, "", true, false), 3);
	history_free(h);
}

/* ---- the file */

static const char *const hostile[] = {
	"plain",    "two\nlines", "ends\\", "\\\nfirst",        "a\\\\\n\\\\b\\", "\n",
	"\n\n\\\n", " spaces  ",  "#1234",  "\xff\xfe\x80\n\\", "\\\\\\\\",       "tab\there\n"};
enum { HOSTILE = sizeof(hostile) / sizeof(hostile[0]) };

TEST(every_entry_comes_back)
{
	struct history *out = history_new(100, HISTORY_KEEP), *in = history_new(100, HISTORY_KEEP);

	CHECK_EQ(history_load(in, fresh_path()), ENOENT);
	for (size_t i = 0; i < HOSTILE; i++)
		history_add(out, hostile[i]);
	CHECK_EQ(history_save(out, path, 0), 0);
	CHECK_EQ(history_save(out, path, 0), 0);
	CHECK_EQ(history_load(in, path), 0);
	expect(in, 1, hostile, HOSTILE);
	history_free(out);
	history_free(in);
}

TEST(random_entries_come_back)
{
	struct random random;

	random_seed(&random, test_seed());
	for (unsigned round = test_rounds(200); round > 0; round--) {
		struct history *out = history_new(20, HISTORY_KEEP),
			       *in = history_new(20, HISTORY_KEEP);

		for (unsigned n = 1 + (unsigned)random_below(&random, 30); n > 0; n--) {
			char text[12] = "";

			for (size_t i = random_below(&random, sizeof(text)); i > 0; i--)
				text[i - 1] = "\\\\\nab"[random_below(&random, 5)];
			history_add(out, text);
		}
		fresh_path();
		CHECK_EQ(history_save(out, path, 0), 0);
		CHECK_EQ(history_load(in, path), 0);
		CHECK_EQ(history_count(in), history_count(out));
		for (size_t i = 0; i < history_count(in); i++)
			CHECK_STR_EQ(history_get(in, history_first(in) + i),
			             history_get(out, history_first(out) + i));
		history_free(out);
		history_free(in);
	}
}

static void write_file(const char *text)
{
	FILE *file = fopen(fresh_path(), "w");

	CHECK(file != NULL);
	fputs(text, file);
	fclose(file);
}

TEST(file_without_a_last_newline)
{
	struct history *h = history_new(10, HISTORY_KEEP);

	write_file("a\n\nb\\\nc");
	CHECK_EQ(history_load(h, path), 0);
	expect(h, 1, (const char *[]){"a", "b\nc"}, 2);
	history_add(h, "d");
	CHECK_EQ(history_save(h, path, 0), 0);
	history_clear(h);
	CHECK_EQ(history_load(h, path), 0);
	CHECK_STR_EQ(history_get(h, history_first(h) + 2), "d");
	history_free(h);
}

TEST(file_is_cut_and_keeps_its_mode)
{
	struct history *h = history_new(10, HISTORY_KEEP);
	struct stat before, after;

	write_file("1\n2a\\\n2b\n3\n4\n");
	CHECK_EQ(chmod(path, 0640), 0);
	CHECK_EQ(stat(path, &before), 0);
	history_add(h, "5");
	CHECK_EQ(history_save(h, path, 4), 0);
	CHECK_EQ(stat(path, &after), 0);
	CHECK(before.st_ino != after.st_ino);
	CHECK_EQ(after.st_mode, before.st_mode);
	history_clear(h);
	CHECK_EQ(history_load(h, path), 0);
	expect(h, history_first(h), (const char *[]){"2a\n2b", "3", "4", "5"}, 4);
	history_free(h);
}

TEST(link_stays_a_link)
{
	struct history *h = history_new(10, HISTORY_KEEP);
	char link[80];
	struct stat seen;

	write_file("1\n2\n3\n");
	snprintf(link, sizeof(link), "%s.link", path);
	CHECK_EQ(symlink(path, link), 0);
	history_add(h, "4");
	CHECK_EQ(history_save(h, link, 2), 0);
	CHECK_EQ(lstat(link, &seen), 0);
	CHECK(S_ISLNK(seen.st_mode));
	history_clear(h);
	CHECK_EQ(history_load(h, path), 0);
	expect(h, history_first(h), (const char *[]){"3", "4"}, 2);
	unlink(link);
	history_free(h);
}

TEST(new_file_is_private)
{
	struct history *h = history_new(10, HISTORY_KEEP);
	struct stat made;

	history_add(h, "secret");
	CHECK_EQ(history_save(h, fresh_path(), 0), 0);
	CHECK_EQ(stat(path, &made), 0);
	CHECK_EQ(made.st_mode & 0777, 0600);
	CHECK(history_save(h, "/nonexistent/history", 0) != 0);
	history_free(h);
}

TEST(only_what_no_file_has_is_saved)
{
	struct history *h = history_new(10, HISTORY_KEEP);

	write_file("old\n");
	history_add(h, "new");
	CHECK_EQ(history_load(h, path), 0);
	history_add(h, "newer");
	CHECK_EQ(history_save(h, path, 0), 0);
	CHECK_EQ(history_save(h, path, 0), 0);
	history_clear(h);
	CHECK_EQ(history_load(h, path), 0);
	expect(h, history_first(h), (const char *[]){"old", "new", "newer"}, 3);
	history_free(h);
}

enum { SHELLS = 3, EACH = 60 };

/* A shell that saves one entry at a time, cutting the file each time. */
static void shell(char name)
{
	struct history *h = history_new(1000, HISTORY_KEEP);
	char text[32];

	for (unsigned i = 0; i < EACH; i++) {
		snprintf(text, sizeof(text), "%c\n%u", name, i);
		history_add(h, text);
		while (history_save(h, path, SHELLS * EACH) == EAGAIN) {
		}
	}
	_exit(0);
}

/* The file is full from the start, so each of them replaces it at each entry. */
TEST(shells_at_once_lose_nothing)
{
	struct history *h = history_new(1000, HISTORY_KEEP);
	unsigned next[SHELLS] = {0};
	int status;

	write_file("");
	for (int i = 0; i < SHELLS * EACH; i++)
		history_add(h, "old");
	CHECK_EQ(history_save(h, path, 0), 0);
	history_clear(h);
	for (int i = 0; i < SHELLS; i++) {
		if (fork() == 0)
			shell((char)('a' + i));
	}
	for (int i = 0; i < SHELLS; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(history_load(h, path), 0);
	CHECK_EQ(history_count(h), SHELLS * EACH);
	for (size_t i = 0; i < history_count(h); i++) {
		const char *entry = history_get(h, history_first(h) + i);

		CHECK(entry[0] < 'a' + SHELLS);
		CHECK_EQ(atoi(entry + 2), next[entry[0] - 'a']++);
	}
	history_free(h);
}

TEST(held_lock_is_waited_for_only_so_long)
{
	struct history *h = history_new(10, HISTORY_KEEP);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int ready[2], status;
	pid_t child;
	char c;

	write_file("x\n");
	CHECK_EQ(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);

		_exit(fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "x", 1) != 1 || pause());
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	history_add(h, "kept");
	CHECK_EQ(history_save(h, path, 0), EAGAIN);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(history_save(h, path, 0), 0);
	close(ready[0]);
	close(ready[1]);
	history_free(h);
}

TEST(erased_entries_leave_the_file)
{
	struct history *h = history_new(10, HISTORY_KEEP);

	write_file("one\ntwo\\\nlines\none\nonetwo\n");
	CHECK_EQ(history_erase(path, "one"), 0);
	CHECK_EQ(history_load(h, path), 0);
	CHECK_EQ(history_count(h), 2);
	CHECK_STR_EQ(history_get(h, 1), "two\nlines");
	CHECK_STR_EQ(history_get(h, 2), "onetwo");
	CHECK_EQ(history_erase(path, "two\nlines"), 0);
	CHECK_EQ(history_erase(path, "not there"), 0);
	history_clear(h);
	CHECK_EQ(history_load(h, path), 0);
	CHECK_EQ(history_count(h), 1);
	CHECK_EQ(history_erase(path, NULL), 0);
	history_clear(h);
	CHECK_EQ(history_load(h, path), 0);
	CHECK_EQ(history_count(h), 0);
	CHECK_EQ(history_erase("/nonexistent/file", NULL), ENOENT);
	history_free(h);
}

TEST_MAIN();
