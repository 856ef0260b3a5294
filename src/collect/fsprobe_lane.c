/*
 * The bookkeeping of lanes; who starts, asks and ends them is fsprobe.
 */
#include "collect/fsprobe_lane.h"

#include "base/io.h"

const struct fsprobe_lane fsprobe_lane_free = {.request_fd = -1, .reader_fd = -1, .answer_fd = -1};

void
fsprobe_lane_close(struct fsprobe_lane *lane)
{
	io_close(&lane->request_fd);
	io_close(&lane->reader_fd);
	io_close(&lane->answer_fd);
}

struct fsprobe_lane *
fsprobe_lane_find(struct fsprobe_lane *lanes, size_t n, enum fsprobe_lane_state state)
{
	for (size_t i = 0; i < n; i++)
		if (lanes[i].state == state)
			return &lanes[i];
	return NULL;
}

size_t
fsprobe_lane_count(const struct fsprobe_lane *lanes, size_t n, enum fsprobe_lane_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += lanes[i].state == state;
	return count;
}
