/*
 * Descriptors that travel: the rights in packets that wait in the queues of AF_UNIX sockets.
 *
 * A socket can be held by packets alone. It can be received as long as one of these waits in the queue of a socket that
 * somebody holds, or that can be received itself; a connection that nobody has accepted is its listener's. What is
 * left are circles that nothing leads to. They are looked for when a socket is closed and when a table of descriptors ends, by
 * marking what can be reached. The count of references to a file may change meanwhile, but not from "packets only":
 * to get another one somebody must take a packet, under the lock, from a socket that he holds.
 *
 * What is dropped may close a socket whose queue holds the next one, and so on: a loop, however long that chain is.
 */
#include "unix.h"
#include <libanon/thread.h>

/* A thread that drops rights. Sockets that are closed by that leave theirs here. */
struct dropper {
	const struct anon_thread *thread;
	struct socket_rights *left;
	struct dropper *next;
};

static struct list carriers = LIST_INIT(carriers); /* [u] sockets with rights in their queues */
static bool may_be_circles;                        /* [u] one was closed since there were none */
static struct dropper *droppers;                   /* [u] */

/* --- taking off and landing --- */

/* The next socket that a packet names, from *index on; null: no more. */
static struct unix_socket *next_named(const struct socket_rights *rights, uint32_t *index)
{
	while (*index < rights->count) {
		struct socket *socket = socket_of(rights->files[(*index)++]);
		if (socket && socket->ops->family == AF_UNIX)
			return unix_of(socket);
	}
	return NULL;
}

/* Through whom its queue can be had. */
static struct unix_socket *owner_of(struct unix_socket *u)
{
	return u->listener ? u->listener : u;
}

static void count_flights(const struct socket_rights *rights, int32_t change)
{
	struct unix_socket *found;
	for (uint32_t i = 0; (found = next_named(rights, &i));)
		found->flights += (uint32_t)change;
}

/* What closes a circle is put into the queue of a socket that flies itself. */
void flight_start_locked(struct unix_socket *u, struct packet *packet)
{
	if (!packet->rights)
		return;
	list_push_back(&u->carrying, &packet->flight);
	if (!list_is_linked(&u->carrier))
		list_push_back(&carriers, &u->carrier);
	count_flights(packet->rights, 1);
	if (owner_of(u)->flights > 0)
		may_be_circles = true;
}

void flight_land_locked(struct unix_socket *u, struct packet *packet)
{
	if (!list_is_linked(&packet->flight))
		return;
	count_flights(packet->rights, -1);
	list_remove(&packet->flight);
	if (list_is_empty(&u->carrying))
		list_remove(&u->carrier);
	if (list_is_empty(&carriers))
		may_be_circles = false;
}

struct socket_rights *flight_land_all_locked(struct unix_socket *u)
{
	struct socket_rights *all = NULL;
	while (!list_is_empty(&u->carrying)) {
		struct packet *packet = list_entry(list_first(&u->carrying), struct packet, flight);
		flight_land_locked(u, packet);
		packet->rights->next = all;
		all = packet->rights;
		packet->rights = NULL;
	}
	return all;
}

/* --- circles --- */

/* Calls fn for each socket that waits in this one's queue. */
static void for_each_carried_locked(struct unix_socket *u, void (*fn)(struct unix_socket *found))
{
	struct list *at;
	list_for_each (at, &u->carrying) {
		const struct socket_rights *rights = list_entry(at, struct packet, flight)->rights;
		struct unix_socket *found;
		for (uint32_t i = 0; (found = next_named(rights, &i));)
			fn(found);
	}
}

static void for_each_carrier_locked(void (*fn)(struct unix_socket *carrier))
{
	struct list *at;
	list_for_each (at, &carriers)
		fn(list_entry(at, struct unix_socket, carrier));
}

static void forget_mark(struct unix_socket *u)
{
	u->is_reached = false;
}

static void forget_marks(struct unix_socket *carrier)
{
	forget_mark(carrier);
	forget_mark(owner_of(carrier));
	for_each_carried_locked(carrier, forget_mark);
}

static struct unix_socket *reached; /* [u] and not looked into yet, by next_reached */

static void reach(struct unix_socket *u)
{
	if (u->is_reached)
		return;
	u->is_reached = true;
	u->next_reached = reached;
	reached = u;
}

/* One without a file is being made by somebody who holds it. */
static bool is_held_by_others(const struct unix_socket *u)
{
	const struct file *file = u->socket.file;
	return !file || __atomic_load_n(&file->references, __ATOMIC_ACQUIRE) > u->flights;
}

static void reach_if_held(struct unix_socket *carrier)
{
	struct unix_socket *owner = owner_of(carrier);
	if (is_held_by_others(owner))
		reach(owner);
}

static void follow_reached_locked(void)
{
	while (reached) {
		struct unix_socket *u = reached;
		reached = u->next_reached;
		for_each_carried_locked(u, reach);
		for (struct unix_socket *p = u->pending; p; p = p->next_pending)
			reach(p);
	}
}

static struct socket_rights *join(struct socket_rights *a, struct socket_rights *b)
{
	struct socket_rights **end = &a;
	while (*end)
		end = &(*end)->next;
	*end = b;
	return a;
}

/* What the queues hold that nobody can read. */
static struct socket_rights *take_unreachable_locked(void)
{
	struct socket_rights *all = NULL;
	struct list *at, *next;
	for_each_carrier_locked(forget_marks);
	for_each_carrier_locked(reach_if_held);
	follow_reached_locked();
	list_for_each_safe (at, next, &carriers) {
		struct unix_socket *u = list_entry(at, struct unix_socket, carrier);
		if (!u->is_reached)
			all = join(flight_land_all_locked(u), all);
	}
	return all;
}

/* --- dropping --- */

static struct dropper *find_dropper_locked(const struct anon_thread *thread)
{
	struct dropper *dropper = droppers;
	while (dropper && dropper->thread != thread)
		dropper = dropper->next;
	return dropper;
}

static void leave_locked(const struct dropper *dropper)
{
	struct dropper **at = &droppers;
	while (*at != dropper)
		at = &(*at)->next;
	*at = dropper->next;
}

static bool has_work_locked(struct dropper *dropper)
{
	if (!dropper->left && may_be_circles)
		dropper->left = take_unreachable_locked();
	return dropper->left;
}

static void drop_all(struct dropper *own)
{
	while (has_work_locked(own)) {
		struct socket_rights *one = own->left;
		own->left = one->next;
		mutex_unlock(&unix_lock);
		socket_rights_free(one);
		mutex_lock(&unix_lock);
	}
}

void flight_drop(struct socket_rights *rights)
{
	struct dropper own = {.thread = thread_self(), .left = rights};
	mutex_lock(&unix_lock);
	struct dropper *outer = find_dropper_locked(own.thread);
	if (outer) {
		outer->left = join(rights, outer->left);
	} else {
		own.next = droppers;
		droppers = &own;
		drop_all(&own);
		leave_locked(&own);
	}
	mutex_unlock(&unix_lock);
}

void unix_drop_unreachable(void)
{
	flight_drop(NULL);
}
