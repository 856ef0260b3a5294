/*
 * A series is a metric and its label values, interned to a small number. The table is of fixed
 * size: each metric group has a quota, and when a group is full the series of it that was seen
 * longest ago, and is dead, gives its place. A place's generation tells one tenant from the next.
 */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/metric.h"

#define SERIES_NONE UINT32_MAX
/*
 * A source that has been silent for this many of its intervals has ended: its series give up their
 * places, its newest value is not shown any more, its alerts end as gone, detectors start afresh.
 */
#define GONE_INTERVALS 3
/* All label values of a series with their NULs. Longer ones are cut and end in a hash. */
#define SERIES_TEXT_MAX 288
struct series {
	enum metric_id metric;
	uint32_t gen;        /* 0: place is free; grows with each tenant */
	uint64_t hash;       /* of metric name and labels: the same on every run */
	int64_t seen_ns;     /* boot time of the last sample, or of the last time it was held */
	int64_t interval_ms; /* how often its collector is due */
	int64_t unseen_ns;   /* since then, as series_table_age() counts */
	uint32_t run;        /* grows when samples come again after the series had ended */
	bool held;           /* its source is there and does not answer */
	uint8_t label_count;
	uint16_t label_at[METRIC_LABELS_MAX]; /* offsets in text */
	char text[SERIES_TEXT_MAX];           /* label values, each NUL-terminated */
	uint32_t chain;                       /* next in the hash bucket; internal */
};

/* A caller's memory of a series: survives as long as the generation does. Start zeroed. */
struct series_ref {
	uint32_t id;
	uint32_t gen; /* 0: not looked up yet */
};

/* What the source of a series says of it. */
enum series_life {
	SERIES_ALIVE,
	SERIES_HELD,  /* there, and not answering: that there are no samples means nothing */
	SERIES_ENDED, /* silent for GONE_INTERVALS */
};

struct series_table;

/* quota[g]: most series of group g at a time; 0 takes the default of that group. */
struct series_table *series_table_new(const uint32_t quota[GROUP_COUNT]);
void series_table_free(struct series_table *table);

/*
 * The number of the series, made if new. values: one string a label key of the metric, in its
 * order. SERIES_NONE when the group is full of live series (counted; said once a group).
 */
uint32_t series_get(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[], int64_t boot_ns, int64_t interval_ms);

/* As series_get(), for a series whose source does not answer: it is held until it has a sample. */
void series_hold(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[], int64_t boot_ns, int64_t interval_ms);

/* The same for one that is known; does nothing when it has ended or its place is another's. */
void series_hold_ref(struct series_table *table, struct series_ref ref, int64_t boot_ns);

/*
 * As series_get(), for a series of an earlier process, which had been silent for that long: one
 * that had ended has ended still, and gives up its place as it would have there.
 */
uint32_t series_restore(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[], int64_t boot_ns, int64_t interval_ms, int64_t unseen_ns);

/*
 * The cycle of that boot time is over: what was not seen in it grows older by the time since the
 * cycle before, but by one of its own intervals at most. After a suspend or a stall its collector
 * has had no more than one chance.
 */
void series_table_age(struct series_table *table, int64_t boot_ns);

enum series_life series_life(const struct series *s);

/* How many new series of the group would find a place now. Walks all of the group. */
uint32_t series_room(const struct series_table *table, enum metric_group group);

/* The series of this hash (series.hash); SERIES_NONE when absent. */
uint32_t series_by_hash(const struct series_table *table, uint64_t hash);

/* Looks up without making; SERIES_NONE when absent. */
uint32_t series_find(
    const struct series_table *table, enum metric_id metric, const char *const values[]);

/* Valid for id < series_capacity(); gen 0 means free. Never NULL for an id that was handed out. */
const struct series *series_at(const struct series_table *table, uint32_t id);
uint32_t series_capacity(const struct series_table *table);
uint32_t series_live(const struct series_table *table);
uint64_t series_refused(const struct series_table *table);

const char *series_label(const struct series *s, size_t i);
#endif
