/*
 * What the sources of private pages name and their world never comes to. The arguments are of no interest, so no header is
 * included that would tell them.
 */
#include <stdlib.h>

#define NOT_HERE(name) \
	void name(void); \
	void name(void) \
	{ \
		abort(); \
	}

NOT_HERE(arch_guest_trap)
NOT_HERE(arch_monitor_fixup)
NOT_HERE(cannot_start)
NOT_HERE(kernel_map_enter)
NOT_HERE(kernel_map_leave)
NOT_HERE(mapping_move)
NOT_HERE(memory_page)
NOT_HERE(memory_present_page)
NOT_HERE(memory_present_pages)
NOT_HERE(memory_pt_flags)
NOT_HERE(pcid_alloc)
NOT_HERE(pcid_free)
NOT_HERE(process_fault)
NOT_HERE(pt_unload)
NOT_HERE(thread_request_page)
