/*
 * The bookkeeping of lanes; who starts, asks and ends them is fsprobe.
 */
#include "collect/lane.h"

#include "base/io.h"

const struct lane lane_free = {.request_fd = -1, .reader_fd = -1, .answer_fd = -1};

void
lane_close(struct lane *lane)
{
	io_close(&lane->request_fd);
	io_close(&lane->reader_fd);
	io_close(&lane->answer_fd);
}

struct lane *
lane_find(struct lane *lanes, size_t n, enum lane_state state)
{
	for (size_t i = 0; i < n; i++)
		if (lanes[i].state == state)
			return &lanes[i];
	return NULL;
}

size_t
lane_count(const struct lane *lanes, size_t n, enum lane_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += lanes[i].state == state;
	return count;
}
