/*
 * The launcher is spared, as far as it may be: root lowers its value, anybody else raises that of
 * the workers, less. Once rights are dropped no worker could open its own file: the kernel gives it
 * to root where a process is not dumpable. So the launcher keeps its own open and takes the
 * workers' value for the moment of the fork. Where the kernel refuses, all stay alike.
 */
#include "priv/oomscore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/num.h"

#define LOWEST (-1000) /* never ended */
#define HIGHEST 1000
#define SPARED 900 /* it is small, and never grows */
#define RAISED 100 /* little: on a host without memory we are not to be the first */

static bool
put(const struct oomscore *score, int value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", value);

	return pwrite(score->fd, text, (size_t)len, 0) == len;
}

static bool
read_own(struct oomscore *score)
{
	char text[16];

	if (score->fd < 0 || io_pread_all(score->fd, text, sizeof(text)) <= 0)
		return false;
	score->own = score->workers = (int)strtol(text, NULL, 10);
	return score->own != LOWEST; /* or whoever started us spares all of us */
}

void
oomscore_init(struct oomscore *score)
{
	*score = (struct oomscore){.fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC)};
	if (!read_own(score)) {
		io_close(&score->fd);
		return;
	}
	score->open = true;
	score->own = (int)num_max(score->own - SPARED, LOWEST + 1);
	if (put(score, score->own))
		return;
	score->own = score->workers;
	score->workers = (int)num_min(score->own + RAISED, HIGHEST);
}

void
oomscore_done(struct oomscore *score)
{
	if (score->open)
		io_close(&score->fd);
	score->open = false;
}

pid_t
oomscore_fork(const struct oomscore *score)
{
	pid_t pid;
	int err;

	if (score->open && !put(score, score->workers))
		log_warn_errno("oom_score_adj of a worker");
	pid = fork();
	err = errno;
	if (pid != 0 && score->open)
		(void)put(score, score->own);
	errno = err;
	return pid;
}
