/*
 * Where the heap's pages come from: private demand-zero mappings of the own process.
 */
#include <base/string.h>
#include <libanon/heap.h>
#include <libanon/start.h>
#include "heap_pages.h"

void *heap_source_map(size_t bytes)
{
	return pages_alloc(bytes);
}

void heap_source_unmap(void *pages, size_t bytes)
{
	pages_free(pages, bytes);
}

/*
 * A page fault that the domain cannot pay for would kill the program. So the kernel is made to write to
 * each page instead: it takes the same fault, and can refuse.
 */
bool heap_source_touch(void *pages, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += HEAP_PAGE) {
		struct handle_info *page = (struct handle_info *)((char *)pages + at);
		status_t status = sys_handle_info(own_process(), page);

		if (status == E_FAULT || status == E_NOMEM) {
			heap_source_discard(pages, bytes);
			return false;
		}
		memset(page, 0, sizeof(*page));
	}
	return true;
}

void heap_source_discard(void *pages, size_t bytes)
{
	(void)sys_discard(own_process(), (uint64_t)pages, bytes);
}
