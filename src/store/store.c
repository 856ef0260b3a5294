/*
 * Samples to rings, by the number of their series. It trusts the batch for numbers below the limit
 * it was given, and counts what a ring refuses. When a group's memory is full its rings give up
 * their own oldest samples, and the ring that has rested longest, if for an hour, is emptied.
 */
#include "store/store.h"

#include "base/mem.h"

#define DEFAULT_CAPACITY 8640u
#define DEFAULT_SHORT_CAPACITY 720u
/*
 * Bytes for each sample of capacity: 8 MiB at the default, which is some 1,500 ordinary series of a
 * day. It is a bound; a host of 300 series comes to touch a fifth of it.
 */
#define BYTES_A_STEP 971u
#define REST_NS (3600 * NS_PER_SEC)

/* Parts of the memory, of 64. Mounts, devices and interfaces are what hosts have many of. */
#define PARTS 64
static const uint8_t parts[GROUP_COUNT] = {[GROUP_CPU] = 12,
    [GROUP_MEMORY] = 3,
    [GROUP_DISK] = 20,
    [GROUP_NETWORK] = 16,
    [GROUP_PROCESS] = 8,
    [GROUP_FD] = 1,
    [GROUP_KERNEL] = 2,
    [GROUP_AGENT] = 2};

struct place {
	struct ring ring;
	uint32_t gen; /* 0: no ring yet */
	enum metric_group group;
};

struct store {
	struct store_limits limits;
	struct pool pools[GROUP_COUNT];
	uint64_t refused, lost;
	struct place *places;
};

static struct store_limits
with_defaults(const struct store_limits *given)
{
	struct store_limits l = *given;

	if (l.capacity == 0)
		l.capacity = DEFAULT_CAPACITY;
	if (l.short_capacity == 0)
		l.short_capacity = DEFAULT_SHORT_CAPACITY;
	if (l.short_capacity > l.capacity)
		l.short_capacity = l.capacity;
	if (l.bytes == 0)
		l.bytes = (size_t)BYTES_A_STEP * l.capacity;
	return l;
}

struct store *
store_new(const struct store_limits *limits)
{
	struct store *store = mem_zalloc(1, sizeof(*store));

	store->limits = with_defaults(limits);
	store->places = mem_zalloc(store->limits.series, sizeof(*store->places));
	for (int g = 0; g < GROUP_COUNT; g++)
		pool_init(&store->pools[g], store->limits.bytes / PARTS * parts[g]);
	return store;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	for (int g = 0; g < GROUP_COUNT; g++)
		pool_done(&store->pools[g]);
	mem_free(store->places);
	mem_free(store);
}

/* A process's own series live as long as it; the group's totals are kept like any others. */
static uint32_t
capacity_of(const struct store *store, enum metric_id metric)
{
	bool brief = metrics[metric].group == GROUP_PROCESS && metric_label_count(metric) > 0;

	return brief ? store->limits.short_capacity : store->limits.capacity;
}

static void
move_in(struct store *store, struct place *place, const struct series *series)
{
	if (place->gen != 0)
		ring_clear(&place->ring, &store->pools[place->group]);
	place->gen = series->gen;
	place->group = metrics[series->metric].group;
	ring_init(&place->ring, capacity_of(store, series->metric));
}

/* True when it cost an older sample, or itself was left out, for want of memory. */
static bool
add_sample(struct store *store, const struct batch *batch, const struct sample *sample)
{
	const struct series *series = series_at(batch->series, sample->series);
	struct place *place = &store->places[sample->series];
	struct ring *ring = &place->ring;
	uint32_t kept, lost;

	if (place->gen != series->gen)
		move_in(store, place, series);
	kept = ring->len < ring->capacity ? ring->len + 1 : ring->len;
	if (!ring_append(ring, &store->pools[place->group], batch->now.boot_ns, sample->value)) {
		store->refused++;
		return pool_free_count(&store->pools[place->group]) == 0;
	}
	lost = kept - ring->len;
	store->lost += lost;
	return lost > 0;
}

/* Empties the ring of the group that has rested longest: a mount or an interface long gone. */
static void
reclaim(struct store *store, enum metric_group group, int64_t boot_ns)
{
	int64_t oldest = boot_ns - REST_NS, ns;
	struct place *found = NULL;
	double value;

	for (uint32_t id = 0; id < store->limits.series; id++) {
		struct place *p = &store->places[id];

		if (p->gen == 0 || p->group != group || !ring_newest(&p->ring, &ns, &value))
			continue;
		if (ns < oldest) {
			oldest = ns;
			found = p;
		}
	}
	if (found != NULL) {
		store->lost += found->ring.len;
		ring_clear(&found->ring, &store->pools[group]);
	}
}

void
store_add(struct store *store, const struct batch *batch)
{
	bool tight[GROUP_COUNT] = {false};

	for (size_t i = 0; i < batch->len; i++) {
		const struct sample *sample = &batch->samples[i];

		if (sample->series >= store->limits.series)
			store->refused++;
		else if (add_sample(store, batch, sample))
			tight[store->places[sample->series].group] = true;
	}
	for (int g = 0; g < GROUP_COUNT; g++)
		if (tight[g])
			reclaim(store, (enum metric_group)g, batch->now.boot_ns);
}

static const struct place *
find(const struct store *store, struct series_ref ref)
{
	if (ref.gen == 0 || ref.id >= store->limits.series || store->places[ref.id].gen != ref.gen)
		return NULL;
	return &store->places[ref.id];
}

bool
store_newest(const struct store *store, struct series_ref ref, int64_t *boot_ns, double *value)
{
	const struct place *place = find(store, ref);

	return place != NULL && ring_newest(&place->ring, boot_ns, value);
}

bool
store_walk(const struct store *store, struct series_ref ref, int64_t from_ns, int64_t to_ns,
    struct ring_iter *it)
{
	const struct place *place = find(store, ref);

	if (place == NULL || place->ring.len == 0)
		return false;
	ring_iter_init(it, &place->ring, &store->pools[place->group], from_ns, to_ns);
	return true;
}

void
store_stats(const struct store *store, struct store_stats *out)
{
	size_t places = store->limits.series * sizeof(struct place);

	*out = (struct store_stats){.refused = store->refused, .lost = store->lost};
	for (uint32_t id = 0; id < store->limits.series; id++) {
		const struct place *p = &store->places[id];

		if (p->gen == 0 || p->ring.len == 0)
			continue;
		out->series++;
		out->samples += p->ring.len;
		out->bytes += ring_bytes(&p->ring) + sizeof(*p) - sizeof(p->ring);
	}
	out->bytes_max = sizeof(*store) + places + store->limits.bytes;
	if (out->samples > 0)
		out->bytes_a_sample = (double)out->bytes / (double)out->samples;
}
