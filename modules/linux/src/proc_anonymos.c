/*
 * /proc/anonymos: where a program is in this system, for the prompt and for scripts. Each file is one word,
 * `session` all of them in one line. Nothing is remembered here: the user manager says at each reading who sits at
 * the console (a container without one shows the reader's number), the monitor knows the name of its container, and
 * the processor says at which level code of this address space runs.
 */
#include "container.h"
#include "procfs.h"
#include "syscall.h"
#include <base/format.h>
#include <base/string.h>
#include <libanon/start.h>
#include <object-tree/object.h>

#define USER_MANAGER "/user/userManager"
#define NAME_BYTES 64

static bool ask_user_manager(char *name, size_t size)
{
	static const char method[] = "getCurrentUser";
	uint8_t value[256];
	struct obj_arguments arguments = {0};
	struct obj_result result = {.at = value, .max = sizeof(value)};
	struct cbor_reader user;
	const char *text;
	size_t len;

	if (obj_call(start_handle("root"), USER_MANAGER, method, &arguments, &result) != OK)
		return false;
	if (!handle_is_none(result.cap))
		(void)sys_handle_close(result.cap);
	if (cbor_find(value, result.len, "name", &user) != OK ||
	    cbor_get_text(&user, &text, &len) != OK)
		return false;
	return string_copy_len(name, text, len, size);
}

static void user_name(struct task *reader, char *name, size_t size)
{
	if (!ask_user_manager(name, size))
		format_string(name, size, "%u", reader ? reader->cred.uid : 0);
}

/* A monitor and what it confines differ in what is mapped, not in the level: the level of this code is theirs. */
static unsigned privilege_level(void)
{
	uint16_t selector;

	__asm__("mov %%cs, %0" : "=r"(selector));
	return selector & 3;
}

#define SHOW(name) \
	static int64_t show_##name(struct task *reader __attribute__((unused)), \
	                           const struct synth_target *target __attribute__((unused)), \
	                           struct text *text)

SHOW(user)
{
	char name[NAME_BYTES];

	user_name(reader, name, sizeof(name));
	text_add(text, "%s\n", name);
	return 0;
}

SHOW(namespace)
{
	text_add(text, "%s\n", container_name());
	return 0;
}

SHOW(permission)
{
	text_add(text, "ring%u\n", privilege_level());
	return 0;
}

SHOW(session)
{
	char name[NAME_BYTES];

	user_name(reader, name, sizeof(name));
	text_add(text, "%s %s ring%u\n", name, container_name(), privilege_level());
	return 0;
}

#define FACT(n) \
	{ \
		.name = #n, .mode = S_IFREG | 0444, .show = show_##n \
	}

const struct synth_entry proc_anonymos_entries[] = {
	FACT(namespace), FACT(permission), FACT(session), FACT(user), {0},
};
