/*
 * A child that is asked one thing at a time, over a pair of pipes.
 */
#ifndef COLLECT_FSPROBE_LANE_H
#define COLLECT_FSPROBE_LANE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/fsprobe.h"

enum fsprobe_lane_state {
	LANE_FREE,
	LANE_IDLE,
	LANE_BUSY, /* asked, not answered */
	LANE_DYING /* told to go, or killed; not reaped yet */
};

struct fsprobe_lane {
	enum fsprobe_lane_state state;
	pid_t pid;
	int request_fd, answer_fd;
	int reader_fd; /* of the request pipe: kept open, writing to a dead child is no SIGPIPE */
	struct fsprobe_target *target; /* NULL: none, or forgotten */
	int64_t asked_ns;
};

extern const struct fsprobe_lane fsprobe_lane_free;

/* Closes the pipes; for the child the end of its requests. */
void fsprobe_lane_close(struct fsprobe_lane *lane);

/* The first in that state, or NULL; and how many there are. */
struct fsprobe_lane *fsprobe_lane_find(
    struct fsprobe_lane *lanes, size_t n, enum fsprobe_lane_state state);
size_t fsprobe_lane_count(
    const struct fsprobe_lane *lanes, size_t n, enum fsprobe_lane_state state);

#endif
