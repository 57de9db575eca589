/*
 * Every in-kernel test, in the order in which they run.
 */
#include "ktest.h"

/* Only in sanitizer kernels. */
#ifdef SANITIZE
#define SANITIZE_KTESTS(X) \
	X(an_access_behind_a_block_is_seen) \
	X(a_freed_block_is_not_touched) \
	X(a_free_page_is_not_touched) \
	X(an_access_behind_a_variable_is_seen) \
	X(undefined_behaviour_is_seen)
#else
#define SANITIZE_KTESTS(X)
#endif

#define KTESTS(X) \
	X(handle_rights_only_shrink) \
	X(handle_stale_number_is_refused) \
	X(handle_numbers_are_never_none) \
	X(revoke_takes_all_descendants_in_steps) \
	X(closing_hands_children_to_the_parent) \
	X(badges_are_chosen_once) \
	X(handle_limit_is_an_error) \
	X(memory_limit_is_an_error) \
	X(shared_mappings_show_one_page) \
	X(populated_pages_are_mapped_by_one_write) \
	X(revoking_a_handle_removes_its_mappings) \
	X(clone_copies_on_write) \
	X(unmap_splits_at_the_edges) \
	X(remap_moves_pages) \
	X(memory_copy_shares_until_written) \
	X(domain_kill_frees_what_is_shared_outside) \
	X(copy_for_another_domain_is_paid_by_it) \
	X(copying_goes_in_steps) \
	X(resizing_to_nonsense_is_refused) \
	X(what_was_cut_off_does_not_come_back) \
	X(device_registers_are_not_read_through_the_direct_map) \
	X(remap_to_a_smaller_place_leaves_neighbours_alone) \
	X(remap_moves_across_page_tables) \
	X(protecting_many_mappings_goes_in_steps) \
	X(remap_over_itself_is_refused) \
	X(offsets_never_wrap) \
	X(only_memory_without_an_object_grows_downwards) \
	X(a_crooked_hint_gives_a_straight_address) \
	X(mapping_needs_the_right_to_read) \
	X(a_refused_replacement_changes_nothing) \
	X(unmapping_goes_in_steps) \
	X(a_large_mapping_shrinks_from_the_front) \
	X(clones_share_a_table_until_one_writes) \
	X(a_parent_may_write_first) \
	X(the_last_one_takes_a_shared_table_over) \
	X(clones_of_clones_share_as_well) \
	X(unmapping_a_part_spares_the_other_side) \
	X(unmapping_all_of_a_shared_table_copies_nothing) \
	X(two_mappings_of_a_shared_table_go_together) \
	X(protection_of_a_shared_table_is_each_side_s_own) \
	X(a_clone_gets_no_more_than_its_mappings_allow) \
	X(discarding_in_a_shared_table_is_each_side_s_own) \
	X(pages_of_a_shared_table_can_move) \
	X(a_write_to_a_shared_table_may_be_refused) \
	X(revoking_beside_a_shared_table_needs_no_memory) \
	X(what_is_not_cloned_is_not_shared) \
	X(a_clone_sees_what_an_object_shows) \
	X(cloning_goes_in_steps) \
	X(a_clone_dies_in_steps) \
	X(a_shared_page_is_always_paid_for) \
	X(indices_of_domains_come_back) \
	X(a_watch_goes_with_the_domain_that_paid) \
	X(a_dying_domain_takes_no_more_in) \
	X(a_large_process_ends_in_steps) \
	X(deep_nesting_ends_in_steps) \
	X(a_limit_holds_at_every_depth) \
	X(the_outermost_takes_all_with_it) \
	X(a_share_holds_at_every_depth) \
	X(a_slice_is_as_long_as_all_around_allow) \
	X(badges_bound_what_timers_and_watches_signal) \
	X(periods_without_end_are_refused) \
	X(missed_periods_are_signalled_once) \
	X(each_bit_wakes_one) \
	X(deadlines_may_be_at_the_same_time) \
	X(a_refused_thread_leaves_its_process_as_it_was) \
	X(a_pinned_page_stays_in_its_place) \
	X(a_space_has_one_monitor) \
	X(an_unbound_interrupt_is_not_the_control_object) \
	X(what_lacks_memory_midway_is_refused) \
	X(the_last_frame_is_followed_by_refusals) \
	X(what_is_being_revoked_signals_nothing_new) \
	X(what_is_being_revoked_is_not_mapped) \
	X(results_that_died_on_the_way_are_refused) \
	X(who_waits_for_what_ends_is_told) \
	X(a_good_image_is_loaded) \
	X(damaged_images_are_refused) \
	X(segments_do_not_overlap) \
	X(names_are_found_in_a_good_archive) \
	X(damaged_archives_hold_nothing) \
	X(supplying_moves_pages_in_steps) \
	X(supplying_leaves_what_is_there) \
	X(a_shared_page_is_not_supplied) \
	X(dirty_pages_are_cleaned_and_clean_ones_evicted) \
	X(revoking_a_large_mapping_goes_in_steps) \
	X(dma_memory_ends_in_steps) \
	X(what_many_hold_ends_in_steps) \
	X(many_watches_go_in_steps) \
	X(cloning_is_the_same_in_steps_of_any_size) \
	X(devices_are_not_copied_out_of_a_space) \
	X(a_first_write_before_many_goes_in_steps) \
	X(a_sweep_outlives_who_began_it) \
	X(a_clone_takes_no_entry_past_a_sweep) \
	X(a_move_takes_no_entry_past_a_sweep) \
	X(an_object_ends_in_the_middle_of_a_sweep) \
	X(copying_before_many_goes_in_steps) \
	X(cleaning_before_many_goes_in_steps) \
	X(evicting_before_many_goes_in_steps) \
	X(cutting_before_many_goes_in_steps) \
	X(what_many_map_is_not_supplied) \
	X(moving_goes_in_steps) \
	X(a_mapping_moves_right_beside_itself) \
	X(the_new_place_is_kept) \
	X(what_changes_between_the_steps_of_a_move_is_kept) \
	X(a_move_goes_on_with_fewer_rights) \
	X(a_clone_in_the_middle_of_a_move_is_whole) \
	X(a_move_can_be_given_up) \
	X(a_move_ends_when_others_take_its_ends_away) \
	X(revoking_takes_both_ends_of_a_move) \
	X(a_move_that_lacks_memory_stops_where_it_is) \
	X(protecting_many_tables_ends) \
	X(looking_for_room_goes_in_steps) \
	X(room_that_appears_behind_a_search_is_found) \
	X(a_search_from_a_hint_begins_again_at_the_top) \
	X(domains_nest_so_deep_and_no_deeper) \
	X(there_are_only_so_many_domains) \
	X(a_receiver_without_room_goes_on_waiting) \
	X(what_goes_tells_who_waits_for_messages) \
	X(a_queued_caller_raises_the_busy_server) \
	X(a_raise_ends_with_its_reason) \
	X(who_gives_up_lends_nothing) \
	X(a_raise_travels_along_servers) \
	X(all_servers_of_an_endpoint_are_raised) \
	X(a_request_that_is_put_aside_lends_nothing) \
	X(who_serves_elsewhere_is_not_raised) \
	X(a_page_request_that_queues_raises_the_pager) \
	X(a_raise_in_a_circle_ends) \
	X(a_raise_goes_so_far_and_no_further) \
	X(pagetable_maps_and_finds) \
	X(pagetable_hides_what_cannot_be_read) \
	X(pagetable_next_skips_gaps) \
	X(pagetable_frees_tables_that_become_empty) \
	X(pagetable_pages_come_back_clear) \
	X(monitor_root_mirrors_without_execution) \
	X(each_root_has_a_number_where_cpuid_has_them) \
	X(a_root_does_without_a_number_when_none_is_left) \
	X(one_root_shows_guest_and_monitor) \
	X(with_one_root_a_bounce_changes_none) \
	X(a_clone_has_as_many_roots_as_its_parent) \
	X(pagetable_out_of_memory_is_an_error) \
	X(kernel_image_is_never_writable_and_executable) \
	X(kernel_leaves_the_boot_mapping) \
	X(firmware_memory_is_checked) \
	X(user_copies_stay_in_the_window) \
	X(the_image_and_the_direct_map_are_in_bounds) \
	X(what_the_linker_wrote_has_moved) \
	X(symbols_are_found_where_they_are) \
	X(the_canary_stops_strings) \
	X(every_stack_has_a_guard_page) \
	X(frames_are_looked_for_on_stacks_only) \
	X(tables_are_constant_after_boot) \
	X(code_and_constants_cannot_be_written_to) \
	X(user_pages_are_neither_read_nor_executed) \
	X(a_page_that_went_while_its_root_was_away_is_not_read) \
	X(control_bits_are_those_of_cpuid) \
	X(branch_barriers_are_used_where_cpuid_has_them_only) \
	X(an_index_out_of_range_is_zero) \
	X(guest_load_refuses_bad_addresses) \
	X(guest_load_cleans_flags) \
	X(guest_trap_brings_registers_back) \
	X(monitor_fixup_goes_only_to_the_window) \
	X(thread_entry_outside_the_window_faults_at_once) \
	X(clock_never_runs_backwards) \
	X(clock_agrees_with_the_reference) \
	X(a_tied_thread_waits_where_it_may_run) \
	X(the_apic_is_in_the_mode_that_cpuid_has) \
	X(the_timer_fires_at_its_time) \
	X(a_message_to_oneself_arrives) \
	SANITIZE_KTESTS(X)

#define DECLARE(name) void ktest_##name(void);
KTESTS(DECLARE)
#undef DECLARE

#define ROW(name) {#name, ktest_##name},
const struct ktest ktests[] = {KTESTS(ROW)};
#undef ROW
const unsigned ktest_count = sizeof(ktests) / sizeof(ktests[0]);
