/*
 * How loud the code under test is on stderr.
 */
#ifndef TESTS_LOG_HELP_H
#define TESTS_LOG_HELP_H

#include <unistd.h>

#include "base/log.h"

/* One more than LOGL_ERROR: nothing is said. */
static inline void
set_log_level(int level)
{
	log_init(STDERR_FILENO, (enum log_level)level, false, "main");
}

#endif
