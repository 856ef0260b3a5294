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

/* Reads the table into host->text; which file it was, or NULL when there is none. */
struct mount_table_file *mount_table_read(struct mount_table *t, struct host *host, size_t *len);

/* Where the paths in that file start: sets what a row says of it. */
void mount_table_say_root(
    const struct mount_table *t, const struct mount_table_file *from, struct fsask_row *row);

#endif
