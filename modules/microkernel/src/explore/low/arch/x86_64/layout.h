/*
 * The layout as explorers see it: a physical address is the host's own, so that frames of variables have small numbers.
 */
#pragma once
#include_next "arch/x86_64/layout.h"

#define DIRECT_BASE 0ul
