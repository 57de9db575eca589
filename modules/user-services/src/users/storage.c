/*
 * Where users are kept. A user exists when /cfg/users/NAME.json does: that file is written last, so a user is
 * never half there. Who edits the files by hand may leave a number out or give one twice: such a user gets
 * a fresh one, which is written back at once, since files will be owned by it. The number of a user who was
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

static uint64_t read_id(const char *name)
{
	char path[PATH_BYTES], json[FILE_BYTES];
	uint8_t value[FILE_BYTES];
	struct cbor_reader found;
	size_t len = 0, value_len = 0;
	uint64_t id = 0;

	path_of(path, name);
	if (files_read(&session, path, json, sizeof(json) - 1, &len) != OK)
		return 0;
	json[len] = 0;
	if (json_parse(json, value, sizeof(value), &value_len) != OK)
		log_warn("%s is not JSON", path);
	else if (cbor_find(value, value_len, "uid", &found) == OK)
		(void)cbor_get_uint(&found, &id);
	return id;
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

static status_t write_record(const struct user *user)
{
	char path[PATH_BYTES], json[FILE_BYTES];
	size_t len = format_string(json, sizeof(json),
	                           "{\n"
	                           "  \"name\": \"%s\",\n"
	                           "  \"uid\": %u,\n"
	                           "  \"gid\": %u,\n"
	                           "  \"home\": \"/users/%s\",\n"
	                           "  \"shell\": \"/bin/sh\"\n"
	                           "}\n",
	                           user->name, user->id, user->id, user->name);

	path_of(path, user->name);
	return files_write(&session, path, json, len, NULL);
}

static status_t create(void *context)
{
	const struct user *user = context;
	status_t status = make_home(user);

	return status == OK ? write_record(user) : status;
}

status_t storage_create(const struct user *user)
{
	struct user copy = *user;

	if (handle_is_none(start_handle("files")))
		return OK;
	return with_session(create, &copy);
}

/* --- the whole list --- */

static void load_known(struct users *u, struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		(void)users_add_known(u, names->of[i], read_id(names->of[i]));
	note_homes(u, names);
	for (uint32_t i = 0; i < u->count; i++) {
		if (u->of[i].id != 0)
			continue;
		users_give_id(u, (int)i);
		log_warn("%s gets the number %u", u->of[i].name, u->of[i].id);
		if (write_record(&u->of[i]) != OK)
			log_warn("it could not be written down");
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
