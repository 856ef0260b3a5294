/*
 * A mount table to the file systems worth a series. A file system may be mounted many times: of
 * equals one is picked, and none that is hidden. A file system is risky unless it is known to
 * answer from this machine alone, and so is anything below the mount point of a risky one, for the
 * path leads through it.
 */
#include "collect/mount_select.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "collect/mount_tree.h"
#include "collect/mount_types.h"

#define RANKS 4

static bool
is_in(const struct strings *globs, const char *text)
{
	return str_glob_any(globs->items, globs->len, text);
}

static int
by_order(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* Below the mount point of one that may hang; mounts by path. */
static bool
is_behind_risky(struct mountinfo *mounts, size_t count, const struct mountinfo *m)
{
	size_t len = strlen(m->mountpoint), n;

	while ((len = mount_tree_parent_len(m->mountpoint, len)) > 0) {
		const struct mountinfo *at = mount_tree_at(mounts, count, m->mountpoint, len, &n);

		for (size_t i = 0; i < n; i++)
			if (!at[i].hidden && !mount_types_is_local(at[i].fstype))
				return true;
	}
	return false;
}

/* The whole file system rather than a folder of it, then the shorter path, then the older mount. */
static int
by_worth(const struct mountinfo *a, const struct mountinfo *b)
{
	size_t a_len = strlen(a->mountpoint), b_len = strlen(b->mountpoint);
	bool a_whole = str_eq(a->root, "/"), b_whole = str_eq(b->root, "/");

	if (a_whole != b_whole)
		return a_whole ? -1 : 1;
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return by_order(a, b);
}

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By device number, which the old form of the table does not have. */
static int
by_device(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;
	int diff = compare(x->id != 0, y->id != 0);

	diff = diff != 0 ? diff : compare(x->major, y->major);
	diff = diff != 0 ? diff : compare(x->minor, y->minor);
	return diff != 0 ? diff : by_worth(x, y);
}

static bool
is_same_device(const struct mountinfo *a, const struct mountinfo *b)
{
	return a->id != 0 && b->id != 0 && a->major == b->major && a->minor == b->minor;
}

/* By source, which tells of those without a number; each subvolume of btrfs has one of its own. */
static int
by_source(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;
	int diff = strcmp(x->fstype, y->fstype);

	diff = diff != 0 ? diff : strcmp(x->source, y->source);
	return diff != 0 ? diff : by_worth(x, y);
}

static bool
is_same_source(const struct mountinfo *a, const struct mountinfo *b)
{
	return ((a->id == 0 && b->id == 0) || str_eq(a->fstype, "btrfs")) && a->source[0] == '/' &&
	       str_eq(a->fstype, b->fstype) && str_eq(a->source, b->source);
}

/* Of those picked so far, the best of each that is the same; sorts, for there may be very many. */
static void
drop_same(struct mountinfo *mounts, size_t count, int (*order)(const void *, const void *),
    bool (*is_same)(const struct mountinfo *, const struct mountinfo *))
{
	const struct mountinfo *kept = NULL;

	qsort(mounts, count, sizeof(*mounts), order);
	for (size_t i = 0; i < count; i++) {
		struct mountinfo *m = &mounts[i];

		if (!m->picked)
			continue;
		m->picked = kept == NULL || !is_same(kept, m);
		kept = m->picked ? m : kept;
	}
}

/* What is missed least goes last: file systems in memory, and images (loop devices). */
static int
rank_of(const struct mountinfo *m)
{
	if (str_eq(m->mountpoint, "/"))
		return 0;
	if (m->source[0] == '/' && !m->risky && !str_starts(m->source, "/dev/loop"))
		return 1;
	return m->risky ? 2 : RANKS - 1;
}

static size_t
cut_at(struct mountinfo *mounts, size_t count, size_t max)
{
	size_t n = 0;

	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < count; i++) {
			if (mounts[i].picked && rank_of(&mounts[i]) == rank)
				mounts[i].picked = ++n <= max;
		}
	}
	return n;
}

size_t
mount_select(struct mountinfo *mounts, size_t n, const struct strings *exclude_fstypes,
    const struct strings *exclude_mountpoints, size_t max)
{
	if (n == 0)
		return 0;
	mount_tree_hide(mounts, n);
	for (size_t i = 0; i < n; i++) {
		struct mountinfo *m = &mounts[i];

		/* Asking an automount point mounts it. */
		m->picked = !m->hidden && !str_eq(m->fstype, "autofs") &&
		            !is_in(exclude_fstypes, m->fstype) &&
		            !is_in(exclude_mountpoints, m->mountpoint);
		m->risky = m->picked &&
		           (!mount_types_is_local(m->fstype) || is_behind_risky(mounts, n, m));
	}
	drop_same(mounts, n, by_device, is_same_device);
	drop_same(mounts, n, by_source, is_same_source);
	qsort(mounts, n, sizeof(*mounts), by_order);
	return cut_at(mounts, n, max);
}
