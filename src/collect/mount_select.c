/*
 * A mount table to the file systems worth a series. A path may be mounted over, a file system may
 * be mounted many times: what statvfs() of the path would not reach is hidden, and of equals one is
 * picked. A file system is risky unless it is known to answer from this machine alone, and so is
 * anything below the mount point of a risky one, for the path leads through it.
 */
#include "collect/mount_select.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define RANKS 4

/* They answer without asking a server, a user's process or a cluster. */
static const char *const local_types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs",
    "bcachefs", "jfs", "reiserfs", "nilfs2", "vfat", "msdos", "exfat", "ntfs", "ntfs3", "hfs",
    "hfsplus", "ufs", "minix", "udf", "iso9660", "squashfs", "erofs", "cramfs", "romfs", "ubifs",
    "jffs2", "tmpfs", "ramfs", "rootfs", "overlay", "aufs",
    /* pseudo file systems, below which others are often mounted */
    "proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "selinuxfs",
    "debugfs", "tracefs", "configfs", "pstore", "bpf", "mqueue", "hugetlbfs", "binfmt_misc",
    "fusectl", "efivarfs", "nsfs", "rpc_pipefs", "nfsd", "resctrl", "xenfs"};

static bool
is_local(const char *fstype)
{
	for (size_t i = 0; i < sizeof(local_types) / sizeof(local_types[0]); i++)
		if (str_eq(fstype, local_types[i]))
			return true;
	return false;
}

static bool
is_in(const struct strings *globs, const char *text)
{
	return str_glob_any(globs->items, globs->len, text);
}

static int
by_path(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;
	int diff = strcmp(x->mountpoint, y->mountpoint);

	return diff != 0 ? diff : (x->order > y->order) - (x->order < y->order);
}

static int
by_order(const void *a, const void *b)
{
	const struct mountinfo *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* The mounts at the path of len bytes: returns the first, *n how many. Needs them by path. */
static struct mountinfo *
find_at(struct mountinfo *mounts, size_t count, const char *path, size_t len, size_t *n)
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

/* Length of the parent path of the first len bytes: "/a/b" to "/a" to "/"; 0 above the root. */
static size_t
parent_len(const char *path, size_t len)
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
		for (size_t j = 0; j < n && !same[i].hidden; j++)
			same[i].hidden = i != j && same[j].parent == same[i].id && same[i].id != 0;
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
	while ((len = parent_len(m->mountpoint, len)) > 0) {
		const struct mountinfo *at = find_at(mounts, count, m->mountpoint, len, &n);

		for (size_t i = 0; i < n; i++)
			if (at[i].parent == m->parent && at[i].id != m->parent)
				return true;
	}
	return false;
}

static void
hide_children(struct mountinfo *mounts, size_t count, uint64_t id, int depth)
{
	for (size_t i = 0; i < count && depth > 0; i++) {
		if (mounts[i].parent != id || mounts[i].id == id || mounts[i].hidden)
			continue;
		mounts[i].hidden = true;
		hide_children(mounts, count, mounts[i].id, depth - 1);
	}
}

static void
hide_covered(struct mountinfo *mounts, size_t count)
{
	for (size_t i = 0, n; i < count; i += n) {
		find_at(mounts, count, mounts[i].mountpoint, strlen(mounts[i].mountpoint), &n);
		if (n > 1)
			hide_below(&mounts[i], n);
	}
	for (size_t i = 0; i < count; i++) {
		if (mounts[i].hidden || !is_cut_off(mounts, count, &mounts[i]))
			continue;
		mounts[i].hidden = true;
		hide_children(mounts, count, mounts[i].id, 16);
	}
}

/* Below the mount point of one that may hang; mounts by path. */
static bool
is_behind_risky(struct mountinfo *mounts, size_t count, const struct mountinfo *m)
{
	size_t len = strlen(m->mountpoint), n;

	while ((len = parent_len(m->mountpoint, len)) > 0) {
		const struct mountinfo *at = find_at(mounts, count, m->mountpoint, len, &n);

		for (size_t i = 0; i < n; i++)
			if (!at[i].hidden && !is_local(at[i].fstype))
				return true;
	}
	return false;
}

/* Each subvolume of btrfs has a device number of its own. */
static bool
is_same_fs(const struct mountinfo *a, const struct mountinfo *b)
{
	bool numbered = a->id != 0 && b->id != 0; /* the old form of the table has no numbers */

	if (numbered && a->major == b->major && a->minor == b->minor)
		return true;
	if (numbered && !str_eq(a->fstype, "btrfs"))
		return false;
	return str_eq(a->fstype, b->fstype) && a->source[0] == '/' && str_eq(a->source, b->source);
}

/* The whole file system rather than a folder of it, then the shorter path, then the older mount. */
static bool
is_better(const struct mountinfo *a, const struct mountinfo *b)
{
	size_t a_len = strlen(a->mountpoint), b_len = strlen(b->mountpoint);
	bool a_whole = str_eq(a->root, "/"), b_whole = str_eq(b->root, "/");

	if (a_whole != b_whole)
		return a_whole;
	return a_len != b_len ? a_len < b_len : a->order < b->order;
}

/* Of those picked so far, one a file system. */
static void
drop_duplicates(struct mountinfo *mounts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i && mounts[i].picked; j++) {
			if (!mounts[j].picked || !is_same_fs(&mounts[i], &mounts[j]))
				continue;
			if (is_better(&mounts[i], &mounts[j]))
				mounts[j].picked = false;
			else
				mounts[i].picked = false;
		}
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
	qsort(mounts, n, sizeof(*mounts), by_path);
	hide_covered(mounts, n);
	for (size_t i = 0; i < n; i++) {
		struct mountinfo *m = &mounts[i];

		/* Asking an automount point mounts it. */
		m->picked = !m->hidden && !str_eq(m->fstype, "autofs") &&
		            !is_in(exclude_fstypes, m->fstype) &&
		            !is_in(exclude_mountpoints, m->mountpoint);
		m->risky = m->picked && (!is_local(m->fstype) || is_behind_risky(mounts, n, m));
	}
	drop_duplicates(mounts, n);
	qsort(mounts, n, sizeof(*mounts), by_order);
	return cut_at(mounts, n, max);
}
