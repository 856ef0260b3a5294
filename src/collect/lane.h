/*
 * A child that is asked one thing at a time, over a pair of pipes.
 */
#ifndef COLLECT_LANE_H
#define COLLECT_LANE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/fsprobe.h"

enum lane_state {
	LANE_FREE,
	LANE_IDLE,
	LANE_BUSY, /* asked, not answered */
	LANE_DYING /* told to go, or killed; not reaped yet */
};

struct lane {
	enum lane_state state;
	pid_t pid;
	int request_fd, answer_fd;
	int reader_fd; /* of the request pipe: kept open, writing to a dead child is no SIGPIPE */
	struct fsprobe_target *target; /* NULL: none, or forgotten */
	int64_t asked_ns;
};

extern const struct lane lane_free;

/* Closes the pipes; for the child the end of its requests. */
void lane_close(struct lane *lane);

/* The first in that state, or NULL; and how many there are. */
struct lane *lane_find(struct lane *lanes, size_t n, enum lane_state state);
size_t lane_count(const struct lane *lanes, size_t n, enum lane_state state);

#endif
