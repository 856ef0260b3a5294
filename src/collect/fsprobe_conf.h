/*
 * How file systems are asked, for both sides of the pipes.
 */
#ifndef COLLECT_FSPROBE_CONF_H
#define COLLECT_FSPROBE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

#define FSPROBE_PATH_MAX 4096 /* with its NUL: one atomic write to a pipe */

/* Asks one file system; runs in the child, where no descriptor of the parent is left. */
typedef bool fsprobe_fn(const void *arg, const char *path, struct statvfs *out);

struct fsprobe_conf {
	fsprobe_fn *fn;
	const void *arg;
	int64_t deadline_ms; /* to answer at all */
	int64_t wait_ms;     /* what a round takes at most, about */
};

#endif
