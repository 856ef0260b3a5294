/*
 * The mount table of the host to watch, /proc/PID/mountinfo (proc_pid_mountinfo(5)) or the older
 * /proc/PID/mounts, and where the paths in it start.
 */
#ifndef COLLECT_MOUNT_TABLE_H
#define COLLECT_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "collect/fsask.h"
#include "collect/host.h"
#include "collect/host_lines.h"

#define MOUNT_TABLE_TELLS                                                                      \
	"disk.usage_percent, disk.available_bytes, disk.inode_usage_percent, disk.read_only, " \
	"disk.stale"

struct mount_table_file {
	struct host_file file;
	bool own;      /* our own view of the mounts */
	bool old_form; /* four fields a line, no numbers */
};

struct mount_table {
	struct mount_table_file self, init, old_init, old_self;
	int root;  /* where paths start that are not of our own view, or -1 */
	bool sure; /* it is the root of process 1 itself */
};

void mount_table_open(struct mount_table *t, const struct host *host);
void mount_table_close(struct mount_table *t);

/* Begins to read the table; which file it is, or NULL when there is none. */
struct mount_table_file *mount_table_read(
    struct mount_table *t, struct host *host, struct host_lines *lines);

/* Where the paths in that file start: sets what a row says of it. */
void mount_table_say_root(
    const struct mount_table *t, const struct mount_table_file *from, struct fsask_row *row);

#endif
