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

#include "model/batch.h"
#include "store/ring.h"

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

/* Appends each sample to its series' ring. A series of a new generation starts with an empty one.
 */
void store_add(struct store *store, const struct batch *batch);

/* The newest sample; false when this generation of the series has none. */
bool store_newest(
    const struct store *store, struct series_ref ref, int64_t *boot_ns, double *value);

/* Starts a walk over from_ns <= time <= to_ns with ring_iter_next(); false as above. */
bool store_walk(const struct store *store, struct series_ref ref, int64_t from_ns, int64_t to_ns,
    struct ring_iter *it);

void store_stats(const struct store *store, struct store_stats *out);

#endif
