/*
 * What the name cache believes of names that others change (dcache_names.c), against a server with one directory
 * that counts the questions it is asked. "Others" change its names and raise its generation.
 */
#include "host_files.h"
#include "fs_abi.h"
#include <base/test.h>
#include <distributed-fs/generations.h>
#include <stdlib.h>

#define NAMES 8
#define ROOT_INODE 7
#define ANOTHER_WITH_ITS_COUNTER (ROOT_INODE + GENERATION_COUNT)

static struct {
	char names[NAMES][16];
	uint64_t inodes[NAMES];
} server;
static unsigned questions;
static void (*meanwhile)(void); /* happens between a question and its answer */
static uint64_t counters[GENERATION_COUNT];
static const uint64_t *page = counters;
static struct super *super;
static uint64_t next_inode = 100;

static void raise_inode(uint64_t inode)
{
	counters[generation_slot(inode)]++;
}

static int slot_of(const char *name)
{
	for (int i = 0; i < NAMES; i++) {
		if (strcmp(server.names[i], name) == 0)
			return i;
	}
	return -1;
}

static void server_set(const char *name, uint64_t inode)
{
	int slot = slot_of(name);
	if (slot < 0)
		slot = slot_of("");
	snprintf(server.names[slot], sizeof(server.names[slot]), "%s", inode ? name : "");
	server.inodes[slot] = inode;
	raise_inode(ROOT_INODE);
}

/* --- the file system between cache and server --- */

static const struct inode_ops fake_ops;

/* One inode a number, as in the store. */
static struct inode *inode_of(uint64_t number)
{
	static struct inode *known[1000];
	if (!known[number]) {
		known[number] = inode_create(super, S_IFREG | 0644, &fake_ops);
		known[number]->number = number;
	}
	inode_get(known[number]);
	return known[number];
}

static int64_t fake_lookup(struct task *task, struct dentry *dir, const char *name,
                           struct inode **out)
{
	int slot = slot_of(name);
	uint64_t number = slot < 0 ? 0 : server.inodes[slot];
	(void)task, (void)dir;
	questions++;
	if (meanwhile)
		meanwhile();
	meanwhile = NULL;
	if (number == 0)
		return -ENOENT;
	*out = inode_of(number);
	return 0;
}

static int64_t fake_create(struct dentry *dir, const char *name, const struct new_inode *new,
                           struct dentry **out)
{
	struct names_stamp stamp = dcache_stamp(dir);
	(void)new;
	server_set(name, next_inode);
	if (meanwhile)
		meanwhile();
	meanwhile = NULL;
	return dcache_made(dir, name, inode_of(next_inode++), stamp, out);
}

static int64_t fake_unlink(struct dentry *victim, bool is_directory)
{
	char name[NAME_MAX + 1];
	struct dentry *dir = dentry_parent(victim);
	struct names_stamp stamp = dcache_stamp(dir);
	(void)is_directory;
	dentry_name(victim, name);
	server_set(name, 0);
	dcache_removed(dir, victim, stamp);
	dentry_put(dir);
	return 0;
}

static int64_t fake_rename(struct dentry *from, struct dentry *dir, const char *name,
                           struct dentry *existing, uint32_t flags)
{
	char old_name[NAME_MAX + 1];
	struct names_stamp stamps[2] = {dcache_stamp(dir), dcache_stamp(dir)};
	dentry_name(from, old_name);
	int to = slot_of(name), at = slot_of(old_name);
	if (meanwhile)
		meanwhile();
	meanwhile = NULL;
	if (to >= 0)
		server.names[to][0] = 0;
	snprintf(server.names[at], sizeof(server.names[at]), "%s", name);
	raise_inode(ROOT_INODE);
	return dcache_move(from, dir, name, existing, flags & RENAME_EXCHANGE, stamps);
}

static const struct file_ops fake_file_ops = {.name = "fake"};
static int64_t fake_open(struct task *task, struct file *file)
{
	(void)task;
	file->ops = &fake_file_ops;
	return 0;
}

static const struct inode_ops fake_ops = {
	.lookup = fake_lookup,
	.create = fake_create,
	.unlink = fake_unlink,
	.rename = fake_rename,
	.open = fake_open,
};
static const struct super_ops fake_super_ops;

static void start(void)
{
	struct path where;
	host_files_start();
	if (super) {
		page = counters;
		return;
	}
	for (unsigned i = 0; i < GENERATION_COUNT; i++)
		counters[i] = 1000;
	CHECK_EQ(HOST_CALL(mkdir, U("/s"), 0755), 0);
	super = super_create("fake", &fake_super_ops, SUPER_CACHED, 1);
	super->generations = &page;
	struct inode *root = inode_create(super, S_IFDIR | 0755, &fake_ops);
	root->number = ROOT_INODE;
	struct dentry *dentry = dentry_create_root(root);
	CHECK_EQ(path_at_start("s", &where), 0);
	CHECK_EQ(mount_attach(super, dentry, "none", &where, 0, false, NULL), 0);
	path_put(&where);
	dentry_put(dentry);
}

/* --- what a program sees --- */

static uint64_t inode_at(const char *path)
{
	struct linux_stat st = {0};
	return HOST_CALL(stat, U(path), U(&st)) == 0 ? st.ino : 0;
}

/* Questions that looking at the path costs. */
static unsigned cost_of(const char *path)
{
	unsigned before = questions;
	(void)inode_at(path);
	return questions - before;
}

static int64_t make(const char *path)
{
	int64_t fd = HOST_CALL(open, U(path), O_WRONLY | O_CREAT | O_EXCL, 0644);
	return fd < 0 ? fd : HOST_CALL(close, (uint64_t)fd);
}

TEST(what_was_seen_is_not_asked_again)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	CHECK_EQ(cost_of("/s/a"), 0);
	CHECK_EQ(inode_at("/s/b"), 0);
	CHECK_EQ(cost_of("/s/b"), 0);
	CHECK_EQ(cost_of("/s/../s/./a"), 0);
}

TEST(others_changes_are_seen_at_once)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	CHECK_EQ(inode_at("/s/b"), 0);
	server_set("a", 21);
	server_set("b", 22);
	CHECK_EQ(inode_at("/s/a"), 21);
	CHECK_EQ(inode_at("/s/b"), 22);
	server_set("a", 0);
	CHECK_EQ(inode_at("/s/a"), 0);
	CHECK_EQ(inode_at("/s/b"), 22);
	CHECK_EQ(cost_of("/s/a") + cost_of("/s/b"), 0);
}

TEST(a_shared_counter_costs_a_question)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	raise_inode(ANOTHER_WITH_ITS_COUNTER);
	CHECK_EQ(cost_of("/s/a"), 1);
	CHECK_EQ(cost_of("/s/a"), 0);
	raise_inode(ROOT_INODE + 1);
	CHECK_EQ(cost_of("/s/a"), 0);
}

TEST(our_own_changes_leave_the_rest_believed)
{
	start();
	server_set("a", 20);
	server_set("c", 0);
	CHECK_EQ(inode_at("/s/a"), 20);
	CHECK_EQ(inode_at("/s/b") + inode_at("/s/c"), 22);
	CHECK_EQ(make("/s/c"), 0);
	CHECK_EQ(inode_at("/s/c"), next_inode - 1); /* and is not absent any more */
	CHECK_EQ(cost_of("/s/a") + cost_of("/s/b") + cost_of("/s/c"), 0);
	CHECK_EQ(HOST_CALL(unlink, U("/s/c")), 0);
	CHECK_EQ(inode_at("/s/c"), 0);
	CHECK_EQ(cost_of("/s/a") + cost_of("/s/b") + cost_of("/s/c"), 0);
}

TEST(what_we_rename_is_known_under_its_new_name)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a") + inode_at("/s/b"), 42);
	CHECK_EQ(inode_at("/s/m"), 0);
	CHECK_EQ(HOST_CALL(rename, U("/s/a"), U("/s/m")), 0);
	CHECK_EQ(cost_of("/s/m") + cost_of("/s/b"), 0);
	CHECK_EQ(inode_at("/s/m"), 20);
	CHECK_EQ(inode_at("/s/a"), 0);
	CHECK_EQ(HOST_CALL(rename, U("/s/m"), U("/s/b")), 0); /* over another */
	CHECK_EQ(inode_at("/s/b"), 20);
	CHECK_EQ(inode_at("/s/m"), 0);
	server_set("b", 22);
	server_set("a", 20);
}

static void others_swap_a(void)
{
	server.inodes[slot_of("a")] = 40;
	raise_inode(ROOT_INODE);
}

TEST(what_others_swapped_before_our_rename_is_not_believed)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	CHECK_EQ(inode_at("/s/m"), 0);
	meanwhile = others_swap_a;
	CHECK_EQ(HOST_CALL(rename, U("/s/a"), U("/s/m")), 0);
	CHECK_EQ(inode_at("/s/m"), 40);
	CHECK_EQ(inode_at("/s/a"), 0);
	server_set("m", 0);
	server_set("a", 20);
}

static void others_take_a_away(void)
{
	server_set("a", 0);
}

TEST(a_change_beside_our_own_is_not_missed)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	CHECK_EQ(inode_at("/s/d"), 0);
	meanwhile = others_take_a_away;
	CHECK_EQ(make("/s/d"), 0); /* its look-up is answered from the cache */
	CHECK(!meanwhile);
	CHECK_EQ(inode_at("/s/a"), 0);
	CHECK_EQ(inode_at("/s/d"), next_inode - 1);
	CHECK_EQ(HOST_CALL(unlink, U("/s/d")), 0);
}

static void others_make_e(void)
{
	server_set("e", 30);
}

static void others_take_e_away(void)
{
	server_set("e", 0);
}

static void we_make_e(void)
{
	meanwhile = NULL;
	CHECK_EQ(make("/s/e"), 0);
}

TEST(an_answer_that_was_overtaken_is_not_kept)
{
	start();
	server_set("e", 0);
	meanwhile = others_make_e;
	CHECK_EQ(inode_at("/s/e"), 0);
	CHECK_EQ(inode_at("/s/e"), 30);
	raise_inode(ROOT_INODE);
	meanwhile = others_take_e_away;
	CHECK_EQ(inode_at("/s/e"), 30);
	CHECK_EQ(inode_at("/s/e"), 0);
	raise_inode(ROOT_INODE);
	meanwhile = we_make_e;
	(void)inode_at("/s/e");
	CHECK_EQ(inode_at("/s/e"), next_inode - 1);
	CHECK_EQ(HOST_CALL(unlink, U("/s/e")), 0);
}

TEST(without_a_page_nothing_is_believed)
{
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	page = NULL;
	CHECK_EQ(cost_of("/s/a"), 1);
	CHECK_EQ(cost_of("/s/a"), 1);
	server.inodes[slot_of("a")] = 23; /* nobody tells */
	CHECK_EQ(inode_at("/s/a"), 23);
	page = counters;
	counters[generation_slot(ROOT_INODE)] += 500; /* a new server's begin elsewhere */
	CHECK_EQ(cost_of("/s/a"), 1);
	CHECK_EQ(cost_of("/s/a"), 0);
}

TEST(a_directory_that_may_not_be_searched_shows_nothing)
{
	struct path where;
	start();
	server_set("a", 20);
	CHECK_EQ(inode_at("/s/a"), 20);
	CHECK_EQ(path_at_start("s", &where), 0);
	uint64_t all = host_task.cred.cap_effective;
	host_task.cred.cap_effective = 0;
	host_task.cred.fsuid = 5;
	where.dentry->inode->mode = S_IFDIR | 0700;
	struct linux_stat st;
	CHECK_EQ(HOST_CALL(stat, U("/s/a"), U(&st)), -EACCES);
	CHECK_EQ(HOST_CALL(stat, U("/s/absent"), U(&st)), -EACCES);
	where.dentry->inode->mode = S_IFDIR | 0755;
	host_task.cred.cap_effective = all;
	host_task.cred.fsuid = 0;
	path_put(&where);
	CHECK_EQ(inode_at("/s/a"), 20);
}

TEST(names_of_every_length)
{
	char path[NAME_MAX + 8] = "/w/", other[NAME_MAX + 8];
	start();
	CHECK_EQ(HOST_CALL(mkdir, U("/w"), 0755), 0);
	for (size_t len = 1; len <= NAME_MAX; len++) {
		memset(path + 3, 'x', len);
		path[3 + len] = 0;
		CHECK_EQ(make(path), 0);
		CHECK(inode_at(path) != 0);
		memcpy(other, path, sizeof(other));
		for (size_t at = 0; at < len; at++) {
			other[3 + at] = 'y';
			CHECK_EQ(inode_at(other), 0);
			other[3 + at] = 'x';
		}
	}
	memset(path + 3, 'x', NAME_MAX + 1);
	path[3 + NAME_MAX + 1] = 0;
	struct linux_stat st;
	CHECK_EQ(HOST_CALL(stat, U(path), U(&st)), -ENAMETOOLONG);
}

TEST_MAIN();
