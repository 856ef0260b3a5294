/*
 * A whole text of /proc/stat, taken in line by line as the collector does.
 */
#ifndef TESTS_STAT_TEXT_H
#define TESTS_STAT_TEXT_H

#include "collect/cpu_stat.h"
#include "collect/scan.h"

/* False: it says nothing. */
static inline bool
stat_text_take(const char *text, size_t len, bool per_core, struct cpu_stat *out)
{
	const char *p = text, *end = text + len, *line, *line_end;

	cpu_stat_begin(out);
	while (scan_line(&p, end, &line, &line_end))
		cpu_stat_take(line, line_end, per_core, out);
	return out->have != 0;
}

#endif
