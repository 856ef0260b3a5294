/*
 * Makes children, and keeps the books of them; who asks and ends them is fsprobe.
 */
#include "collect/fsprobe_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "collect/fsprobe_child.h"

const struct fsprobe_process fsprobe_process_free = {
    .request_fd = -1, .reader_fd = -1, .answer_fd = -1};

/*
 * Memory of text_max bytes for a child to leave a text in, which fsprobe_process_reset() gives
 * back; *text is NULL where that is 0. False with errno.
 */
static bool
share(size_t text_max, char **text)
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

bool
fsprobe_process_start(struct fsprobe_process *probe, const struct fsprobe_conf *conf)
{
	int request[2] = {-1, -1}, answer[2] = {-1, -1};
	pid_t parent = getpid(), pid = -1;
	char *text = NULL;

	if (share(conf->text_max, &text) && pipe2(request, O_CLOEXEC) == 0 &&
	    pipe2(answer, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		fsprobe_child(conf, request[0], answer[1], text, parent);
	io_close(&answer[1]);
	*probe = (struct fsprobe_process){.state = PROBE_IDLE,
	    .pid = pid,
	    .request_fd = request[1],
	    .reader_fd = request[0],
	    .answer_fd = answer[0],
	    .text = text};
	return pid > 0 && io_set_nonblock(answer[0]) == 0;
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
