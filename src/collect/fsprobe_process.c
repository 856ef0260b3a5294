/*
 * The bookkeeping of probes; who starts, asks and ends them is fsprobe.
 */
#include "collect/fsprobe_process.h"

#include <sys/mman.h>

#include "base/io.h"

const struct fsprobe_process fsprobe_process_free = {
    .request_fd = -1, .reader_fd = -1, .answer_fd = -1};

bool
fsprobe_process_share(size_t text_max, char **text)
{
	void *shared;

	*text = NULL;
	if (text_max == 0)
		return true;
	shared = mmap(NULL, text_max, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	*text = shared;
	return true;
}

void
fsprobe_process_reset(struct fsprobe_process *probe, size_t text_max)
{
	fsprobe_process_close(probe);
	if (probe->text != NULL)
		munmap(probe->text, text_max);
	*probe = fsprobe_process_free;
}

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
