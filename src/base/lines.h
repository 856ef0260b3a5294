/*
 * The text of a descriptor, line by line, through a buffer of a fixed size: a table of the kernel
 * is read whole, however long it is. A last line without its newline was cut and is not given out;
 * a line longer than the buffer is passed over and counted.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct lines {
	int fd; /* not owned; -1: what is in the buffer is all there is */
	char *buf;
	size_t cap;
	size_t at, len;    /* buf[at] to buf[len]: read, and not given out yet */
	off_t offset;      /* of the next read */
	bool passing_over; /* within a line that has found no room */
	bool at_end;
	int err;         /* of the read that failed, which was the last; 0: none has */
	size_t too_long; /* lines that were passed over */
};

/* Reads from the descriptor's beginning, with pread(2). Nothing is read before lines_next(). */
void lines_init(struct lines *l, int fd, char *buf, size_t cap);

/* The same, where the first len bytes are in the buffer already. */
void lines_init_read(struct lines *l, int fd, char *buf, size_t cap, size_t len);

/*
 * The next line, without its newline, within the buffer: valid until the next call. False at the
 * end, and when a read failed.
 */
bool lines_next(struct lines *l, const char **line, const char **line_end);

#endif
