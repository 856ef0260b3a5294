/*
 * What is asked, and how, for both sides of the pipes: the space of a file system, or the text of a
 * file.
 */
#ifndef COLLECT_FSPROBE_CONF_H
#define COLLECT_FSPROBE_CONF_H

#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

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

/* Reads a file into text, of cap bytes; its length, or -1 with errno. Runs in the child as well. */
typedef ssize_t fsprobe_read_fn(const char *path, char *text, size_t cap);

struct fsprobe_conf {
	fsprobe_fn *fn; /* one of these two; the other is NULL */
	fsprobe_read_fn *read;
	size_t text_max;     /* of what read gives */
	const void *arg;     /* of fn */
	int root;            /* for fn, or -1; stays open as long as there are children */
	int64_t deadline_ms; /* to answer at all */
	int64_t wait_ms;     /* what a round takes at most, about */
};

#endif
