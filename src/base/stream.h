/*
 * Reading a whole stream into memory of its own. Not for what is read with each sample.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stddef.h>
#include <sys/types.h>

/* Reads until end of file or max bytes; *data is from mem_zalloc. -1 with errno (EFBIG: longer). */
ssize_t stream_read_all(int fd, size_t max, char **data);

/*
 * A file from its beginning, with pread(2), but no more than max bytes; from mem, not
 * NUL-terminated. NULL with errno when a read fails.
 */
char *stream_pread_most(int fd, size_t max, size_t *len);

#endif
