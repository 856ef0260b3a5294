/*
 * /proc/sys/fs/file-nr (Documentation/admin-guide/sysctl/fs.rst).
 */
#ifndef COLLECT_FD_H
#define COLLECT_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fd_count {
	uint64_t allocated, unused, max;
};

/* "allocated unused max"; false when it is not three numbers. */
bool fd_parse_file_nr(const char *text, size_t len, struct fd_count *out);

/* Percent of the limit in use; false when there is practically no limit. */
bool fd_usage(const struct fd_count *count, double *percent);

#endif
