/*
 * Pressure stall information (Documentation/accounting/psi.rst, Linux 4.20).
 */
#ifndef COLLECT_PSI_H
#define COLLECT_PSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct psi {
	bool has_some, has_full;
	uint64_t some_us, full_us; /* total= of the lines "some" and "full", since boot */
};

/* The text of /proc/pressure/{cpu,memory,io}; false when it has neither line. */
bool psi_parse(const char *text, size_t len, struct psi *out);

#endif
