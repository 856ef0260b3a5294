/*
 * The processes of the last scan, in places that stay where they are. Memory comes in slabs, as
 * processes come.
 */
#ifndef COLLECT_PROCTABLE_H
#define COLLECT_PROCTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/pidlist.h"
#include "collect/pidstat.h"

#define PROCTABLE_MAX 16384 /* processes known one by one; more are only counted */

/* In place of a slot. */
#define PROCTABLE_NONE UINT32_MAX          /* not readable, or no room */
#define PROCTABLE_KTHREAD (UINT32_MAX - 1) /* a kernel thread: looked at once */

/* Why a process is tracked. */
#define PROC_BY_PATTERN 1u
#define PROC_BY_RSS 2u
#define PROC_BY_CPU 4u
#define PROC_BY_FDS 8u

#define PROC_NO_LIMIT UINT32_MAX

#define PROC_UNTRACKED UINT8_MAX

/* What a process had at a moment of the past; see procgrowth.h. Low 32 bits. */
#define PROC_MARKS_QUICK 8
#define PROC_MARKS (PROC_MARKS_QUICK + 2)

struct proc_mark {
	uint32_t rss_pages, ticks;
};

/* One user process; identity is (pid, starttime). */
struct process {
	uint64_t starttime, ticks, rss_pages;
	char name[PIDSTAT_NAME_MAX];
	float cpu_percent; /* since the scan before; NAN when that is not known */
	float cpu_score;   /* the same, fading slowly: what the top list goes by */
	int32_t pid;
	int32_t fd; /* of PID/stat, or -1 */
	uint32_t threads;
	uint32_t fd_limit;  /* PROC_NO_LIMIT; 0 not looked up */
	uint8_t fd_percent; /* of the limit, when proclook looked last; at most 100 */
	bool dear_fds;      /* too many to be counted one by one */
	uint32_t next_free;
	uint8_t tracked; /* place among the tracked, or PROC_UNTRACKED */
	uint8_t why;     /* PROC_BY_* of the last selection */
	uint8_t renames; /* how often the name has changed; it stays after a few */
	bool matches;    /* a pattern */
	char state;
	struct proc_mark marks[PROC_MARKS];
};

struct proctable {
	struct process *slabs[PROCTABLE_MAX / 128];
	uint32_t made;       /* slots handed out so far, free ones included */
	uint32_t first_free; /* PROCTABLE_NONE: none */
	struct pidlist now, before;
	size_t fds, fds_max;           /* descriptors kept, and how many may be */
	int64_t marked_ns[PROC_MARKS]; /* when; 0: not yet */
};

/* fds_max 0: keeps no descriptors. */
void proctable_init(struct proctable *t, size_t fds_max);
void proctable_done(struct proctable *t);

/* A zeroed place without descriptor; PROCTABLE_NONE when all are taken. */
uint32_t proctable_add(struct proctable *t);
/* Frees the place and closes its descriptor. */
void proctable_drop(struct proctable *t, uint32_t slot);
struct process *proctable_at(const struct proctable *t, uint32_t slot);

/* The process of entry i of the list now; NULL for kernel threads and what was not readable. */
struct process *proctable_listed(const struct proctable *t, size_t i);

/* Gives the process the descriptor to keep, or closes it when there are too many. */
void proctable_keep_fd(struct proctable *t, struct process *p, int fd);
void proctable_close_fd(struct proctable *t, struct process *p);

#endif
