/*
 * The fake kernel of the host tests (fake_kernel.h).
 */
#include "fake_kernel.h"
#include <base/test.h>

#define HANDLES 4096
#define OBJECTS 64

struct fake_object {
	uint32_t type;
	bool is_dead;
	unsigned stumbles;
	fake_server *serve;
	void *context;
	uint64_t bits;
};
struct fake_handle {
	uint32_t object; /* 0: free */
	uint32_t rights;
	uint64_t badge;
};

static struct fake_object objects[OBJECTS];
static struct fake_handle handles[HANDLES];
static uint32_t object_count, handle_hint;
static uint64_t clock_ns;
static uint8_t client_page[IPC_BYTES_MAX];

void *message_page(void)
{
	return client_page;
}

void fake_reset(void)
{
	memset(handles, 0, sizeof(handles));
	memset(objects, 0, sizeof(objects));
	object_count = 0;
	clock_ns = 1000;
}

static handle_t handle_add(uint32_t object, uint32_t rights, uint64_t badge)
{
	for (uint32_t i = 0; i < HANDLES - 1; i++) {
		handle_hint = handle_hint % (HANDLES - 1) + 1;
		if (handles[handle_hint].object == 0) {
			handles[handle_hint] = (struct fake_handle){object, rights, badge};
			return (handle_t){handle_hint};
		}
	}
	CHECK(!"out of handles");
	return HANDLE_NONE;
}

static struct fake_handle *handle_of(handle_t h)
{
	CHECK(h.value > 0 && h.value < HANDLES && handles[h.value].object != 0);
	return &handles[h.value];
}

handle_t fake_endpoint(fake_server *serve, void *context)
{
	CHECK(++object_count < OBJECTS);
	objects[object_count] = (struct fake_object){
		.type = OBJECT_ENDPOINT, .serve = serve, .context = context};
	return handle_add(object_count, OBJECT_RIGHTS_ENDPOINT, 0);
}

handle_t fake_event(void)
{
	CHECK(++object_count < OBJECTS);
	objects[object_count] = (struct fake_object){.type = OBJECT_EVENT};
	return handle_add(object_count, OBJECT_RIGHTS_EVENT, 0);
}

void fake_kill(handle_t endpoint)
{
	objects[handle_of(endpoint)->object].is_dead = true;
}

void fake_stumble(handle_t endpoint, unsigned calls)
{
	objects[handle_of(endpoint)->object].stumbles = calls;
}

int fake_live_handles(void)
{
	int count = 0;

	for (uint32_t i = 0; i < HANDLES; i++)
		count += handles[i].object != 0;
	return count;
}

uint64_t fake_event_bits(handle_t event)
{
	struct fake_object *object = &objects[handle_of(event)->object];
	uint64_t bits = object->bits;

	object->bits = 0;
	return bits;
}

void fake_set_clock(uint64_t now)
{
	clock_ns = now;
}

status_t sys_handle_close(handle_t h)
{
	*handle_of(h) = (struct fake_handle){0};
	return OK;
}

status_t sys_handle_derive(handle_t h, uint32_t rights, uint64_t badge, handle_t *out)
{
	const struct fake_handle *from = handle_of(h);

	if (objects[from->object].is_dead)
		return E_GONE;
	if ((from->rights & RIGHT_DERIVE) == 0 || (rights & ~from->rights) != 0)
		return E_ACCESS;
	if (badge != 0 && (from->badge != 0 || (from->rights & RIGHT_BADGE) == 0))
		return E_ACCESS;
	*out = handle_add(from->object, rights, badge != 0 ? badge : from->badge);
	return OK;
}

status_t sys_handle_info(handle_t h, void *info)
{
	const struct fake_handle *of = handle_of(h);
	struct handle_info filled = {objects[of->object].type, of->rights, of->badge, of->object};

	memcpy(info, &filled, sizeof(filled));
	return OK;
}

status_t sys_event_signal(handle_t event, uint64_t bits)
{
	objects[handle_of(event)->object].bits |= bits;
	return OK;
}

status_t sys_clock_now(uint64_t *out)
{
	*out = clock_ns;
	return OK;
}

void ipc_close_handles(const struct ipc_message *m)
{
	for (unsigned i = 0; i < ipc_tag_handles(m->tag) && i < IPC_HANDLES_MAX; i++)
		ipc_close(ipc_get_handle(m, i));
}

static status_t transfer(struct ipc_message *m)
{
	for (unsigned i = 0; i < ipc_tag_handles(m->tag); i++) {
		handle_t old = ipc_get_handle(m, i);
		struct fake_handle copy = *handle_of(old);
		bool is_moved = ipc_tag_moved(m->tag) >> i & 1;
		if ((copy.rights & (is_moved ? RIGHT_TRANSFER : RIGHT_DERIVE)) == 0)
			return E_ACCESS;
		ipc_put_handle(m, i, handle_add(copy.object, copy.rights, copy.badge));
		if (is_moved)
			sys_handle_close(old);
	}
	return OK;
}

status_t ipc_call(handle_t ep, struct ipc_message *m, uint64_t deadline)
{
	uint8_t server_page[IPC_BYTES_MAX];
	const struct fake_handle *of = handle_of(ep);
	struct fake_object *object = &objects[of->object];

	(void)deadline;
	if (object->is_dead)
		return E_GONE;
	if (object->type != OBJECT_ENDPOINT || (of->rights & RIGHT_CALL) == 0)
		return E_ACCESS;
	status_t status = transfer(m);
	if (status != OK)
		return status;
	if (object->stumbles > 0) {
		object->stumbles--;
		ipc_close_handles(m);
		return E_GONE;
	}
	memcpy(server_page, client_page, ipc_tag_bytes(m->tag));
	m->badge = of->badge;
	memset(client_page, 0xee, sizeof(client_page)); /* a server's own calls overwrite it */
	CHECK_EQ(object->serve(object->context, m, server_page), OK);
	memcpy(client_page, server_page, ipc_tag_bytes(m->tag));
	return transfer(m);
}
