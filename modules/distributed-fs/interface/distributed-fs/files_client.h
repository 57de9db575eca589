/*
 * Using files from a native service or test: a session with the file server and calls by path.
 *
 * Content travels in small messages, so a full or failing disk is an error here and never a fault. That
 * suits configuration files; who moves much data opens the pages of a file (file.ipc, open) and maps them.
 * Not thread-safe: one session per thread; it uses fids 16382 and 16383. E_GONE: the file server was restarted with the
 * call in hand, which may have been done; E_HANDLE: the session is no more. After either, attach again and repeat.
 */
#pragma once
#include <distributed-fs/file_ipc.h>

#define FILES_READ_ONLY 1u
#define FILES_MODE_FILE 0100000u
#define FILES_MODE_DIR 0040000u

struct files_session {
	handle_t handle;
};
/* Who owns what is made. */
struct files_owner {
	uint32_t uid, gid;
	uint32_t mode; /* permissions */
};

/* root: the tree's root or a directory of the store; path: a directory below it. */
status_t files_attach(handle_t root, const char *path, uint32_t flags, struct files_session *out);
void files_detach(struct files_session *session);

status_t files_stat(const struct files_session *session, const char *path, struct file_attr *out);
/* The whole content. E_RANGE: it is longer than size; *out_len then says how long. */
status_t files_read(const struct files_session *session, const char *path, void *buffer,
                    size_t size, size_t *out_len);
/*
 * Replaces the whole content, or makes the file. Durable when it returns OK; a crash leaves the old content
 * or the new one, never a part: it is written beside and renamed. owner NULL: root, 0644.
 */
status_t files_write(const struct files_session *session, const char *path, const void *data,
                     size_t len, const struct files_owner *owner);
/* owner NULL: root, 0755. */
status_t files_mkdir(const struct files_session *session, const char *path,
                     const struct files_owner *owner);
/* A file, or a directory that is empty. */
status_t files_remove(const struct files_session *session, const char *path);
/* Calls each with every name; a status other than OK ends the listing and is returned. */
typedef status_t files_each_fn(void *context, const char *name, uint64_t inode, uint8_t type);
status_t files_list(const struct files_session *session, const char *path, files_each_fn *each,
                    void *context);
status_t files_sync(const struct files_session *session);
