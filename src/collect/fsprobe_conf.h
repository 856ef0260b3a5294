/*
 * What is asked, and how, for both sides of the pipes: the space of a file system, or the text of a
 * file.
 */
#ifndef COLLECT_FSPROBE_CONF_H
#define COLLECT_FSPROBE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#define FSPROBE_PATH_MAX 4096 /* with its NUL: one atomic write to a pipe */

/* Asks one file system; runs in the child, where no descriptor of the parent is left. */
typedef bool fsprobe_fn(const void *arg, const char *path, struct statvfs *out);

/* Reads a file into text, of cap bytes; its length, or -1 with errno. Runs in the child as well. */
typedef ssize_t fsprobe_read_fn(const char *path, char *text, size_t cap);

struct fsprobe_conf {
	const char *what; /* for the log: "file system" */
	fsprobe_fn *fn;   /* one of these two; the other is NULL */
	fsprobe_read_fn *read;
	size_t text_max;     /* of what read gives */
	const void *arg;     /* of fn */
	int64_t deadline_ms; /* to answer at all */
	int64_t wait_ms;     /* what a round takes at most, about */
};

#endif
