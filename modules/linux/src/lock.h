/*
 * The monitor's mutexes: libanon's, with the ranks of lock_rank.h.
 */
#pragma once
#include <libanon/mutex.h>
#include "lock_rank.h"
