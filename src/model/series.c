/*
 * Interns series in a table of fixed places, each group in its own range of them, so that a flood
 * of processes cannot push out a CPU. The look-up with a warm series_ref is two loads.
 */
#include "model/series.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define BUCKETS 2048u

/*
 * Places of a group for series with labels; those without have one each. 256 cores; as many mounts,
 * devices, interfaces and processes as their collectors take at most (256, 96, 64, 96) have 1857
 * disk series, 576 network ones and 768 of processes: the rest is for the dead.
 */
static const uint32_t labelled_places[GROUP_COUNT] = {[GROUP_CPU] = 304,
    [GROUP_DISK] = 1920,
    [GROUP_NETWORK] = 640,
    [GROUP_PROCESS] = 1024,
    [GROUP_AGENT] = 58};

struct group {
	uint32_t first, quota, used;
	bool warned;
};

struct series_table {
	struct series *places;
	uint32_t capacity, live;
	uint64_t refused;
	int64_t aged_ns; /* boot time of the last series_table_age(); 0: none yet */
	struct group groups[GROUP_COUNT];
	uint32_t buckets[BUCKETS];
};

static uint32_t
default_quota(int group)
{
	uint32_t quota = labelled_places[group];

	for (int id = 0; id < METRIC_COUNT; id++)
		quota += (int)metrics[id].group == group && *metrics[id].labels == '\0';
	return quota;
}

struct series_table *
series_table_new(const uint32_t quota[GROUP_COUNT])
{
	struct series_table *t = mem_zalloc(1, sizeof(*t));

	for (int g = 0; g < GROUP_COUNT; g++) {
		t->groups[g].first = t->capacity;
		t->groups[g].quota = quota != NULL && quota[g] != 0 ? quota[g] : default_quota(g);
		t->capacity += t->groups[g].quota;
	}
	t->places = mem_zalloc(t->capacity, sizeof(*t->places));
	for (uint32_t i = 0; i < BUCKETS; i++)
		t->buckets[i] = SERIES_NONE;
	return t;
}

void
series_table_free(struct series_table *table)
{
	if (table == NULL)
		return;
	mem_free(table->places);
	mem_free(table);
}

static uint64_t
hash_of(enum metric_id metric, const char *const values[], size_t n)
{
	uint64_t h = str_hash(STR_HASH_SEED, metrics[metric].name, strlen(metrics[metric].name));

	for (size_t i = 0; i < n; i++)
		h = str_hash(h, values[i], strlen(values[i]) + 1);
	return h;
}

/* Stores the values; one too long for its share is cut and ends in a hash, so two stay two. */
static void
store_labels(struct series *s, const char *const values[], size_t n)
{
	size_t share = n == 0 ? 0 : SERIES_TEXT_MAX / n, total = 0, at = 0;

	for (size_t i = 0; i < n; i++)
		total += strlen(values[i]) + 1;
	for (size_t i = 0; i < n; i++) {
		size_t room = total <= SERIES_TEXT_MAX ? SERIES_TEXT_MAX - at : share;

		s->label_at[i] = (uint16_t)at;
		if (!str_copy(s->text + at, room, values[i])) {
			uint64_t h = str_hash(STR_HASH_SEED, values[i], strlen(values[i]));

			str_copy(s->text + at, room - 9, values[i]);
			snprintf(
			    s->text + at + strlen(s->text + at), 10, "~%08x", (unsigned)(h >> 32));
		}
		at += strlen(s->text + at) + 1;
	}
	s->label_count = (uint8_t)n;
}

static uint32_t
lookup(const struct series_table *t, uint64_t hash, enum metric_id metric)
{
	uint32_t id = t->buckets[hash % BUCKETS];

	/* 64 bits of hash over a few thousand series: equality of hashes is taken for equality. */
	while (id != SERIES_NONE && (t->places[id].hash != hash || t->places[id].metric != metric))
		id = t->places[id].chain;
	return id;
}

static void
unlink_place(struct series_table *t, uint32_t id)
{
	uint32_t *link = &t->buckets[t->places[id].hash % BUCKETS];

	while (*link != id)
		link = &t->places[*link].chain;
	*link = t->places[id].chain;
}

enum series_life
series_life(const struct series *s)
{
	if (s->unseen_ns >= GONE_INTERVALS * s->interval_ms * 1000000)
		return SERIES_ENDED;
	return s->held ? SERIES_HELD : SERIES_ALIVE;
}

void
series_table_age(struct series_table *table, int64_t boot_ns)
{
	int64_t passed = table->aged_ns == 0 ? 0 : boot_ns - table->aged_ns;

	table->aged_ns = boot_ns;
	for (int g = 0; g < GROUP_COUNT; g++) {
		const struct group *group = &table->groups[g];

		for (uint32_t id = group->first; id < group->first + group->used; id++) {
			struct series *s = &table->places[id];
			int64_t interval_ns = s->interval_ms * 1000000;

			if (s->seen_ns != boot_ns)
				s->unseen_ns += passed < interval_ns ? passed : interval_ns;
		}
	}
}

/* A free place of the group, or the longest dead one; SERIES_NONE when all are alive. */
static uint32_t
find_place(struct series_table *t, struct group *g)
{
	uint32_t oldest = SERIES_NONE;

	if (g->used < g->quota) {
		t->live++;
		return g->first + g->used++;
	}
	for (uint32_t id = g->first; id < g->first + g->quota; id++) {
		const struct series *s = &t->places[id];

		if (series_life(s) != SERIES_ENDED)
			continue;
		if (oldest == SERIES_NONE || s->seen_ns < t->places[oldest].seen_ns)
			oldest = id;
	}
	if (oldest != SERIES_NONE)
		unlink_place(t, oldest);
	return oldest;
}

uint32_t
series_room(const struct series_table *table, enum metric_group group)
{
	const struct group *g = &table->groups[group];
	uint32_t room = g->quota - g->used;

	for (uint32_t id = g->first; id < g->first + g->used; id++)
		room += series_life(&table->places[id]) == SERIES_ENDED;
	return room;
}

static uint32_t
refuse(struct series_table *t, struct group *g, enum metric_id metric)
{
	t->refused++;
	if (!g->warned) {
		g->warned = true;
		log_warn("more than %u series of group %s: further ones, like %s, are left out",
		    g->quota, metric_group_name(metrics[metric].group), metrics[metric].name);
	}
	return SERIES_NONE;
}

/* The number of the series, which is made if it is new. */
static uint32_t
intern(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[])
{
	size_t n = metric_label_count(metric);
	uint64_t hash = hash_of(metric, values, n);
	uint32_t id = lookup(table, hash, metric), gen;

	if (id == SERIES_NONE) {
		struct group *g = &table->groups[metrics[metric].group];
		struct series *s;

		id = find_place(table, g);
		if (id == SERIES_NONE)
			return refuse(table, g, metric);
		s = &table->places[id];
		gen = s->gen + 1;
		*s = (struct series){.metric = metric, .gen = gen == 0 ? 1 : gen, .hash = hash};
		store_labels(s, values, n);
		s->chain = table->buckets[hash % BUCKETS];
		table->buckets[hash % BUCKETS] = id;
	}
	*ref = (struct series_ref){id, table->places[id].gen};
	return id;
}

static uint32_t
find_or_make(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[])
{
	if (ref->gen != 0 && table->places[ref->id].gen == ref->gen)
		return ref->id;
	return intern(table, ref, metric, values);
}

/* Something was heard of it. */
static void
note_seen(struct series *s, bool held, int64_t boot_ns, int64_t interval_ms)
{
	if (series_life(s) == SERIES_ENDED && s->interval_ms != 0)
		s->run++;
	s->seen_ns = boot_ns;
	s->unseen_ns = 0;
	s->held = held;
	s->interval_ms = interval_ms;
}

uint32_t
series_get(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[], int64_t boot_ns, int64_t interval_ms)
{
	uint32_t id = find_or_make(table, ref, metric, values);

	if (id != SERIES_NONE)
		note_seen(&table->places[id], false, boot_ns, interval_ms);
	return id;
}

void
series_hold(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[], int64_t boot_ns, int64_t interval_ms)
{
	uint32_t id = find_or_make(table, ref, metric, values);

	if (id != SERIES_NONE)
		note_seen(&table->places[id], true, boot_ns, interval_ms);
}

void
series_hold_ref(struct series_table *table, struct series_ref ref, int64_t boot_ns)
{
	struct series *s = &table->places[ref.id];

	if (s->gen == ref.gen && series_life(s) != SERIES_ENDED)
		note_seen(s, true, boot_ns, s->interval_ms);
}

uint32_t
series_restore(struct series_table *table, struct series_ref *ref, enum metric_id metric,
    const char *const values[], int64_t boot_ns, int64_t interval_ms, int64_t unseen_ns)
{
	uint32_t id = series_get(table, ref, metric, values, boot_ns, interval_ms);

	if (id != SERIES_NONE) {
		table->places[id].unseen_ns = unseen_ns;
		table->places[id].seen_ns = boot_ns - unseen_ns;
	}
	return id;
}

uint32_t
series_by_hash(const struct series_table *table, uint64_t hash)
{
	uint32_t id = table->buckets[hash % BUCKETS];

	while (id != SERIES_NONE && table->places[id].hash != hash)
		id = table->places[id].chain;
	return id;
}

uint32_t
series_find(const struct series_table *table, enum metric_id metric, const char *const values[])
{
	return lookup(table, hash_of(metric, values, metric_label_count(metric)), metric);
}

const struct series *
series_at(const struct series_table *table, uint32_t id)
{
	return &table->places[id];
}

uint32_t
series_capacity(const struct series_table *table)
{
	return table->capacity;
}

uint32_t
series_live(const struct series_table *table)
{
	return table->live;
}

uint64_t
series_refused(const struct series_table *table)
{
	return table->refused;
}

const char *
series_label(const struct series *s, size_t i)
{
	return i < s->label_count ? s->text + s->label_at[i] : "";
}
