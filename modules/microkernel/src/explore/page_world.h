/*
 * The world of private pages.
 */
#pragma once
#include "explore/explore.h"

extern const struct world page_world;
