/*
 * The states of all detectors: for each series and detector a list of blocks, one a variant. They
 * are made when a series is first seen, start afresh when another series takes its place, and are
 * given back then.
 */
#ifndef DETECT_STATES_H
#define DETECT_STATES_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "detect/detector.h"
#include "detect/state_pool.h"
#include "model/series.h"

#define X(name) DETECTOR_##name,
enum detector_id { DETECTORS(X) DETECTOR_COUNT };
#undef X

extern const struct detector *const detector_rows[DETECTOR_COUNT];

/*
 * Where windows of past values come from. open() gives a cursor over the last `samples` of a
 * series; follow() moves it by the newest sample, which the history has already, and fills out,
 * restarted the first time; close() gives it back. open() may return NULL: then there is no window.
 */
struct detect_windows {
	void *arg;
	void *(*open)(void *arg, uint32_t series, uint32_t samples);
	void (*follow)(void *arg, void *cursor, struct detector_window *out);
	void (*close)(void *arg, void *cursor);
};

struct state {
	uint32_t next; /* of the same series and detector; STATE_NONE: the last */
	uint16_t variant;
	void *cursor; /* of its window; NULL: not open */
	alignas(max_align_t) unsigned char data[];
};

struct states {
	struct detector_setup setup;
	const struct series_table *table;
	struct detect_windows windows; /* open NULL: there are none */
	struct states_of_series {
		uint32_t gen, run; /* of the series whose states these are; gen 0: none yet */
		bool resumed;      /* they know of the alerts that fire: detect.c's */
		uint32_t head[DETECTOR_COUNT];
	} * series;
	struct state_pool pools[DETECTOR_COUNT];
	void *shared[DETECTOR_COUNT]; /* of no series */
	struct now now;               /* of the cycle */
	bool full_said;
};

/* setup and table must outlive it; windows may be NULL. */
void states_init(struct states *st, const struct detector_setup *setup,
    const struct series_table *table, const struct detect_windows *windows);
void states_done(struct states *st);

/*
 * Sees to it that the states of the series are there and are its own. True: they were made just
 * now. A series that had ended and is back starts afresh, as each detector understands it.
 */
bool states_of(struct states *st, uint32_t series);

/* The first state of a detector on a series; the next one; NULL: no more. */
struct state *states_first(const struct states *st, size_t detector, uint32_t series);
struct state *states_next(const struct states *st, size_t detector, const struct state *s);

/* What a detector is told with each call. s: NULL for a state of no series. */
struct detector_input states_input(
    const struct states *st, size_t detector, uint32_t series, const struct state *s);

/* Moves the state's window by the newest sample; false: it has none. */
bool states_follow(struct states *st, size_t detector, uint32_t series, struct state *s,
    struct detector_window *w);

/* As detect_save_series() and its like. */
void states_save(const struct states *st, uint32_t series, struct bytes_out *out);
void states_load(struct states *st, uint32_t series, struct bytes_in *in, int64_t shift_ns);
void states_save_shared(const struct states *st, struct bytes_out *out);
void states_load_shared(struct states *st, struct bytes_in *in, int64_t shift_ns);

/* Bytes that states take now. */
size_t states_bytes(const struct states *st);

#endif
