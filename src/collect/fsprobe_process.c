/*
 * The bookkeeping of probes; who starts, asks and ends them is fsprobe.
 */
#include "collect/fsprobe_process.h"

#include "base/io.h"

const struct fsprobe_process fsprobe_process_free = {
    .request_fd = -1, .reader_fd = -1, .answer_fd = -1};

void
fsprobe_process_close(struct fsprobe_process *probe)
{
	io_close(&probe->request_fd);
	io_close(&probe->reader_fd);
	io_close(&probe->answer_fd);
}

struct fsprobe_process *
fsprobe_process_find(struct fsprobe_process *probes, size_t n, enum fsprobe_process_state state)
{
	for (size_t i = 0; i < n; i++)
		if (probes[i].state == state)
			return &probes[i];
	return NULL;
}

size_t
fsprobe_process_count(
    const struct fsprobe_process *probes, size_t n, enum fsprobe_process_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += probes[i].state == state;
	return count;
}
