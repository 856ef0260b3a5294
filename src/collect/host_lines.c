/*
 * host_read_first() and what follows it. A table that fails in the middle ends there; the next
 * reading opens it anew.
 */
#include "collect/host_lines.h"

bool
host_lines_open(struct host_lines *l, struct host *host, struct host_file *file)
{
	ssize_t len = host_read_first(host, file);

	if (len < 0)
		return false;
	l->host = host;
	l->file = file;
	lines_init_read(&l->lines, file->fd, host->text, HOST_TEXT_MAX, (size_t)len);
	return true;
}

void
host_lines_close(struct host_lines *l)
{
	if (!l->host->live || l->lines.err != 0)
		host_file_close(l->file);
}

bool
host_lines_next(struct host_lines *l, const char **line, const char **line_end)
{
	if (lines_next(&l->lines, line, line_end))
		return true;
	if (l->lines.too_long > 0)
		host_file_say_cut(l->file, HOST_TEXT_MAX);
	host_lines_close(l);
	return false;
}
