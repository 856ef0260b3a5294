/*
 * What lies over files of proc and sys and is not the kernel's own: lxcfs over /proc/meminfo in a
 * container. Reading such a file may hang, and what it says may be of another scope than what lies
 * beside it. The mount table tells, which asks nobody; opening or fstatfs() of such a file asks
 * whoever serves it.
 */
#ifndef COLLECT_COVERS_H
#define COLLECT_COVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/hidepid.h"

#define COVERS_TABLE_MAX (64 * 1024 * 1024) /* 100,000 mounts (fs.mount-max) of 600 bytes */

struct cover {
	bool in_sys;
	char *path; /* below proc or sys, owned: "meminfo" */
};

struct covers {
	char *proc, *sys;       /* where the roots are in the table: "/proc" */
	int table_fd;           /* of our own table, which says when it changes; -1: not open */
	bool said_long;         /* that only a part of it is read */
	uint64_t hash;          /* of the table that was read last */
	uint32_t gen;           /* grows when the list has changed; at least 1 */
	struct hidepid hidepid; /* of the mount that proc is */
	struct cover *items;
	size_t len, cap;
};

/* Takes copies of the roots' paths. Nothing is covered before covers_look() or covers_take(). */
void covers_init(struct covers *c, const char *proc, const char *sys);
void covers_done(struct covers *c);

/* Our own mount table, proc_fd being a kernel's proc: read at first, and when it has changed. */
void covers_look(struct covers *c, int proc_fd);

/* The table of a recorded host, below proc_fd: read each time. */
void covers_look_recorded(struct covers *c, int proc_fd);

/* Pure: the text of a mountinfo file of len bytes, which is changed. */
void covers_take(struct covers *c, char *text, size_t len);

/* Whether the way to a path leads through one. */
bool covers_has(const struct covers *c, bool in_sys, const char *path);

/* Whether there is one below that path, or on the way to it. */
bool covers_has_below(const struct covers *c, bool in_sys, const char *path);

#endif
