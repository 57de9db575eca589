/*
 * Windows on memory objects (pages.h). A window begins at a multiple of its size, which is a power of two
 * between 64 KiB and 16 MiB chosen to cover the file so far; a file keeps one, the newest.
 */
#include "pages.h"
#include "errno.h"
#include <base/bits.h>
#include <libanon/heap.h>

#define WINDOW_MIN (64ul << 10)
#define WINDOW_MAX (16ul << 20)

struct window {
	uint32_t references; /* the owner's pages->lock, or atomic afterwards */
	uint64_t offset, bytes;
	uint8_t *address;
};

void pages_init(struct pages *pages, handle_t memory, bool is_writable)
{
	*pages = (struct pages){.memory = memory, .is_writable = is_writable};
	mutex_init(&pages->lock, RANK_LEAF);
}

static void window_put(struct window *window)
{
	if (!window || __atomic_sub_fetch(&window->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	memory_os_unmap(window->address, window->bytes);
	heap_free(window);
}

void pages_replace(struct pages *pages, handle_t memory, bool is_writable)
{
	mutex_lock(&pages->lock);
	struct window *window = pages->window;
	handle_t old = pages->memory;
	pages->window = NULL;
	pages->memory = memory;
	pages->is_writable = is_writable;
	mutex_unlock(&pages->lock);
	window_put(window);
	if (old.value)
		memory_os_close(old);
}

void pages_destroy(struct pages *pages)
{
	pages_replace(pages, HANDLE_NONE, false);
}

static struct window *window_create(struct pages *pages, uint64_t offset, uint64_t bytes)
{
	struct window *window = heap_alloc(sizeof(*window));
	if (!window)
		return NULL;
	*window = (struct window){.references = 2, .offset = offset, .bytes = bytes};
	window->address = memory_os_map(pages->memory, offset, bytes, pages->is_writable);
	if (window->address)
		return window;
	heap_free(window);
	return NULL;
}

/* A reference to a window that covers offset; large enough for `end` where the maximum allows. */
static struct window *window_get(struct pages *pages, uint64_t offset, uint64_t end)
{
	mutex_lock(&pages->lock);
	struct window *window = pages->window, *old = NULL;
	if (window && offset >= window->offset && offset - window->offset < window->bytes) {
		__atomic_fetch_add(&window->references, 1, __ATOMIC_RELAXED);
	} else {
		uint64_t bytes = power_of_two_above(MIN(MAX(end, WINDOW_MIN), WINDOW_MAX));
		old = window;
		window = window_create(pages, align_down(offset, bytes), bytes);
		if (window)
			pages->window = window;
		else
			old = NULL;
	}
	mutex_unlock(&pages->lock);
	window_put(old);
	return window;
}

typedef size_t move_fn(struct iter *iter, uint8_t *at, size_t bytes);

static size_t move_out(struct iter *iter, uint8_t *at, size_t bytes)
{
	return iter_put(iter, at, bytes);
}

static size_t move_in(struct iter *iter, uint8_t *at, size_t bytes)
{
	return iter_get(iter, at, bytes);
}

static size_t move_zeroes(struct iter *iter, uint8_t *at, size_t bytes)
{
	static const uint8_t zeroes[256];
	size_t done = 0;
	(void)iter;
	while (done < bytes) {
		size_t part = MIN(bytes - done, sizeof(zeroes));
		if (copy_guarded(at + done, zeroes, part) != part)
			break;
		done += part;
	}
	return done;
}

/* Whether it was the file's side that could not be touched: its memory ran out, or is gone. */
static bool is_file_bad(uint8_t *at, bool is_write)
{
	uint8_t byte;
	if (copy_guarded(&byte, at, 1) != 1)
		return true;
	return is_write && !touch_guarded(at);
}

static int64_t each_window(struct pages *pages, struct iter *iter, uint64_t offset, size_t bytes,
                           move_fn *move, bool is_write)
{
	size_t done = 0;
	int64_t error = 0;
	while (done < bytes && error == 0) {
		struct window *window = window_get(pages, offset + done, offset + bytes);
		if (!window) {
			error = -ENOMEM;
			break;
		}
		uint64_t skip = offset + done - window->offset;
		size_t part = MIN(bytes - done, (size_t)(window->bytes - skip));
		size_t moved = move(iter, window->address + skip, part);
		done += moved;
		if (moved < part)
			error = is_file_bad(window->address + skip + moved, is_write)
			                ? (is_write ? -ENOSPC : -EIO)
			                : -EFAULT;
		window_put(window);
	}
	return done > 0 ? (int64_t)done : error;
}

int64_t pages_read(struct pages *pages, struct iter *to, uint64_t offset, size_t bytes)
{
	bytes = MIN(bytes, to->left);
	if (pages->memory.value)
		return each_window(pages, to, offset, bytes, move_out, false);
	size_t done = iter_put_zeroes(to, bytes);
	return done > 0 || bytes == 0 ? (int64_t)done : -EFAULT;
}

int64_t pages_write(struct pages *pages, struct iter *from, uint64_t offset, size_t bytes)
{
	return each_window(pages, from, offset, MIN(bytes, from->left), move_in, true);
}

int64_t pages_zero(struct pages *pages, uint64_t offset, size_t bytes)
{
	if (!pages->memory.value)
		return 0;
	return each_window(pages, NULL, offset, bytes, move_zeroes, true);
}
