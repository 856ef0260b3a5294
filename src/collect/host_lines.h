/*
 * A table of proc, line by line, in pieces through host->text: however long it is, it is read
 * whole. Of one that somebody's mount lies over HOST_TEXT_MAX bytes are read, which is said.
 */
#ifndef COLLECT_HOST_LINES_H
#define COLLECT_HOST_LINES_H

#include <stdbool.h>

#include "base/lines.h"
#include "collect/host.h"

struct host_lines {
	struct host *host;
	struct host_file *file;
	struct lines lines;
};

/* False, with errno, where host_read() is -1: the file is absent or unreadable, and that is said.
 */
bool host_lines_open(struct host_lines *l, struct host *host, struct host_file *file);

/* Only where not all of it is read. */
void host_lines_close(struct host_lines *l);

/*
 * The next line, within host->text, which nothing else may use until the next call. False at the
 * end: then, and only then, the file is as after host_read().
 */
bool host_lines_next(struct host_lines *l, const char **line, const char **line_end);

#endif
