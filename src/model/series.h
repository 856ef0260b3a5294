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
/* All label values of a series with their NULs. Longer ones are cut and end in a hash. */
#define SERIES_TEXT_MAX 288
/* "device=sda1,fstype=ext4,mountpoint=/", with room for keys and escapes. */
#define SERIES_LABELS_TEXT_MAX 400

struct series {
	enum metric_id metric;
	uint32_t gen;        /* 0: place is free; grows with each tenant */
	uint64_t hash;       /* of metric name and labels: the same on every run */
	int64_t seen_ns;     /* boot time of the last sample */
	int64_t interval_ms; /* how often its collector is due */
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

/* How many new series of the group would find a place now. Walks all of the group. */
uint32_t series_room(const struct series_table *table, enum metric_group group, int64_t boot_ns);

/* Looks up without making; SERIES_NONE when absent. */
uint32_t series_find(
    const struct series_table *table, enum metric_id metric, const char *const values[]);

/* Valid for id < series_capacity(); gen 0 means free. Never NULL for an id that was handed out. */
const struct series *series_at(const struct series_table *table, uint32_t id);
uint32_t series_capacity(const struct series_table *table);
uint32_t series_live(const struct series_table *table);
uint64_t series_refused(const struct series_table *table);

const char *series_label(const struct series *s, size_t i);
/* Value of a label by key, or NULL. */
const char *series_label_named(const struct series *s, const char *key);

/* "device=sda1,fstype=ext4" in the metric's order, for people and logs; returns out. */
const char *series_labels_text(const struct series *s, char out[SERIES_LABELS_TEXT_MAX]);

#endif
