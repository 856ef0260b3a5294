/*
 * Asks a mounted file system for its space, so that who answers is who was meant. The path is
 * opened once; what is open is compared with its row of the mount table before it is asked.
 */
#ifndef COLLECT_FSASK_H
#define COLLECT_FSASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

/* What the table says of the mount. */
struct fsask_row {
	uint64_t id, major, minor; /* as in struct mountinfo; all 0: the table has no numbers */
	bool elsewhere;            /* the path starts at the root given, not at our own */
	bool sure;                 /* it does start where the table's paths do */
};

/* What an answer means, of a file too. */
enum fsask_meaning {
	FSASK_WELL,
	FSASK_BROKEN, /* it is there, and says that it cannot */
	FSASK_HIDDEN, /* not there, not for us to see, or without such a call: nothing is known */
	FSASK_UNSURE  /* we lacked something ourselves: what was known stands */
};

/*
 * 0, or an errno; ENOENT also when another file system is there. path: an absolute one. root: open
 * with O_PATH at least, where the row is elsewhere. May hang where the file system does.
 */
int fsask(int root, const char *path, const struct fsask_row *row, struct statvfs *out);

enum fsask_meaning fsask_meaning(int err);

#endif
