/*
 * How loud the code under test is on stderr, and what it says.
 */
#ifndef TESTS_LOG_HELP_H
#define TESTS_LOG_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* One more than LOGL_ERROR: nothing is said. */
static inline void
set_log_level(int level)
{
	log_init(STDERR_FILENO, (enum log_level)level, false, "main");
}

/* What is logged goes there from now on. */
static inline FILE *
catch_log(enum log_level level)
{
	FILE *log = tmpfile();

	if (log == NULL)
		abort();
	log_init(fileno(log), level, false, "test");
	return log;
}

/* Lines with these words, so far. */
static inline int
count_logged(FILE *log, const char *words)
{
	char line[1024];
	int n = 0;

	rewind(log);
	while (fgets(line, sizeof(line), log) != NULL)
		n += strstr(line, words) != NULL;
	fseek(log, 0, SEEK_END); /* the next line goes behind them */
	return n;
}

/* Errors are told on stderr again. */
static inline void
release_log(FILE *log)
{
	set_log_level(LOGL_ERROR);
	fclose(log);
}

#endif
