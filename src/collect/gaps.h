/*
 * What of the host is not watched, and why: files that cannot be read or understood, and tables of
 * which only a part is taken. Kept for whoever asks how the agent is; what ends leaves the list.
 */
#ifndef COLLECT_GAPS_H
#define COLLECT_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define GAPS_MAX 64 /* there are some 30 files that are told of, and ten tables */

#define GAPS_UNCOUNTED UINT64_MAX

enum gap_kind {
	GAP_UNREAD,    /* a file cannot be read: err */
	GAP_MALFORMED, /* a file is not of the form that the kernel documents */
	GAP_CUT,       /* of a file, or of a line of it, only so many bytes are read */
	GAP_BOUND,     /* of a table with all entries only so many are taken */
	GAP_HIDDEN,    /* entries of a table are kept from us: so many of all are taken */
};

struct gap {
	enum gap_kind kind;
	const char *root;    /* "proc" or "sys"; NULL: it is no file */
	const char *what;    /* "vmstat" below that root, or "file systems"; lives as the program */
	const char *metrics; /* that are absent, or not of all, "a, b"; NULL: none is named */
	int err;
	uint64_t taken, all; /* GAPS_UNCOUNTED: nobody knows */
	/* of gaps.c */
	unsigned owner;
	bool renewed;
};

struct gaps {
	size_t len;
	struct gap items[GAPS_MAX];
	unsigned owner; /* whose are noted now; 0: nobody's, which stay until they are noted anew */
};

/* Around all that one owner, from 1 on, looks at: what it does not note again has ended. */
void gaps_begin(struct gaps *gaps, unsigned owner);
void gaps_end(struct gaps *gaps);

/* In place of what was noted of the same file or table. */
void gaps_note(struct gaps *gaps, const struct gap *gap);

/* The same of a table; taken >= all: all of it is, and there is no gap. */
void gaps_note_bound(
    struct gaps *gaps, const char *what, const char *metrics, uint64_t taken, uint64_t all);

/* "proc/vmstat" or "file systems", and what is wrong with it: "256 of 4062 are watched". */
void gaps_add_what(const struct gap *gap, struct buf *out);
void gaps_add_why(const struct gap *gap, struct buf *out);

#endif
