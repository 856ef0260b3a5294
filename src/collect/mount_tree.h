/*
 * Which mounts of a table a walk of their paths reaches. Pure.
 */
#ifndef COLLECT_MOUNT_TREE_H
#define COLLECT_MOUNT_TREE_H

#include "collect/mountinfo.h"

/* Sorts the mounts by path, and sets hidden of those that a later one covers. */
void mount_tree_hide(struct mountinfo *mounts, size_t count);

/* The mounts at the path of len bytes, of a table sorted so: returns the first, *n how many. */
struct mountinfo *mount_tree_at(
    struct mountinfo *mounts, size_t count, const char *path, size_t len, size_t *n);

/* Length of the parent path of the first len bytes: "/a/b" to "/a" to "/"; 0 above the root. */
size_t mount_tree_parent_len(const char *path, size_t len);

#endif
