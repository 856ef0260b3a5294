/*
 * A child that is asked one thing at a time, over a pair of pipes.
 */
#ifndef COLLECT_FSPROBE_PROCESS_H
#define COLLECT_FSPROBE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/fsprobe_conf.h"

struct fsprobe_target;

enum fsprobe_process_state {
	PROBE_FREE,
	PROBE_IDLE,
	PROBE_BUSY, /* asked, not answered */
	PROBE_DYING /* told to go, or killed; not reaped yet */
};

struct fsprobe_process {
	enum fsprobe_process_state state;
	pid_t pid;
	int request_fd, answer_fd;
	int reader_fd; /* of the request pipe: kept open, writing to a dead child is no SIGPIPE */
	struct fsprobe_target *target; /* a busy one has one; NULL: none, or forgotten */
	int64_t asked_ns;
	char *text; /* shared with the child, where it reads files; NULL: it does not */
};

extern const struct fsprobe_process fsprobe_process_free;

/*
 * Makes the child of a free one. False with errno: it is none, where its pid is not above 0, or of
 * no use.
 */
bool fsprobe_process_start(struct fsprobe_process *probe, const struct fsprobe_conf *conf);

/* It has no child any more, or never had: what it has goes. text_max: of its text. */
void fsprobe_process_reset(struct fsprobe_process *probe, size_t text_max);

/* Closes the pipes; for the child the end of its requests. */
void fsprobe_process_close(struct fsprobe_process *probe);

/* The first in that state, or NULL; and how many there are. */
struct fsprobe_process *fsprobe_process_find(
    struct fsprobe_process *probes, size_t n, enum fsprobe_process_state state);
size_t fsprobe_process_count(
    const struct fsprobe_process *probes, size_t n, enum fsprobe_process_state state);

#endif
