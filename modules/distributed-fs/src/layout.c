/*
 * The default tree of a fresh store: the folders a system and its users expect, and the
 * configuration files of a first boot. Everything here is data; the first commit after it
 * puts it on the device together with the first super-block.
 */
#include "store_private.h"

#define ROOT_UID 0u
#define ALICE_UID 1000u
#define BOB_UID 1001u

struct layout_dir {
	const char *path;
	uint32_t owner; /* user and group */
	uint32_t mode;
};

struct layout_file {
	const char *path;
	const char *text;
};

#define HOME(name, uid) \
	{"/users/" name, uid, 0755}, {"/users/" name "/bin", uid, 0755}, \
		{"/users/" name "/cfg", uid, 0755}, {"/users/" name "/doc", uid, 0755}, \
		{"/users/" name "/media", uid, 0755}, {"/users/" name "/projects", uid, 0755}, \
	{ \
		"/users/" name "/vault", uid, 0700 \
	}

static const struct layout_dir dirs[] = {
	{"/sys", ROOT_UID, 0755},
	{"/sys/boot", ROOT_UID, 0755},
	{"/sys/kernel", ROOT_UID, 0755},
	{"/sys/drivers", ROOT_UID, 0755},
	{"/sys/init", ROOT_UID, 0755},
	{"/sys/profiles", ROOT_UID, 0755},
	{"/apps", ROOT_UID, 0755},
	{"/apps/coreutils", ROOT_UID, 0755},
	{"/apps/coreutils/v1.2.3", ROOT_UID, 0755},
	{"/apps/browser", ROOT_UID, 0755},
	{"/apps/browser/v105.0", ROOT_UID, 0755},
	{"/apps/editor", ROOT_UID, 0755},
	{"/apps/editor/v3.1", ROOT_UID, 0755},
	{"/bin", ROOT_UID, 0755},
	{"/third_party", ROOT_UID, 0755},
	{"/third_party/sh", ROOT_UID, 0755},
	{"/third_party/cc", ROOT_UID, 0755},
	{"/third_party/dmd", ROOT_UID, 0755},
	{"/users", ROOT_UID, 0755},
	HOME("alice", ALICE_UID),
	HOME("bob", BOB_UID),
	{"/srv", ROOT_UID, 0755},
	{"/srv/sshd", ROOT_UID, 0755},
	{"/srv/web", ROOT_UID, 0755},
	{"/srv/dns", ROOT_UID, 0755},
	{"/srv/db", ROOT_UID, 0755},
	{"/cfg", ROOT_UID, 0755},
	{"/cfg/users", ROOT_UID, 0755},
	{"/cfg/network", ROOT_UID, 0755},
	{"/cfg/system", ROOT_UID, 0755},
	{"/vol", ROOT_UID, 0755},
	{"/vol/usb0", ROOT_UID, 0755},
	{"/vol/backup_drive", ROOT_UID, 0755},
	{"/vol/encrypted_partition", ROOT_UID, 0755},
	{"/log", ROOT_UID, 0755},
	{"/run", ROOT_UID, 0755},
	{"/tmp", ROOT_UID, 01777},
	{"/dev", ROOT_UID, 0755},
	{"/net", ROOT_UID, 0755},
	{"/net/ip", ROOT_UID, 0755},
	{"/net/tcp", ROOT_UID, 0755},
	{"/net/dns", ROOT_UID, 0755},
};

static const struct layout_file files[] = {
	{"/cfg/hostname", "anonymos\n"},
	{"/cfg/system.json", "{\n"
                             "  \"hostname\": \"anonymos\",\n"
                             "  \"autologin\": \"alice\"\n"
                             "}\n"},
	{"/cfg/users/alice.json", "{\n"
                                  "  \"name\": \"alice\",\n"
                                  "  \"uid\": 1000,\n"
                                  "  \"gid\": 1000,\n"
                                  "  \"home\": \"/users/alice\",\n"
                                  "  \"shell\": \"/bin/sh-anon\"\n"
                                  "}\n"},
	{"/cfg/users/bob.json", "{\n"
                                "  \"name\": \"bob\",\n"
                                "  \"uid\": 1001,\n"
                                "  \"gid\": 1001,\n"
                                "  \"home\": \"/users/bob\",\n"
                                "  \"shell\": \"/bin/sh-anon\"\n"
                                "}\n"},
	{"/cfg/network/interfaces.json", "{\n"
                                         "  \"interfaces\": [\n"
                                         "    { \"name\": \"lo\", \"address\": \"127.0.0.1/8\" },\n"
                                         "    { \"name\": \"eth0\", \"dhcp\": true }\n"
                                         "  ]\n"
                                         "}\n"},
	{"/cfg/system/packages.json", "{\n"
                                      "  \"packages\": []\n"
                                      "}\n"},
};

static status_t make_dir(struct store *store, const struct layout_dir *dir)
{
	struct store_new how = {.mode = dir->mode, .uid = dir->owner, .gid = dir->owner};
	const char *name;
	uint64_t parent;
	uint64_t inode;
	status_t status = store_resolve_parent(store, dir->path, &parent, &name);

	if (status != OK)
		return status;
	return store_mkdir(store, parent, name, strlen(name), &how, &inode);
}

static status_t make_file(struct store *store, const struct layout_file *file)
{
	static const struct store_new how = {.mode = STORE_TYPE_FILE | 0644};
	const char *name;
	uint64_t parent;
	uint64_t inode;
	status_t status = store_resolve_parent(store, file->path, &parent, &name);

	if (status == OK)
		status = store_create(store, parent, name, strlen(name), &how, &inode);
	if (status != OK)
		return status;
	return store_write_all(store, inode, 0, file->text, strlen(file->text));
}

status_t store_layout_default(struct store *store)
{
	status_t status = OK;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && status == OK; i++)
		status = make_dir(store, &dirs[i]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && status == OK; i++)
		status = make_file(store, &files[i]);
	return status;
}
