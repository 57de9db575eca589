/*
 * Texts of made-up files (snapshot.h). file->lock guards which one is kept; guest memory is filled outside of it, with a
 * reference.
 */
#include "snapshot.h"
#include <base/bits.h>
#include <libanon/heap.h>

struct snapshot {
	uint32_t references; /* [a] */
	size_t len;
	char *text;
};

static void put(struct snapshot *snapshot)
{
	if (!snapshot || __atomic_sub_fetch(&snapshot->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	heap_free(snapshot->text);
	heap_free(snapshot);
}

static struct snapshot *get(struct file *file)
{
	mutex_lock(&file->lock);
	struct snapshot *snapshot = file->private;
	if (snapshot)
		__atomic_fetch_add(&snapshot->references, 1, __ATOMIC_RELAXED);
	mutex_unlock(&file->lock);
	return snapshot;
}

int64_t snapshot_keep(struct file *file, char *text, size_t len)
{
	struct snapshot *fresh = heap_alloc(sizeof(*fresh));
	if (!fresh) {
		heap_free(text);
		return -ENOMEM;
	}
	*fresh = (struct snapshot){.references = 1, .len = len, .text = text};
	mutex_lock(&file->lock);
	struct snapshot *old = file->private;
	file->private = fresh;
	mutex_unlock(&file->lock);
	put(old);
	return 0;
}

bool snapshot_is_kept(struct file *file)
{
	struct snapshot *snapshot = get(file);
	put(snapshot);
	return snapshot;
}

static int64_t copy_out(const struct snapshot *snapshot, struct iter *to, uint64_t *position)
{
	if (!snapshot || *position >= snapshot->len || to->left == 0)
		return 0;
	size_t done = iter_put(to, snapshot->text + *position,
	                       MIN(to->left, snapshot->len - *position));
	*position += done;
	return done > 0 ? (int64_t)done : -EFAULT;
}

int64_t snapshot_read(struct file *file, struct iter *to, uint64_t *position)
{
	struct snapshot *snapshot = get(file);
	int64_t result = copy_out(snapshot, to, position);
	put(snapshot);
	return result;
}

void snapshot_release(struct file *file)
{
	put(file->private);
}
