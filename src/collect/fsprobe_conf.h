/*
 * How file systems are asked, for both sides of the pipes.
 */
#ifndef COLLECT_FSPROBE_CONF_H
#define COLLECT_FSPROBE_CONF_H

#include <stdint.h>
#include <sys/statvfs.h>

#include "collect/fsask.h"

#define FSPROBE_PATH_MAX 4064 /* with its NUL */

/* A question: one atomic write to a pipe, cut behind the path's NUL. */
struct fsprobe_question {
	struct fsask_row row;
	char path[FSPROBE_PATH_MAX];
};

/*
 * Asks one file system, as fsask() does; runs in the child, where no descriptor of the parent is
 * left but the root.
 */
typedef int fsprobe_fn(
    const void *arg, int root, const char *path, const struct fsask_row *row, struct statvfs *out);

struct fsprobe_conf {
	fsprobe_fn *fn;
	const void *arg;
	int root;            /* for fn, or -1; stays open as long as there are children */
	int64_t deadline_ms; /* to answer at all */
	int64_t wait_ms;     /* what a round takes at most, about */
};

#endif
