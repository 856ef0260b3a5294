/*
 * A file of proc or sys that is read every cycle, and what is said, once, when it cannot be: which
 * metrics are lost with it, and why.
 */
#ifndef COLLECT_HOST_FILE_H
#define COLLECT_HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/gaps.h"

/* Static initialiser: {.path = "stat", .tells = "cpu.usage_percent", .fd = -1}. */
struct host_file {
	const char *path; /* below proc, or below sys when in_sys */
	bool in_sys;
	/* The metrics that are absent without it, "cpu.load_1m, cpu.load_5m"; NULL: it is one of
	 * many, and no news. */
	const char *tells;
	bool replaced; /* another file is read where this one cannot be */
	bool optional; /* not every kernel or host has it: only that it is refused is news */
	bool said_missing, said_malformed, said_cut;
	struct gaps *gaps; /* of the host that read it last; NULL: not read yet */
	bool is_small; /* at most HOST_SMALL_MAX - 1 bytes are read: right for all of proc/sys */
	bool foreign;  /* covered, as of covers_gen */
	uint32_t covers_gen; /* 0: not looked at yet */
	int fd;
};

void host_file_close(struct host_file *file);

/* The three below are noted as gaps of the host as often as they are called, and said once. */

/*
 * It could not be read, with that errno. Warns once a file; at debug level only where that is no
 * news, or where it is told otherwise: one that is covered and does not answer is agent.file_stale.
 */
void host_file_say_unread(struct host_file *file, int err);

/* Warns, once a file, that its text is not what its kernel documentation says. */
void host_file_say_malformed(struct host_file *file);

/* Warns, once a file, that only so many bytes of it, or of a line of it, are read. */
void host_file_say_cut(struct host_file *file, size_t bytes);

#endif
