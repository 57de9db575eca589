/*
 * The names of AF_UNIX sockets: abstract ones, in a list here, and those in the file system, whose inode points at the
 * socket without a reference until it is closed.
 */
#include "names.h"
#include "unix.h"
#include <base/string.h>

#define PATH_AT 2u

static struct unix_socket *abstract_names; /* [u] */

static int64_t check_address(const struct socket_address *address)
{
	uint16_t family;
	if (address->len < sizeof(family) + 1)
		return -EINVAL;
	memcpy(&family, address->bytes, sizeof(family));
	return family == AF_UNIX ? 0 : -EAFNOSUPPORT;
}

static bool is_abstract(const struct socket_address *address)
{
	return address->bytes[PATH_AT] == 0;
}

static void path_of(const struct socket_address *address, char path[SOCKET_ADDRESS_MAX + 1])
{
	uint32_t len = address->len - PATH_AT;
	memcpy(path, address->bytes + PATH_AT, len);
	path[len] = 0;
}

static struct unix_socket *find_abstract_locked(const struct socket_address *address)
{
	struct unix_socket *u = abstract_names;
	while (u && (u->name.len != address->len ||
	             memcmp(u->name.bytes, address->bytes, address->len) != 0))
		u = u->next_named;
	return u;
}

static int64_t bind_abstract(struct unix_socket *u, const struct socket_address *address)
{
	mutex_lock(&unix_lock);
	bool has_name = u->name.len || u->is_being_named;
	int64_t result = find_abstract_locked(address) ? -EADDRINUSE : has_name ? -EINVAL : 0;
	if (result == 0) {
		u->name = *address;
		u->next_named = abstract_names;
		abstract_names = u;
	}
	mutex_unlock(&unix_lock);
	return result;
}

static int64_t make_name(struct task *task, const char *path, struct dentry **out)
{
	struct walk walk;
	int64_t result = walk_begin(&walk, task, AT_FDCWD, path);
	if (result == 0)
		result = walk_last(&walk, WALK_LINK);
	if (result == 0)
		result = -EADDRINUSE;
	else if (result == -ENOENT && *walk.rest == 0)
		result = make_in_walk(&walk, S_IFSOCK | 0777, 0, NULL, out);
	walk_end(&walk);
	return result == -EEXIST ? -EADDRINUSE : result;
}

/* One thread at a time makes a name for it, and only one of them succeeds. */
static bool begin_naming(struct unix_socket *u)
{
	mutex_lock(&unix_lock);
	bool may_begin = !u->name.len && !u->is_being_named;
	u->is_being_named = u->is_being_named || may_begin;
	mutex_unlock(&unix_lock);
	return may_begin;
}

/* With the name's dentry, or null when it could not be made. */
static void end_naming(struct unix_socket *u, const struct socket_address *address,
                       struct dentry *dentry)
{
	mutex_lock(&unix_lock);
	u->is_being_named = false;
	if (dentry) {
		u->name = *address;
		u->inode = dentry->inode;
		inode_get(u->inode);
		u->inode->socket = u;
	}
	mutex_unlock(&unix_lock);
}

int64_t unix_bind(struct task *task, struct socket *socket, const struct socket_address *address)
{
	struct unix_socket *u = unix_of(socket);
	char path[SOCKET_ADDRESS_MAX + 1];
	struct dentry *dentry = NULL;
	int64_t result = check_address(address);
	if (result != 0)
		return result == -EAFNOSUPPORT ? -EINVAL : result;
	if (is_abstract(address))
		return bind_abstract(u, address);
	if (!begin_naming(u))
		return -EINVAL;
	path_of(address, path);
	result = make_name(task, path, &dentry);
	end_naming(u, address, dentry);
	dentry_put(dentry);
	return result;
}

int64_t unix_find_bound(struct task *task, const struct socket_address *address,
                        struct unix_socket **out)
{
	char name[SOCKET_ADDRESS_MAX + 1];
	struct path path = {0};
	int64_t result = check_address(address);
	if (result == 0 && !is_abstract(address)) {
		path_of(address, name);
		result = path_lookup(task, AT_FDCWD, name, LOOKUP_FOLLOW, &path);
		if (result == 0)
			result = inode_permission(task, path.dentry->inode, MAY_WRITE);
	}
	if (result == 0) {
		mutex_lock(&unix_lock);
		struct unix_socket *u = is_abstract(address) ? find_abstract_locked(address)
		                                             : path.dentry->inode->socket;
		if (u)
			unix_get(u);
		mutex_unlock(&unix_lock);
		*out = u;
		result = u ? 0 : -ECONNREFUSED;
	}
	path_put(&path);
	return result;
}

int64_t unix_name(struct socket *socket, bool is_peer, struct socket_address *out)
{
	static const struct socket_address nameless = {2, {AF_UNIX, 0}};
	struct unix_socket *u = unix_of(socket);
	int64_t result = 0;
	mutex_lock(&unix_lock);
	const struct unix_socket *who = is_peer ? u->peer : u;
	if (!who)
		result = -ENOTCONN;
	else
		*out = who->name.len ? who->name : nameless;
	mutex_unlock(&unix_lock);
	return result;
}

void unix_unname_locked(struct unix_socket *u)
{
	struct unix_socket **at = &abstract_names;
	while (*at && *at != u)
		at = &(*at)->next_named;
	if (*at)
		*at = u->next_named;
	if (u->inode && u->inode->socket == u)
		u->inode->socket = NULL;
}
