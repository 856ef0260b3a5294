/*
 * The newest value of each series: what the live table, --once and status show.
 */
#ifndef CORE_LATEST_H
#define CORE_LATEST_H

#include <stdint.h>

#include "model/batch.h"

struct latest {
	const struct series_table *series;
	struct latest_item {
		double value, raw;
		uint32_t gen;
	} * items; /* by series number */
};

void latest_init(struct latest *l, const struct series_table *series);
void latest_done(struct latest *l);
void latest_add(struct latest *l, const struct batch *batch);

/* NAN when the series has no value, or is not alive. */
double latest_value(const struct latest *l, uint32_t id);

/* The counter behind a rate; NAN as above, and where there is none. */
double latest_raw(const struct latest *l, uint32_t id);

/* Of a metric without labels. */
double latest_plain(const struct latest *l, enum metric_id metric);

#endif
