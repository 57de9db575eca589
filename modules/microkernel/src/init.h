/*
 * Starting init: the first process, with every root capability.
 */
#pragma once

struct boot_source;

void init_start(const struct boot_source *source);
