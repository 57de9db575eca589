/* Super-blocks: finding the newest, writing the next. */
#pragma once

#include "format.h"

struct store_ops;
struct store_message;

/* Fills *out with the newest valid super-block, or says what is there instead. */
CHECKED status_t super_find(const struct store_ops *ops, struct disk_super *out,
                            struct store_message *message);
/* Seals and writes both copies for super->commit. The caller flushes before and after. */
CHECKED status_t super_write(const struct store_ops *ops, struct disk_super *super, void *block);
/* Is everything before the space map zero? OK, E_FOREIGN or a device error. */
CHECKED status_t super_areas_are_blank(const struct store_ops *ops, void *block);
/* Zeroes everything before the space map, both super-blocks first. */
CHECKED status_t super_areas_erase(const struct store_ops *ops, void *block);
/* Writes both copies again if a power cut or damage left only one of them. */
CHECKED status_t super_repair(const struct store_ops *ops, const struct disk_super *super,
                              void *block);
/* How many of the four copies hold neither a super-block nor zeroes. */
unsigned int super_damaged_copies(const struct store_ops *ops, void *block);
