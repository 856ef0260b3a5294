/*
 * A mount table as a tree of paths: a path may be mounted over, by another mount at it or higher
 * up; what a walk of the path would not reach is hidden. Sorts the table once, and looks paths up
 * in it by halves.
 */
#include "collect/mount_tree.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16 /* of mounts upon mounts below one that is cut off */

static int
by_path(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;
	int diff = strcmp(x->mountpoint, y->mountpoint);

	return diff != 0 ? diff : (x->order > y->order) - (x->order < y->order);
}

struct mountinfo *
mount_tree_at(struct mountinfo *mounts, size_t count, const char *path, size_t len, size_t *n)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int diff = strncmp(mounts[mid].mountpoint, path, len);

		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	/* Longer paths with this beginning sort behind the path itself. */
	for (high = low; high < count && strlen(mounts[high].mountpoint) == len &&
	                 memcmp(mounts[high].mountpoint, path, len) == 0;
	     high++)
		;
	*n = high - low;
	return &mounts[low];
}

size_t
mount_tree_parent_len(const char *path, size_t len)
{
	if (len <= 1)
		return 0;
	while (path[len - 1] != '/')
		len--;
	return len == 1 ? 1 : len - 1;
}

/* Of mounts at one path the one on top stays: no other's parent, and the latest of such. */
static void
hide_below(struct mountinfo *same, size_t n)
{
	struct mountinfo *top = NULL;

	for (size_t i = 0; i < n; i++) {
		/* The next is most often the one on top of it. */
		for (size_t j = 1; j < n && !same[i].hidden; j++)
			same[i].hidden = same[(i + j) % n].parent == same[i].id && same[i].id != 0;
		if (!same[i].hidden)
			top = &same[i];
	}
	for (size_t i = 0; i < n; i++)
		same[i].hidden = top == NULL ? i + 1 < n : &same[i] != top;
}

/* A mount higher up on the same parent came later and covers the way to m. */
static bool
is_cut_off(struct mountinfo *mounts, size_t count, const struct mountinfo *m)
{
	size_t len = strlen(m->mountpoint), n;

	if (m->id == 0)
		return false;
	while ((len = mount_tree_parent_len(m->mountpoint, len)) > 0) {
		const struct mountinfo *at = mount_tree_at(mounts, count, m->mountpoint, len, &n);

		for (size_t i = 0; i < n; i++)
			if (at[i].parent == m->parent && at[i].id != m->parent)
				return true;
	}
	return false;
}

static int
by_id(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Those whose parent is cut off, and theirs, for as many rounds as it takes. */
static void
cut_off_children(struct mountinfo *mounts, size_t count)
{
	bool more = true;

	qsort(mounts, count, sizeof(*mounts), by_id);
	for (int depth = 0; more && depth < DEPTH_MAX; depth++) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			const struct mountinfo key = {.id = mounts[i].parent}, *parent;

			if (mounts[i].hidden)
				continue;
			parent = bsearch(&key, mounts, count, sizeof(*mounts), by_id);
			if (parent == NULL || !parent->cut_off || parent == &mounts[i])
				continue;
			mounts[i].hidden = mounts[i].cut_off = more = true;
		}
	}
	qsort(mounts, count, sizeof(*mounts), by_path);
}

void
mount_tree_hide(struct mountinfo *mounts, size_t count)
{
	bool any = false;

	qsort(mounts, count, sizeof(*mounts), by_path);
	for (size_t i = 0, n; i < count; i += n) {
		mount_tree_at(
		    mounts, count, mounts[i].mountpoint, strlen(mounts[i].mountpoint), &n);
		if (n > 1)
			hide_below(&mounts[i], n);
	}
	for (size_t i = 0; i < count; i++) {
		struct mountinfo *m = &mounts[i];

		m->cut_off = !m->hidden && is_cut_off(mounts, count, m);
		any = any || m->cut_off;
	}
	for (size_t i = 0; i < count; i++)
		mounts[i].hidden = mounts[i].hidden || mounts[i].cut_off;
	if (any)
		cut_off_children(mounts, count);
}
