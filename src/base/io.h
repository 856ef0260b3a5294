/*
 * Reading and writing descriptors to the end, with EINTR handled and every length bounded.
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

/* Reads until end of file or max bytes; *data is from mem_zalloc. -1 with errno (EFBIG: longer). */
ssize_t io_read_stream(int fd, size_t max, char **data);

/* 0, or -1 with errno; writes all of it. */
int io_write_all(int fd, const void *data, size_t len);

int io_set_nonblock(int fd);
void io_close(int *fd); /* closes if >= 0 and sets -1 */

#endif
