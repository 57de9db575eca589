/*
 * Everything that reaches the disk. Version 1, little-endian, 4 KiB blocks.
 *
 *   block 0          super-block, area 0, first copy     \
 *   block 15         super-block, area 0, second copy     |  "blank" when all of
 *   block 16..255    zero                                 |  blocks 0..271 is zero
 *   block 256        super-block, area 1, first copy      |
 *   block 271        super-block, area 1, second copy    /
 *   block 272..      space map: two homes for each of its blocks
 *   then             tree nodes and file data, anywhere
 *
 * Commit n writes both copies in area (n - 1) & 1. A super-block is one 512-byte sector
 * (the rest of its block is zero), so that a device which writes sectors whole never
 * leaves half of one. Every other block is named by a block pointer, which carries the
 * tag (checksum now, authentication later) of what it names: the whole disk hangs off a
 * super-block as a hash tree.
 */
#pragma once

#include "store_os.h"

STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian");

#define FORMAT_VERSION 1u
#define BLOCK_BYTES 4096u
#define SUPER_BYTES 512u
#define SUPER_AREA_BLOCKS 16u
#define SUPER_AREA_0 0u
#define SUPER_AREA_1 256u
#define SUPER_END (SUPER_AREA_1 + SUPER_AREA_BLOCKS) /* first block of the space map */

/* Names one block. All zero: nothing there (a hole, an untouched part of the space map). */
struct block_ptr {
	uint64_t address;         /* block number */
	uint8_t algorithm;        /* 0: plain, the tag is a checksum */
	uint8_t level;            /* of a tree or space-map block; 0 for data */
	uint16_t key;             /* which key sealed it; 0 when plain */
	uint16_t logical_sectors; /* length once opened, in 512 bytes: 8 */
	uint16_t stored_sectors;  /* length on the device, in 512 bytes: 8 */
	uint64_t birth;           /* commit that wrote it */
	uint8_t nonce[24];        /* zero when plain */
	uint64_t tag[2];
};
STATIC_ASSERT(sizeof(struct block_ptr) == 64, "block pointers are 64 bytes for good");

#define PTR_PLAIN 0u
#define PTR_SECTORS (BLOCK_BYTES / 512u)
#define PTRS_PER_BLOCK (BLOCK_BYTES / sizeof(struct block_ptr))

struct disk_super {
	uint8_t magic[16];
	uint32_t version;
	uint32_t block_bytes;
	uint64_t features; /* any unknown bit: E_VERSION */
	uint8_t uuid[16];
	uint64_t blocks; /* of the store */
	uint64_t commit;
	int64_t time_ns;
	uint64_t next_inode; /* numbers are never used twice */
	uint64_t inodes;
	uint64_t free_blocks;
	uint64_t name_seed; /* of the hash of names in directories */
	uint64_t reserved0[3];
	struct block_ptr tree;
	struct block_ptr space;
	uint64_t reserved1[27];
	uint64_t tag[2]; /* of all before it */
};
STATIC_ASSERT(sizeof(struct disk_super) <= SUPER_BYTES, "a super-block is one sector");
STATIC_ASSERT(offsetof(struct disk_super, tree) == 128, "super-block layout");

#define SUPER_MAGIC "anonymOS store\n" /* 15 characters and the zero */

/* The space map: bitmaps (level 0), then blocks of pointers, up to one root. */
#define GROUP_BLOCKS (BLOCK_BYTES * 8u) /* blocks that one bitmap describes: 128 MiB */
#define GROUP_WORDS (BLOCK_BYTES / 8u)
#define SPACE_LEVELS_MAX 6u

/* The tree: one key space for all that is not file data. */
struct tree_key {
	uint64_t object; /* inode number; 0 for what belongs to the whole store */
	uint64_t where;  /* item type in the top 4 bits, position below */
};

enum item_type {
	ITEM_INODE = 0,   /* where 0: struct disk_inode */
	ITEM_DIRENT = 1,  /* where hash << 12 | n: struct disk_dirent and the name */
	ITEM_DATA = 2,    /* where block of the file: struct block_ptr */
	ITEM_SYMLINK = 3, /* where piece: up to ITEM_BYTES_MAX bytes of the target */
	ITEM_ORPHAN = 4,  /* object 0, where inode: no bytes; its blocks want freeing */
	ITEM_TYPES
};

#define ITEM_TYPE_SHIFT 60u
#define ITEM_WHERE_MASK ((1ull << ITEM_TYPE_SHIFT) - 1)
#define ITEM_BYTES_MAX 1024u
#define DIRENT_PROBE_BITS 12u
#define DIRENT_HASH_MASK ((1ull << (ITEM_TYPE_SHIFT - DIRENT_PROBE_BITS)) - 1)

#define NODE_MAGIC 0x65646f4eu /* "Node" */
#define NODE_LEVELS_MAX 12u

struct node_header {
	uint32_t magic;
	uint8_t level; /* 0: leaf */
	uint8_t reserved0;
	uint16_t count;
	uint64_t birth;
	uint64_t store; /* first half of the uuid */
	uint64_t reserved1;
};
STATIC_ASSERT(sizeof(struct node_header) == 32, "node header");

/* Payloads lie in slot order from the end of the block down, each rounded up to 8 bytes. */
struct leaf_slot {
	struct tree_key key;
	uint16_t offset; /* of the payload, from the start of the node */
	uint16_t length;
	uint32_t reserved;
};
STATIC_ASSERT(sizeof(struct leaf_slot) == 24, "leaf slot");

struct branch {
	struct tree_key key; /* no key below this child is smaller; of the first child unused */
	struct block_ptr child;
};
STATIC_ASSERT(sizeof(struct branch) == 80, "branch");

#define NODE_BODY_BYTES (BLOCK_BYTES - sizeof(struct node_header))
#define LEAF_SLOTS_MAX (NODE_BODY_BYTES / sizeof(struct leaf_slot))
#define BRANCHES_MAX (NODE_BODY_BYTES / sizeof(struct branch))

struct disk_node {
	struct node_header head;
	union {
		struct leaf_slot slot[LEAF_SLOTS_MAX];
		struct branch branch[BRANCHES_MAX];
		uint8_t body[NODE_BODY_BYTES];
	};
};
STATIC_ASSERT(sizeof(struct disk_node) == BLOCK_BYTES, "a node is a block");

struct disk_inode {
	uint64_t size;
	uint64_t blocks;
	int64_t atime_ns;
	int64_t mtime_ns;
	int64_t ctime_ns;
	int64_t btime_ns;
	uint64_t rdev;
	uint64_t parent; /* of a directory; 0 otherwise */
	uint64_t generation;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t links;
	uint64_t reserved[5];
};
STATIC_ASSERT(sizeof(struct disk_inode) == 128, "inode");

struct disk_dirent {
	uint64_t inode;
	uint8_t type; /* mode >> 12 */
	uint8_t name_len;
	uint8_t name[]; /* not terminated */
} __attribute__((packed));
STATIC_ASSERT(sizeof(struct disk_dirent) == 10, "directory entry");
