/*
 * Reads files as a child of aside does, but hangs on one while there is another of its name and
 * ".stuck". For tests that include src/collect/aside.c.
 */
#ifndef TESTS_HANGING_READER_H
#define TESTS_HANGING_READER_H

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static ssize_t
hanging_read(const char *path, char *text, size_t cap)
{
	char stuck[PATH_MAX + 8];

	snprintf(stuck, sizeof(stuck), "%s.stuck", path);
	while (access(stuck, F_OK) == 0)
		usleep(1000);
	return read_file(path, text, cap);
}

static void
hanging_reader_use(struct aside *a, int64_t deadline_ms)
{
	const struct fsprobe_conf conf = {.root = -1,
	    .read = hanging_read,
	    .text_max = a->cap,
	    .deadline_ms = deadline_ms,
	    .wait_ms = ASIDE_WAIT_MS};

	fsprobe_free(a->probe);
	a->probe = fsprobe_new(&conf);
}

#endif
