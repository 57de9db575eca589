/* The checker's shared state; check.c tells the story. */
#pragma once

#include <distributed-fs/store.h>

#include "btnode.h"
#include "btree.h"
#include "format.h"

/* What the checker knows of one inode, in a table sorted by number. */
struct check_inode {
	uint64_t number;
	uint64_t size;
	uint64_t blocks;       /* as the inode says */
	uint64_t found_blocks; /* as there are */
	uint64_t entries;      /* of a directory; bytes of a symbolic link's target */
	uint64_t parent;       /* of a directory, as the inode says */
	uint64_t named_by;     /* a directory that has an entry for it */
	uint32_t mode;
	uint32_t links; /* as the inode says */
	uint32_t names; /* entries found for it */
	uint32_t subdirs;
	bool has_note;     /* an orphan's */
	bool is_connected; /* leads to the root */
};

struct checker {
	struct store *store;
	struct store_check *check;
	uint64_t *seen;          /* one bit for each block of the store */
	struct disk_node *nodes; /* one for each level */
	void *data;              /* one block */
	struct check_inode *inodes;
	uint64_t inode_count;
	uint64_t inode_capacity;
	bool is_incomplete; /* something could not be read: what is missing proves nothing */
	struct tree_key last_name_key;
	struct {
		uint8_t bytes[STORE_NAME_MAX];
		uint8_t len;
	} last_name;
};

/* One finding; `numbers` replace the '#'s in the text. */
void check_finding(struct checker *checker, const char *text, uint64_t first, uint64_t second,
                   uint64_t third);
void check_sentence(struct checker *checker, const struct store_message *message);

typedef status_t check_visitor(struct checker *checker, const struct btree_item *item);
/*
 * Visits every readable item in order. The first walk marks blocks and reports damage,
 * later ones pass over it in silence.
 */
CHECKED status_t check_walk(struct checker *checker, bool is_first, check_visitor *visit);
/* Marks a block as used by the tree; reports it when it was marked before. */
void check_mark(struct checker *checker, uint64_t address);

/* First walk: collects inodes, reads data. Second walk: follows names and notes. */
CHECKED status_t check_contents(struct checker *checker, const struct btree_item *item);
CHECKED status_t check_names(struct checker *checker, const struct btree_item *item);
/* After both: compares what inodes say with what was found. */
void check_inodes(struct checker *checker);
struct check_inode *check_find(struct checker *checker, uint64_t number);
