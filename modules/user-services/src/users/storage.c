/*
 * Where users are kept. A user exists when /cfg/users/NAME.json does: that file is written last, so a user is
 * never half there. Who edits the files by hand may leave a number out or give one twice: such a user gets
 * a fresh one, which is written back at once, since files will be owned by it; the shell stays as it was. The number of a user who was
 * removed is not given again while the home directory is there.
 *
 * The file server may be restarted at any time: a call that finds it gone attaches anew and is repeated.
 */
#include "users/storage.h"

#include "users/settings.h"

#include <base/bits.h>
#include <base/format.h>
#include <base/string.h>
#include <distributed-fs/files_client.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <object-tree/json.h>

#define FOLDER "cfg/users"
#define HOMES "users"
#define DEFAULT_USER "alice"
#define DEFAULT_SHELL "/bin/sh-anon"
#define SUFFIX ".json"
#define PATH_BYTES 96
#define FILE_BYTES 2048
#define ATTACH_TRIES 2

static struct files_session session;

static status_t attach(void)
{
	handle_t files = start_handle("files");

	if (!handle_is_none(session.handle))
		(void)sys_handle_close(session.handle);
	session.handle = HANDLE_NONE;
	return handle_is_none(files) ? E_NOENT : files_attach(files, "", 0, &session);
}

/* One operation of the client library on what `context` says. */
typedef status_t operation_fn(void *context);

static status_t with_session(operation_fn *operation, void *context)
{
	status_t status = handle_is_none(session.handle) ? attach() : OK;

	for (int i = 0; i < ATTACH_TRIES && status == OK; i++) {
		status = operation(context);
		if (status != E_GONE && status != E_HANDLE)
			return status;
		status = attach();
	}
	return status;
}

/* --- reading --- */

struct names {
	uint32_t count;
	char of[USERS_MAX][USER_NAME_MAX + 1];
};

static status_t take_name(void *context, const char *name, uint64_t inode, uint8_t type)
{
	struct names *names = context;
	size_t len = strlen(name), suffix = strlen(SUFFIX);
	char user[USER_NAME_MAX + 1];

	(void)inode, (void)type;
	if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0 ||
	    !string_copy_len(user, name, len - suffix, sizeof(user)) || !user_name_is_valid(user))
		return OK;
	if (names->count == USERS_MAX) {
		log_warn("there are more users than %d; the rest is left out", USERS_MAX);
		return E_LIMIT;
	}
	string_copy(names->of[names->count++], user, sizeof(user));
	return OK;
}

static status_t list_names(void *context)
{
	struct names *names = context;

	names->count = 0;
	status_t status = files_list(&session, FOLDER, take_name, names);

	return status == E_LIMIT ? OK : status;
}

static void path_of(char path[PATH_BYTES], const char *name)
{
	format_string(path, PATH_BYTES, "%s/%s%s", FOLDER, name, SUFFIX);
}

struct record {
	const char *name; /* of the user */
	uint8_t value[FILE_BYTES];
	size_t len;
};

static status_t read_record(void *context)
{
	struct record *record = context;
	char path[PATH_BYTES], json[FILE_BYTES];
	size_t len = 0;

	path_of(path, record->name);
	status_t status = files_read(&session, path, json, sizeof(json) - 1, &len);

	if (status != OK)
		return status;
	json[len] = 0;
	status = json_parse(json, record->value, sizeof(record->value), &record->len);
	if (status != OK)
		log_warn("%s is not JSON", path);
	return status;
}

static uint64_t id_in(const struct record *record)
{
	struct cbor_reader found;
	uint64_t id = 0;

	if (cbor_find(record->value, record->len, "uid", &found) == OK)
		(void)cbor_get_uint(&found, &id);
	return id;
}

static void shell_in(const struct record *record, char shell[USER_SHELL_MAX + 1])
{
	struct cbor_reader found;
	const char *text;
	size_t len;

	if (cbor_find(record->value, record->len, "shell", &found) == OK &&
	    cbor_get_text(&found, &text, &len) == OK &&
	    string_copy_len(shell, text, len, USER_SHELL_MAX + 1) && user_shell_is_valid(shell))
		return;
	string_copy(shell, DEFAULT_SHELL, USER_SHELL_MAX + 1);
}

void storage_shell(const char *name, char shell[USER_SHELL_MAX + 1])
{
	struct record record = {.name = name};

	if (handle_is_none(start_handle("files")) || with_session(read_record, &record) != OK)
		record.len = 0;
	shell_in(&record, shell);
}

static status_t take_home(void *context, const char *name, uint64_t inode, uint8_t type)
{
	struct names *names = context;

	(void)inode, (void)type;
	if (names->count < USERS_MAX &&
	    string_copy(names->of[names->count], name, sizeof(names->of[0])))
		names->count++;
	return OK;
}

static void note_homes(struct users *u, struct names *names)
{
	char path[PATH_BYTES];
	struct file_attr attr;

	names->count = 0;
	if (files_list(&session, HOMES, take_home, names) != OK)
		return;
	for (uint32_t i = 0; i < names->count; i++) {
		format_string(path, sizeof(path), "%s/%s", HOMES, names->of[i]);
		if (files_stat(&session, path, &attr) == OK)
			users_note_id(u, attr.uid);
	}
}

/* --- writing --- */

static status_t make_folder(const char *path, const struct files_owner *owner)
{
	status_t status = files_mkdir(&session, path, owner);

	return status == E_EXIST ? OK : status;
}

static status_t make_home(const struct user *user)
{
	static const char *const parts[] = {"bin", "cfg", "doc", "media", "projects", "vault"};
	const struct files_owner open = {user->id, user->id, 0755},
				 closed = {user->id, user->id, 0700};
	char path[PATH_BYTES];

	format_string(path, sizeof(path), "users/%s", user->name);
	status_t status = make_folder(path, &open);

	for (uint32_t i = 0; i < ARRAY_SIZE(parts) && status == OK; i++) {
		format_string(path, sizeof(path), "users/%s/%s", user->name, parts[i]);
		status = make_folder(path, strcmp(parts[i], "vault") == 0 ? &closed : &open);
	}
	return status;
}

static status_t write_record(const struct user *user, const char *shell)
{
	char path[PATH_BYTES], json[FILE_BYTES];
	size_t len = format_string(json, sizeof(json),
	                           "{\n"
	                           "  \"name\": \"%s\",\n"
	                           "  \"uid\": %u,\n"
	                           "  \"gid\": %u,\n"
	                           "  \"home\": \"/users/%s\",\n"
	                           "  \"shell\": \"%s\"\n"
	                           "}\n",
	                           user->name, user->id, user->id, user->name, shell);

	path_of(path, user->name);
	return files_write(&session, path, json, len, NULL);
}

static status_t create(void *context)
{
	const struct user *user = context;
	status_t status = make_home(user);

	return status == OK ? write_record(user, DEFAULT_SHELL) : status;
}

status_t storage_create(const struct user *user)
{
	struct user copy = *user;

	if (handle_is_none(start_handle("files")))
		return OK;
	return with_session(create, &copy);
}

/* --- the whole list --- */

static void give_id(struct users *u, int at)
{
	struct user *user = &u->of[at];
	char shell[USER_SHELL_MAX + 1];

	users_give_id(u, at);
	log_warn("%s gets the number %u", user->name, user->id);
	storage_shell(user->name, shell);
	if (write_record(user, shell) != OK)
		log_warn("it could not be written down");
}

static uint64_t read_id(const char *name)
{
	struct record record = {.name = name};

	return read_record(&record) == OK ? id_in(&record) : 0;
}

static void load_known(struct users *u, struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		(void)users_add_known(u, names->of[i], read_id(names->of[i]));
	note_homes(u, names);
	for (uint32_t i = 0; i < u->count; i++) {
		if (u->of[i].id == 0)
			give_id(u, (int)i);
	}
}

static void choose_current(struct users *u, bool has_files)
{
	char name[USER_NAME_MAX + 1] = DEFAULT_USER;
	status_t status = has_files ? settings_autologin(&session, name) : OK;
	int at = users_find(u, name);

	if (status != OK)
		log_warn("/cfg/system.json: %s; %s is to be logged in", status_name(status), name);
	else if (at < 0)
		log_warn("/cfg/system.json: there is no user %s", name);
	u->current = (uint32_t)MAX(at, 0);
}

void storage_load(struct users *u)
{
	static struct names names;
	status_t status = with_session(list_names, &names);

	users_init(u);
	if (status == OK)
		load_known(u, &names);
	else
		log_warn("users are kept in memory: %s", status_name(status));
	if (u->count == 0) {
		users_add(u, DEFAULT_USER);
		users_add(u, "bob");
	}
	choose_current(u, status == OK);
}
