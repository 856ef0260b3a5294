/*
 * The history in memory: a ring for each series that has had a sample. Memory is taken once, at the
 * start, and used page by page as rings grow; each metric group has its share of it, so that a
 * flood of process series cannot push out a CPU.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/batch.h"
#include "store/ring.h"
#include "store/ring_cursor.h"

struct store_limits {
	uint32_t series;         /* places of the series table: series_capacity() */
	uint32_t capacity;       /* samples a series; 0: 8640, a day at 10 s */
	uint32_t short_capacity; /* of a process's own series; 0: 720, and never over capacity */
	size_t bytes;            /* all compressed samples together; 0: as capacity needs */
};

struct store_stats {
	uint32_t series;  /* that have samples */
	uint64_t samples; /* held now */
	uint64_t refused; /* since start: older than the last, or no number, or no memory */
	uint64_t lost; /* since start: let go before their time, as the group's memory was full */
	size_t bytes;  /* in use: rings and blocks */
	size_t bytes_max; /* at most, ever */
	double bytes_a_sample;
};

struct store;

struct store *store_new(const struct store_limits *limits);
void store_free(struct store *store);

/*
 * Times. The boot clock starts again at 0 with each boot, but samples from before must lie before
 * new ones. So the store's own time is boot time + offset, and the offset grows with each boot;
 * callers give and get boot times of this boot, which are negative for samples from before it. A
 * snapshot holds the offset and both clocks as they were when it was written.
 *
 * False, with nothing changed, unless the store has no samples.
 */
bool store_set_offset(struct store *store, int64_t offset_ns);
int64_t store_offset(const struct store *store);

/*
 * The offset for a snapshot's samples. The same boot: the saved one, as the clock has run on.
 * Another: saved_offset + saved_boot_ns - now->boot_ns + the wall time that has passed, so that the
 * store's time goes on from where it was by as much as the wall clock says; by nothing if that was
 * put back, and by ten years at most.
 */
int64_t store_offset_after(int64_t saved_offset, int64_t saved_boot_ns, int64_t saved_wall_ms,
    const struct now *now, bool same_boot);

/* Appends each sample to its series' ring. A series of a new generation starts with an empty one.
 */
void store_add(struct store *store, const struct batch *batch);

/* The newest sample; false when this generation of the series has none. */
bool store_newest(
    const struct store *store, struct series_ref ref, int64_t *boot_ns, double *value);

/*
 * Starts a walk over from_ns <= time <= to_ns with ring_iter_next(); false as above. From
 * INT64_MIN: all samples, those of earlier boots as well.
 */
bool store_walk(const struct store *store, struct series_ref ref, int64_t from_ns, int64_t to_ns,
    struct ring_iter *it);

/* Samples that are kept of a series of that metric. */
uint32_t store_capacity(const struct store *store, enum metric_id metric);

/* A window over the last n samples of a series: see ring_cursor.h. */
struct store_cursor {
	struct series_ref ref;
	struct ring_cursor at;
};

/* False when this generation of the series has no samples, or n is not below its capacity. */
bool store_cursor_open(
    const struct store *store, struct series_ref ref, uint32_t n, struct store_cursor *cursor);

/* As ring_cursor_next(); lost as well when the series' place has another generation. */
enum ring_cursor_result store_cursor_next(
    const struct store *store, struct store_cursor *cursor, double *value);

/* Starts a walk over the window with ring_iter_next(); false when lost. */
bool store_cursor_walk(
    const struct store *store, const struct store_cursor *cursor, struct ring_iter *it);

/* As ring_save(); false also when this generation of the series has no samples. */
bool store_save_series(const struct store *store, struct series_ref ref, struct bytes_out *out);

/*
 * As ring_load(), for the series that ref stands for now; the offset must be set. False also when
 * its place has samples already, which stay, or when the record's newest sample would lie after
 * now: for then no new one would be taken. in moves past the record in every case.
 */
bool store_load_series(struct store *store, struct series_ref ref, const struct series *series,
    const struct now *now, struct bytes_in *in);

void store_stats(const struct store *store, struct store_stats *out);

#endif
