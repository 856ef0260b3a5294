/*
 * Which mounts are file systems of their own to report, and which of them may hang when asked.
 * Pure.
 */
#ifndef COLLECT_MOUNT_SELECT_H
#define COLLECT_MOUNT_SELECT_H

#include "collect/mountinfo.h"
#include "conf/conf.h"

/*
 * Sets hidden, picked and risky of the n mounts, at most max picked ones: the root first, then
 * those of a device, then those of a server; leaves them in the order of their lines. Returns how
 * many there would be without max. exclude_*: globs.
 */
size_t mount_select(struct mountinfo *mounts, size_t n, const struct strings *exclude_fstypes,
    const struct strings *exclude_mountpoints, size_t max);

#endif
