/*
 * Reading a whole stream into memory of its own.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stddef.h>
#include <sys/types.h>

/* Reads until end of file or max bytes; *data is from mem_zalloc. -1 with errno (EFBIG: longer). */
ssize_t stream_read_all(int fd, size_t max, char **data);

#endif
