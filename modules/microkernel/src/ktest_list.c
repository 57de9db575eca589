/*
 * Every in-kernel test, in the order in which they run.
 */
#include "ktest.h"

#define KTESTS(X) \
	X(handle_rights_only_shrink) \
	X(handle_stale_number_is_refused) \
	X(revoke_takes_all_descendants_in_steps) \
	X(closing_hands_children_to_the_parent) \
	X(badges_are_chosen_once) \
	X(handle_limit_is_an_error) \
	X(memory_limit_is_an_error) \
	X(shared_mappings_show_one_page) \
	X(revoking_a_handle_removes_its_mappings) \
	X(clone_copies_on_write) \
	X(unmap_splits_at_the_edges) \
	X(remap_moves_pages) \
	X(memory_copy_shares_until_written) \
	X(domain_kill_frees_what_is_shared_outside)

#define DECLARE(name) void ktest_##name(void);
KTESTS(DECLARE)
#undef DECLARE

#define ROW(name) { #name, ktest_##name },
const struct ktest ktests[] = { KTESTS(ROW) };
#undef ROW
const unsigned ktest_count = sizeof(ktests) / sizeof(ktests[0]);
