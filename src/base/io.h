/*
 * Reading and writing descriptors to the end, with EINTR handled and every length bounded; and
 * writing without ever waiting.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a whole small file (a /proc or /sys file) below dirfd into buf, NUL-terminated.
 * Returns its length, at most cap - 1 (the rest is cut), or -1 with errno.
 */
ssize_t io_read_at(int dirfd, const char *path, char *buf, size_t cap);

/* The same for an open descriptor, from offset 0 (a kept /proc descriptor is read again so). */
ssize_t io_pread_all(int fd, char *buf, size_t cap);

/* 0, or -1 with errno; writes all of it. */
int io_write_all(int fd, const void *data, size_t len);

/*
 * For text that is not worth waiting for (a log line, a terminal's screen): writes what fits now
 * and returns how many bytes that was; the rest is the caller's to drop. Regular files take all. On
 * a pipe or terminal that others write to, a race for its last room may still wait: see
 * io_own_nonblock.
 */
size_t io_write_now(int fd, const void *data, size_t len);

/*
 * Opens the pipe or terminal behind fd anew, non-blocking for us alone: the flag is the open
 * file's, and that one may be a shell's. Anything else, and what may not be opened, stays as it is.
 */
void io_own_nonblock(int fd);

int io_set_nonblock(int fd);
void io_close(int *fd); /* closes if >= 0 and sets -1 */

#endif
