/*
 * obj watch: one descriptor for each event of the object, and one for the names bound in it when it is a directory.
 * A line of JSON for each that comes.
 */
#include "obj.h"
#include <errno.h>
#include <linux/object_calls.h>
#include <object-tree/cbor.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WATCHES_MAX 16
#define NAME_BYTES 64
#define BINDINGS "names" /* how the change of a directory's names is told */

static struct pollfd waits[WATCHES_MAX];
static char names[WATCHES_MAX][NAME_BYTES];
static unsigned count;

static bool add(const char *path, const char *event)
{
	long fd = syscall(NR_obj_watch, path, event, 0);

	if (fd < 0 || count == WATCHES_MAX)
		return false;
	waits[count] = (struct pollfd){.fd = (int)fd, .events = POLLIN};
	snprintf(names[count++], NAME_BYTES, "%s", event ? event : BINDINGS);
	return true;
}

/* Every event that the description names. */
static void add_all(const char *path)
{
	static unsigned char value[OBJECT_CALL_VALUE_MAX];
	struct cbor_reader events;
	uint64_t pairs;
	long len = syscall(NR_obj_describe, path, value, sizeof(value));

	if (len < 0 || cbor_find(value, (size_t)len, "events", &events) != OK ||
	    cbor_get_map(&events, &pairs) != OK)
		return;
	while (pairs-- > 0) {
		char name[NAME_BYTES];
		const char *key;
		size_t key_len;

		if (cbor_get_text(&events, &key, &key_len) != OK || cbor_skip(&events) != OK)
			return;
		snprintf(name, sizeof(name), "%.*s", (int)key_len, key);
		add(path, name);
	}
}

static void tell(const char *path)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned long times;

		if (waits[i].revents == 0 ||
		    read(waits[i].fd, &times, sizeof(times)) != sizeof(times))
			continue;
		printf("{\"event\":\"%s\",\"object\":\"%s\"}\n", names[i], path);
		fflush(stdout);
	}
}

int obj_watch_events(const char *path, const char *event)
{
	if (event) {
		if (!add(path, event))
			return obj_fail(path, event,
			                errno == ENOENT ? "no such event" : strerror(errno));
	} else {
		add(path, NULL);
		add_all(path);
	}
	if (count == 0)
		return obj_fail(path, NULL,
		                errno == ENOTDIR ? "nothing to watch" : strerror(errno));
	while (poll(waits, count, -1) >= 0 || errno == EINTR)
		tell(path);
	return obj_fail(path, NULL, strerror(errno));
}
