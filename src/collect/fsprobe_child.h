/*
 * The inside of a child of fsprobe: reads a path, asks the file system, writes the answer.
 */
#ifndef COLLECT_FSPROBE_CHILD_H
#define COLLECT_FSPROBE_CHILD_H

#include <sys/statvfs.h>
#include <sys/types.h>

#include "collect/fsprobe_conf.h"

/* What comes back for each path, in one atomic write. */
struct fsprobe_answer {
	int err; /* 0: it is one */
	struct statvfs value;
	size_t text_len; /* of a file; the text itself lies in memory that both have */
};

/*
 * Runs in the child, to its end: when the parent closes its pipe or dies, or a call takes longer
 * than the deadline and can be interrupted. Keeps no descriptor but these two and the root. text:
 * conf's text_max bytes that the parent shares, or NULL.
 */
_Noreturn void fsprobe_child(
    const struct fsprobe_conf *conf, int request_fd, int answer_fd, char *text, pid_t parent);

#endif
