/* A file system in a few arrays, to compare the store with; see model.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <distributed-fs/store.h>

#define MODEL_NODES 300
#define MODEL_ENTRIES 600
#define MODEL_FILE_MAX (600u * 1024u)
#define MODEL_ROOT 0

struct model_node {
	bool is_used;
	uint64_t inode; /* its number in the store */
	uint32_t mode;
	uint32_t uid;
	uint32_t links;
	uint32_t open; /* references */
	int parent;    /* of a directory */
	uint64_t size;
	uint8_t *data; /* contents or target, MODEL_FILE_MAX bytes at most */
};

struct model_entry {
	bool is_used;
	int dir;
	int node;
	char name[STORE_NAME_MAX + 1];
};

struct model {
	struct model_node nodes[MODEL_NODES];
	struct model_entry entries[MODEL_ENTRIES];
};

void model_init(struct model *model);
void model_free(struct model *model);

/* Each answers what the store should; E_LIMIT when the model is full and the store unasked. */
int model_find(const struct model *model, int dir, const char *name);
status_t model_make(struct model *model, int dir, const char *name, const struct store_new *how,
                    int *out_node);
status_t model_link(struct model *model, int dir, const char *name, int node);
status_t model_remove(struct model *model, int dir, const char *name, bool is_rmdir);
status_t model_rename(struct model *model, int from_dir, const char *from, int to_dir,
                      const char *to, uint32_t flags);
status_t model_write(struct model *model, int node, uint64_t offset, const uint8_t *data,
                     size_t bytes);
status_t model_truncate(struct model *model, int node, uint64_t size);
void model_close(struct model *model, int node);
bool model_is_dir(const struct model *model, int node);
bool model_is_file(const struct model *model, int node);

/* One number for the names, attributes and contents of everything reachable. */
uint64_t model_digest(const struct model *model);
uint64_t store_digest(struct store *store);
