/*
 * The handles of system calls, by the table that the kernel itself is made from: whatever a call asks of a handle, one that
 * is stale, of another type, or without the right is refused as such. All other handles of the call are good, so nothing
 * but the one in question can be the cause; numbers and addresses are all 0.
 */
#include <base/string.h>
#include "refusals.h"

#define STALE 0x7fffff01u

struct argument {
	uint32_t number;
	uint32_t index;
	const char *call;
	const char *name;
	uint32_t right;
	bool is_handle;
};

static const struct argument arguments[] = {
#define HANDLE true
#define U64 false
#define U32 false
#define PTR false
#define OUT false
#define SYSCALL_ARG(number, call, index, kind, name, right) \
	{number, index, #call, #name, right, kind},
#include <microkernel/syscall_rows.h>
#undef SYSCALL_ARG
};
#define ARGUMENTS (sizeof(arguments) / sizeof(arguments[0]))

static const struct {
	const char *argument;
	enum refusals_kind kind;
} kinds[] = {
	{"h", GOOD_EVENT},           {"domain", GOOD_DOMAIN},
	{"parent", GOOD_DOMAIN},     {"process", GOOD_PROCESS},
	{"thread", GOOD_THREAD},     {"memory", GOOD_MEMORY},
	{"source", GOOD_MEMORY},     {"paged", GOOD_PAGED},
	{"physical", GOOD_PHYSICAL}, {"target", GOOD_PROCESS},
	{"space", GOOD_SPACE},       {"endpoint", GOOD_ENDPOINT},
	{"event", GOOD_EVENT},       {"timer", GOOD_TIMER},
	{"control", GOOD_CONTROL},   {"interrupt", GOOD_INTERRUPT},
	{"ports", GOOD_PORTS},
};

/* GOOD_KINDS: the table of calls has an argument that this file does not know. */
static enum refusals_kind kind_of(const char *argument)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].argument, argument) == 0)
			return kinds[i].kind;
	return GOOD_KINDS;
}

/* Calls whose registers are their own (IPC) are tested where IPC is. */
static bool is_by_hand(const struct argument *a)
{
	return a->number <= SYS_enter;
}

static status_t call_with(const struct argument *tested, handle_t handle)
{
	uint64_t args[5] = {0};
	uint64_t result;

	for (unsigned i = 0; i < ARGUMENTS; i++)
		if (arguments[i].number == tested->number && arguments[i].is_handle)
			args[arguments[i].index] = refusals_good[kind_of(arguments[i].name)].value;
	args[tested->index] = handle.value;
	return sys_invoke5(tested->number, args[0], args[1], args[2], args[3], args[4], &result);
}

static void expect(const struct argument *a, handle_t handle, status_t wanted, const char *what)
{
	status_t got = call_with(a, handle);

	refusals_check(got == wanted, what, a->call, got);
}

static handle_t without(handle_t handle, uint32_t right)
{
	handle_t lesser = HANDLE_NONE;
	status_t status = sys_handle_derive(handle, RIGHTS_ALL & ~right, 0, &lesser);

	refusals_check(status == OK, "derives", "handle_derive", status);
	return lesser;
}

static void test_argument(const struct argument *a)
{
	enum refusals_kind kind = kind_of(a->name);
	handle_t lesser;

	refusals_check(kind != GOOD_KINDS, "a kind of handle is known", a->name, OK);
	if (kind == GOOD_KINDS)
		return;
	expect(a, (handle_t){STALE}, E_HANDLE, "stale handle");
	if (strcmp(a->name, "h") != 0)
		expect(a, refusals_good[kind == GOOD_MEMORY ? GOOD_EVENT : GOOD_MEMORY], E_TYPE,
		       "handle of another type");
	if (!a->right)
		return;
	lesser = without(refusals_good[kind], a->right);
	expect(a, lesser, E_ACCESS, "handle without the right");
	(void)sys_handle_close(lesser);
}

void refusals_of_handles(void)
{
	for (unsigned i = 0; i < ARGUMENTS; i++)
		if (arguments[i].is_handle && !is_by_hand(&arguments[i]))
			test_argument(&arguments[i]);
}
