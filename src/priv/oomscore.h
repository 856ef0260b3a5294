/*
 * Whom the kernel ends first where memory is short (/proc/PID/oom_score_adj, proc(5)): a worker,
 * which is replaced, and not the launcher, with which all end.
 */
#ifndef PRIV_OOMSCORE_H
#define PRIV_OOMSCORE_H

#include <stdbool.h>
#include <sys/types.h>

struct oomscore {
	bool open;        /* zeroed: not; all stay alike */
	int fd;           /* of this process's own value */
	int own, workers; /* thousandths of all memory, -1000 to 1000 */
};

/* While this process has its rights and may still open its own files of /proc. */
void oomscore_init(struct oomscore *score);
void oomscore_done(struct oomscore *score);

/* fork(2), the child with the value of workers. */
pid_t oomscore_fork(const struct oomscore *score);

#endif
