/*
 * One file system that is watched: what is known of it, and its disk.* samples. It is well, or
 * hangs, or is broken and says with which error; disk.stale tells which.
 */
#ifndef COLLECT_MOUNT_H
#define COLLECT_MOUNT_H

#include <stdbool.h>
#include <sys/statvfs.h>

#include "collect/fsask.h"
#include "collect/fsprobe.h"
#include "collect/host.h"
#include "collect/mountinfo.h"
#include "model/batch.h"

#define MOUNT_SERIES 5

struct mount {
	char *mountpoint, *source, *fstype;
	struct fsask_row row;
	bool read_only, super_read_only, risky;
	bool listed;   /* in the table that is being taken in */
	bool has_room; /* for all of its series */
	struct fsprobe_target target;
	/* of mount.c */
	bool was_alive; /* could be written to, or had room, since it is known */
	bool said_hidden;
	int fault; /* of disk.stale, as it was said last */
	struct series_ref refs[MOUNT_SERIES];
};

struct mount *mount_new(const struct mountinfo *info);
void mount_free(struct mount *m);

void mount_add_read_only(struct mount *m, struct batch *batch);

/* err: as of fsask(); value counts if it is 0. What is known of the space of a broken one stands.
 */
void mount_add_answer(
    struct mount *m, struct batch *batch, struct host *host, int err, const struct statvfs *value);
/* Without an answer; late: by now it should have come. */
void mount_add_silence(struct mount *m, struct batch *batch, bool late);

#endif
