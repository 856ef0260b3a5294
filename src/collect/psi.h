/*
 * Pressure stall information (Documentation/accounting/psi.rst, Linux 4.20).
 */
#ifndef COLLECT_PSI_H
#define COLLECT_PSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"
#include "collect/rate.h"
#include "model/batch.h"

struct psi {
	bool has_some, has_full;
	uint64_t some_us, full_us; /* total= of the lines "some" and "full", since boot */
};

/* The text of /proc/pressure/{cpu,memory,io}; false when it has neither line. */
bool psi_parse(const char *text, size_t len, struct psi *out);

struct psi_source {
	struct host_file file;
	struct rate some, full;
};
/* Linux 4.20 and later, where it is switched on. */
#define PSI_SOURCE(name, metrics)                 \
	{                                         \
		.file = {                         \
			.path = "pressure/" name, \
			.tells = (metrics),       \
			.optional = true,         \
			.fd = -1                  \
		}                                 \
	}

/*
 * Reads the source and adds percentages of the time since the reading before; the raw counter that
 * goes with them is in seconds. METRIC_COUNT for one that is not wanted.
 */
void psi_collect(struct psi_source *source, struct host *host, struct batch *batch,
    enum metric_id some, enum metric_id full);

#endif
