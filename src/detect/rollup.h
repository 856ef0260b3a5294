/*
 * Samples to one row a series and minute: least, mean, greatest, last and how many; and every five
 * minutes the mean over them. Minutes are cut along the boot clock, so that each has its 60
 * seconds, and stamped in wall time: after a step of the wall clock two rows may be of one of its
 * minutes.
 */
#ifndef DETECT_ROLLUP_H
#define DETECT_ROLLUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "model/batch.h"

#define ROLLUP_MINUTE_NS (60 * NS_PER_SEC)
#define ROLLUP_FIVE 5 /* minutes of the longer mean */

struct rollup_row {
	uint32_t series;
	uint32_t gen;   /* of the series then */
	uint32_t count; /* of samples in the minute; 0: only the longer mean is given */
	double min, mean, max, last; /* NAN without samples */
	double five_mean; /* over the samples of five minutes, where they end with this one; else
	                     NAN */
};

struct rollup;

/* table must outlive it. */
struct rollup *rollup_new(const struct series_table *table);
void rollup_free(struct rollup *r);

/*
 * Takes a cycle's samples in. True when they are the first of a new minute: the one before is
 * complete then, and its rows can be read until the next call.
 */
bool rollup_add(struct rollup *r, const struct batch *batch);

/* When the complete minute began: boot and wall clock. */
struct now rollup_minute(const struct rollup *r);

/* The rows of the complete minute, one by one in the order of series; false: no more. at starts 0.
 */
bool rollup_next(const struct rollup *r, uint32_t *at, struct rollup_row *row);

/*
 * What is open, to bytes and back: the minute first, then series by series. Loading goes into a
 * rollup that has seen nothing yet; boot times move by shift_ns, and what is not of the same boot,
 * or makes no sense, begins anew.
 */
void rollup_save(const struct rollup *r, struct bytes_out *out);
void rollup_load(struct rollup *r, struct bytes_in *in, int64_t shift_ns);
void rollup_save_series(const struct rollup *r, uint32_t series, struct bytes_out *out);
void rollup_load_series(struct rollup *r, uint32_t series, struct bytes_in *in);

/* The row of one series; false: it had no sample. */
bool rollup_of(const struct rollup *r, uint32_t series, struct rollup_row *row);

#endif
