/*
 * What all processes of this program cost together: the launcher, its workers, and those that they
 * had for a moment. Read when somebody asks, of the kernel's own /proc (proc_pid_stat(5),
 * proc_pid_statm(5), proc_pid_status(5), proc_tid_children(5)).
 */
#ifndef COLLECT_PROCESS_TREE_H
#define COLLECT_PROCESS_TREE_H

#include <sys/types.h>

#include "base/clock.h"

struct process_tree {
	unsigned processes;  /* seen; those that are hidden from us cost nothing here */
	double cpu_percent;  /* of a core, on average since the launcher's start; NAN: too early */
	double rss_bytes;    /* what they share of files counts once; NAN: not known */
	double wakeups_rate; /* a second, of those that run; NAN: too early */
};

/* proc_fd: of /proc; launcher: whose children the workers are. */
void process_tree_look(
    int proc_fd, pid_t launcher, const struct now *now, struct process_tree *out);

#endif
