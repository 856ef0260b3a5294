/*
 * Asks file systems that may hang for their space, and reads files on them, in children. A round
 * asks every target, waits a moment for the fast ones and returns; late answers count in the next
 * round. A target that has not answered by the deadline is stale, and is asked again only when the
 * call that hangs is gone.
 */
#ifndef COLLECT_FSPROBE_H
#define COLLECT_FSPROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "collect/fsprobe_conf.h"

/* What is to be asked. Zero it, set path; stays where it is until fsprobe_forget(). */
struct fsprobe_target {
	const char *path;
	struct fsask_row row; /* of a file system: of now, may change from round to round */
	bool fresh;           /* answered since the round before: err and value are of now */
	bool prompt;          /* that answer is to the question of this round */
	int err;              /* of the last answer: 0, or an errno */
	bool stale;           /* did not answer in time, and has not since */
	bool good;            /* its last question was answered */
	unsigned probe;       /* who is asking it, from 1; 0 nobody */
	uint32_t round;       /* in which it was asked last */
	struct statvfs value; /* of the last answer without an error */
	char *text; /* the same, of a file: grows as needed, the target's owner frees it */
	size_t text_len, text_cap;
};

struct fsprobe;

/* Makes no child before it is needed. */
struct fsprobe *fsprobe_new(const struct fsprobe_conf *conf);
/* Ends the children; one that cannot die is left to the kernel. */
void fsprobe_free(struct fsprobe *p);

void fsprobe_round(
    struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns);

/* Must be called before the memory of a target goes. */
void fsprobe_forget(struct fsprobe *p, struct fsprobe_target *target);

#endif
