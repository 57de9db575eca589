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
	X(domain_kill_frees_what_is_shared_outside) \
	X(pagetable_maps_and_finds) \
	X(pagetable_hides_what_cannot_be_read) \
	X(pagetable_next_skips_gaps) \
	X(pagetable_prune_frees_only_whole_empty_tables) \
	X(monitor_root_mirrors_without_execution) \
	X(pagetable_out_of_memory_is_an_error) \
	X(kernel_image_is_never_writable_and_executable) \
	X(kernel_stacks_have_guard_pages) \
	X(kernel_leaves_the_boot_mapping) \
	X(firmware_memory_is_checked) \
	X(user_copies_stay_in_the_window) \
	X(guest_load_refuses_bad_addresses) \
	X(guest_load_cleans_flags) \
	X(guest_trap_brings_registers_back) \
	X(monitor_fixup_goes_only_to_the_window) \
	X(thread_entry_outside_the_window_faults_at_once) \
	X(fpu_images_are_checked) \
	X(clock_never_runs_backwards) \
	X(clock_agrees_with_the_reference)

#define DECLARE(name) void ktest_##name(void);
KTESTS(DECLARE)
#undef DECLARE

#define ROW(name) { #name, ktest_##name },
const struct ktest ktests[] = { KTESTS(ROW) };
#undef ROW
const unsigned ktest_count = sizeof(ktests) / sizeof(ktests[0]);
