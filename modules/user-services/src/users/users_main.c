/*
 * The user manager: who the users are and who sits at the console. They are kept as files (users/storage.c);
 * createUser also makes the user's directories.
 */
#include "common/service.h"
#include "users/storage.h"

#include <base/bits.h>
#include <libanon/log.h>

static struct service self;
static struct users users;

static status_t get_name(const struct object_call *call, char name[USER_NAME_MAX + 1])
{
	status_t status = object_arg_text(call, "name", name, USER_NAME_MAX + 1);

	if (status != OK)
		return status;
	return user_name_is_valid(name) ? OK : E_INVAL;
}

static void put_user(struct object_call *call, const struct user *user)
{
	struct cbor_mark map = cbor_open_map(&call->result);

	service_put_uint(&call->result, "id", user->id);
	service_put_text(&call->result, "name", user->name);
	cbor_close(&call->result, map);
}

static status_t method_create(struct object_call *call)
{
	char name[USER_NAME_MAX + 1];
	status_t status = get_name(call, name);
	int at;

	if (status != OK)
		return status;
	if (users_find(&users, name) >= 0)
		return E_EXIST;
	at = users_add(&users, name);
	if (at < 0)
		return E_LIMIT;
	status = storage_create(&users.of[at]);
	if (status != OK) {
		users_drop_last(&users);
		return status;
	}
	put_user(call, &users.of[at]);
	service_news(&self, 0);
	return OK;
}

static status_t method_set_current(struct object_call *call)
{
	char name[USER_NAME_MAX + 1];
	status_t status = get_name(call, name);
	int at = status == OK ? users_find(&users, name) : -1;

	if (status != OK)
		return status;
	if (at < 0)
		return E_NOENT;
	users.current = (uint32_t)at;
	put_user(call, &users.of[at]);
	service_news(&self, 0);
	return OK;
}

static status_t method_get_current(struct object_call *call)
{
	put_user(call, &users.of[users.current]);
	return OK;
}

static status_t method_get_shell(struct object_call *call)
{
	char name[USER_NAME_MAX + 1], shell[USER_SHELL_MAX + 1];
	status_t status = get_name(call, name);

	if (status != OK)
		return status;
	if (users_find(&users, name) < 0)
		return E_NOENT;
	storage_shell(name, shell);
	struct cbor_mark map = cbor_open_map(&call->result);

	service_put_text(&call->result, "shell", shell);
	cbor_close(&call->result, map);
	return OK;
}

static status_t method_list(struct object_call *call)
{
	struct cbor_mark map = cbor_open_map(&call->result), array;

	cbor_put_text(&call->result, "users");
	array = cbor_open_array(&call->result);
	for (uint32_t i = 0; i < users.count; i++)
		put_user(call, &users.of[i]);
	cbor_close(&call->result, array);
	cbor_close(&call->result, map);
	return OK;
}

static const struct object_method methods[] = {
	{"createUser", "Add a user.", "name: text", "{id: uint, name: text}", OBJECT_MAY_MANAGE,
         method_create},
	{"setCurrentUser", "Who sits at the console.", "name: text", "{id: uint, name: text}",
         OBJECT_MAY_CHANGE, method_set_current},
	{"getCurrentUser", "Who sits at the console.", NULL, "{id: uint, name: text}",
         OBJECT_MAY_READ, method_get_current},
	{"getShell", "What a user logs in with.", "name: text", "{shell: text}", OBJECT_MAY_READ,
         method_get_shell},
	{"listUsers", "All users.", NULL, "{users: [map]}", OBJECT_MAY_READ, method_list},
};
static const struct object_event events[] = {
	{"changed", "A user was added or another one is current.", 1}};
static const struct object_type type = {.name = "userManager",
                                        .doc = "Users.",
                                        .methods = methods,
                                        .method_count = ARRAY_SIZE(methods),
                                        .events = events,
                                        .event_count = ARRAY_SIZE(events),
                                        .subscribe = service_subscribe};

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
	storage_load(&users);
	if (service_begin(&self, HANDLE_NONE, NULL, NULL) != OK)
		return 1;
	return service_run(&self, &type);
}
