/*
 * Regular files whose content is pages: reading, writing, growing. tmpfs, the boot archive and the store
 * differ in where pages come from and what growing means.
 */
#pragma once
#include "file.h"
#include "pages.h"

struct paged_inode {
	struct inode inode; /* first */
	struct pages pages;
	const struct paged_ops *paged_ops;
};

struct paged_ops {
	/* The pages must be there (and writable) when it returns 0. May sleep. Null: they always are. */
	int64_t (*ready)(struct paged_inode *inode, bool is_writable);
	/* The pages could not be touched: whether there are other ones by now (null: never). */
	bool (*recover)(struct paged_inode *inode);
	/* Room for content up to `size`, before it is written; the write token is held. */
	int64_t (*reserve)(struct paged_inode *inode, uint64_t size);
	/* What is about to be written behind the end gets its memory in one go. Null: page by page. */
	void (*populate)(struct paged_inode *inode, uint64_t offset, size_t bytes);
	/* Content was written, inode->size brought up to date. */
	void (*wrote)(struct paged_inode *inode);
	/* Inode size may be out of date (somebody else's file system): look. */
	int64_t (*look_at_size)(struct paged_inode *inode);
};

int64_t filemap_read(struct file *file, struct iter *to, uint64_t *position);
int64_t filemap_write(struct file *file, struct iter *from, uint64_t *position);
int64_t filemap_memory(struct file *file, bool is_writable, handle_t *out_memory);
