/*
 * /etc as programs expect it, made from /cfg at each reading: users are the names in /cfg/users (NAME.json,
 * with its "uid" and "shell" when it says them), the host's name is /cfg/hostname. Files of the store's own /etc win.
 */
#include "etcfs.h"
#include "file.h"
#include "procfs.h"
#include "syscall.h"
#include "uname.h"
#include <base/bits.h>
#include <base/string.h>
#include <object-tree/json.h>

#define FIRST_USER_ID 1000u
#define USERS_SHOWN_MAX 256u
#define FILE_BYTES 2048
#define USUAL_SHELL "/bin/sh-anon"

/* The beginning of a file, terminated; its length or a negated errno. */
static int64_t read_file(const char *name, char *buffer, size_t size)
{
	struct path path;
	struct file *file;
	int64_t len = path_at_start(name, &path);
	if (len != 0)
		return len;
	len = S_ISREG(path.dentry->inode->mode) ? file_open_path(NULL, &path, O_RDONLY, &file)
	                                        : -EINVAL;
	path_put(&path);
	if (len != 0)
		return len;
	len = file_pread(file, buffer, size - 1, 0);
	file_put(file);
	buffer[MAX(len, 0l)] = 0;
	return len;
}

#define SHELL_BYTES 64

struct user_record {
	uint32_t id;
	char shell[SHELL_BYTES];
};

static bool is_field(const char *text)
{
	while (*text > ' ' && *text != ':' && *text != 0x7f)
		text++;
	return !*text;
}

/* What the file says, as far as it can stand in passwd; the rest of the record is as before. */
static void read_record(const char *path, struct user_record *record)
{
	char json[FILE_BYTES], shell[SHELL_BYTES];
	uint8_t value[FILE_BYTES];
	struct cbor_reader found;
	const char *text;
	size_t len, text_len;
	uint64_t id;
	if (read_file(path, json, sizeof(json)) <= 0 ||
	    json_parse(json, value, sizeof(value), &len) != OK)
		return;
	if (cbor_find(value, len, "uid", &found) == OK && cbor_get_uint(&found, &id) == OK &&
	    id <= UINT32_MAX)
		record->id = (uint32_t)id;
	if (cbor_find(value, len, "shell", &found) == OK &&
	    cbor_get_text(&found, &text, &text_len) == OK &&
	    string_copy_len(shell, text, text_len, sizeof(shell)) && is_field(shell))
		string_copy(record->shell, shell, sizeof(record->shell));
}

struct user_list {
	struct dir_sink sink; /* first */
	struct text *text;
	uint32_t count;
	uint64_t next;
	bool is_group;
};

static void add_user(struct user_list *list, const char *name, const struct user_record *record)
{
	if (list->is_group)
		text_add(list->text, "%s:x:%u:\n", name, record->id);
	else
		text_add(list->text, "%s:x:%u:%u:%s:/users/%s:%s\n", name, record->id, record->id,
		         name, name, record->shell);
}

static bool take_name(struct dir_sink *sink, const char *name, uint64_t inode, uint8_t type,
                      uint64_t next)
{
	struct user_list *list = (struct user_list *)sink;
	char user[64], path[96] = "cfg/users/";
	size_t len = strlen(name);
	(void)inode, (void)type;
	list->next = next;
	if (len < 6 || len - 5 >= sizeof(user) || strcmp(name + len - 5, ".json") != 0)
		return true;
	string_copy_len(user, name, len - 5, sizeof(user));
	if (strchr(user, ':') || strchr(user, '\n') ||
	    !string_copy(path + 10, name, sizeof(path) - 10))
		return true;
	struct user_record record = {FIRST_USER_ID + list->count, USUAL_SHELL};
	read_record(path, &record);
	add_user(list, user, &record);
	return ++list->count < USERS_SHOWN_MAX;
}

static void add_users(struct text *text, bool is_group)
{
	struct user_list list = {.sink.emit = take_name, .text = text, .is_group = is_group};
	struct path path;
	uint64_t cursor;
	if (path_at_start("cfg/users", &path) != 0)
		return;
	const struct file_ops *ops = path.dentry->inode->file_ops;
	do {
		cursor = list.next;
		if (!ops || !ops->readdir ||
		    ops->readdir(NULL, path.dentry, cursor, &list.sink) != 0)
			break;
	} while (list.next != cursor && list.count < USERS_SHOWN_MAX);
	path_put(&path);
}

#define SHOW(name) \
	static int64_t show_##name(struct task *reader __attribute__((unused)), \
	                           const struct synth_target *target __attribute__((unused)), \
	                           struct text *text)

SHOW(passwd)
{
	text_add(text, "root:x:0:0:root:/root:/bin/sh\n");
	add_users(text, false);
	text_add(text, "nobody:x:65534:65534:nobody:/:/bin/false\n");
	return 0;
}

SHOW(group)
{
	text_add(text, "root:x:0:\ntty:x:5:\n");
	add_users(text, true);
	text_add(text, "nogroup:x:65534:\n");
	return 0;
}

#define HOST_BYTES 65

/* The first line of /cfg/hostname; false when it says nothing. */
static bool configured_host(char name[HOST_BYTES])
{
	int64_t len = read_file("cfg/hostname", name, HOST_BYTES);
	char *end = len > 0 ? strchr(name, '\n') : NULL;
	if (end)
		*end = 0;
	return len > 0 && name[0];
}

SHOW(hostname)
{
	char name[HOST_BYTES];
	if (!configured_host(name))
		uname_host(name, sizeof(name));
	text_add(text, "%s\n", name);
	return 0;
}

SHOW(hosts)
{
	char host[HOST_BYTES];
	uname_host(host, sizeof(host));
	text_add(text, "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost\n", host);
	return 0;
}

SHOW(nsswitch)
{
	text_add(text, "passwd: files\ngroup: files\nhosts: files dns\n");
	return 0;
}

SHOW(shells)
{
	text_add(text, "/bin/sh\n/bin/ash\n/bin/sh-anon\n");
	return 0;
}

/* The prompt is true at each moment: the shell expands it anew each time, asking /proc/anonymos. */
SHOW(profile)
{
	static const char lines[] =
		"PS1='$(read -r user namespace permission </proc/anonymos/session;"
		" echo \"$user@$namespace:$PWD($permission)\")\\$ '\n"
		"for folder in /apps/*/*/bin \"$HOME/bin\"; do\n"
		"\t[ -d \"$folder\" ] && PATH=$PATH:$folder\n"
		"done\n"
		"unset folder\n"
		"export PATH PS1\n";

	text_add_bytes(text, lines, sizeof(lines) - 1);
	return 0;
}

SHOW(nothing)
{
	(void)text;
	return 0;
}

#define TEXT_FILE(n, s) \
	{ \
		.name = (n), .mode = S_IFREG | 0644, .show = (s) \
	}

static const struct synth_entry entries[] = {
	TEXT_FILE("fstab", show_nothing),          TEXT_FILE("group", show_group),
	TEXT_FILE("hostname", show_hostname),      TEXT_FILE("hosts", show_hosts),
	TEXT_FILE("nsswitch.conf", show_nsswitch), TEXT_FILE("passwd", show_passwd),
	TEXT_FILE("profile", show_profile),        TEXT_FILE("resolv.conf", show_nothing),
	TEXT_FILE("shells", show_shells),          {0},
};

static const struct synth_entry root = {.name = "/", .mode = S_IFDIR | 0755, .children = entries};

int64_t etcfs_create(struct super **out_super, struct dentry **out_root)
{
	char name[HOST_BYTES];
	if (configured_host(name))
		uname_set_host(name);
	return synthfs_create("etc", RAMFS_MAGIC, &root, out_super, out_root);
}
