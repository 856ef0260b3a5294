/*
 * Samples to rings, by the number of their series. It trusts the batch for numbers below the limit
 * it was given, and counts what a ring refuses. When a group's memory is full its rings give up
 * their own oldest samples, and the ring that has rested longest, if for an hour, is emptied.
 */
#include "store/store.h"

#include "base/mem.h"
#include "base/num.h"
#include "store/ring_save.h"

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

#define TIME_MAX (1LL << 60) /* ns, 36 years: three of them add up to less than INT64_MAX */
#define PASSED_MAX_MS (3650 * 24 * 3600 * 1000LL)

struct place {
	struct ring ring;
	uint32_t gen; /* 0: no ring yet */
	enum metric_group group;
};

struct store {
	struct store_limits limits;
	struct pool pools[GROUP_COUNT];
	uint64_t refused, lost;
	int64_t offset_ns; /* what the boot clock is behind the rings' time */
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
uint32_t
store_capacity(const struct store *store, enum metric_id metric)
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
	ring_init(&place->ring, store_capacity(store, series->metric));
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
	if (!ring_append(ring, &store->pools[place->group], batch->now.boot_ns + store->offset_ns,
	        sample->value)) {
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
	int64_t oldest = boot_ns + store->offset_ns - REST_NS, ns;
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

	if (place == NULL || !ring_newest(&place->ring, boot_ns, value))
		return false;
	*boot_ns -= store->offset_ns;
	return true;
}

/* A boot time in the rings' time; one at either end of all time stays there. */
static int64_t
to_ring_ns(const struct store *store, int64_t boot_ns)
{
	int64_t ns;

	if (__builtin_add_overflow(boot_ns, store->offset_ns, &ns))
		ns = store->offset_ns > 0 ? INT64_MAX : INT64_MIN;
	return ns;
}

bool
store_walk(const struct store *store, struct series_ref ref, int64_t from_ns, int64_t to_ns,
    struct ring_iter *it)
{
	const struct place *place = find(store, ref);

	if (place == NULL || place->ring.len == 0)
		return false;
	ring_iter_init(it, &place->ring, &store->pools[place->group], to_ring_ns(store, from_ns),
	    to_ring_ns(store, to_ns));
	it->offset_ns = store->offset_ns;
	return true;
}

static bool
is_empty(const struct store *store)
{
	for (uint32_t id = 0; id < store->limits.series; id++)
		if (store->places[id].ring.len > 0)
			return false;
	return true;
}

bool
store_set_offset(struct store *store, int64_t offset_ns)
{
	if (!is_empty(store))
		return false;
	store->offset_ns = num_clamp(offset_ns, -TIME_MAX, TIME_MAX);
	return true;
}

int64_t
store_offset(const struct store *store)
{
	return store->offset_ns;
}

int64_t
store_offset_after(int64_t saved_offset, int64_t saved_boot_ns, int64_t saved_wall_ms,
    const struct now *now, bool same_boot)
{
	int64_t offset = num_clamp(saved_offset, -TIME_MAX, TIME_MAX);
	int64_t saved = num_clamp(saved_boot_ns, 0, TIME_MAX), passed_ms;

	if (same_boot && now->boot_ns >= saved)
		return offset;
	if (__builtin_sub_overflow(now->wall_ms, saved_wall_ms, &passed_ms))
		passed_ms = 0; /* no clock was ever that far off: the bytes are wrong */
	return offset + saved - num_clamp(now->boot_ns, 0, TIME_MAX) +
	       num_clamp(passed_ms, 0, PASSED_MAX_MS) * NS_PER_MS;
}

bool
store_cursor_open(
    const struct store *store, struct series_ref ref, uint32_t n, struct store_cursor *cursor)
{
	const struct place *place = find(store, ref);

	if (place == NULL || place->ring.len == 0 || n >= place->ring.capacity)
		return false;
	cursor->ref = ref;
	ring_cursor_init(&cursor->at, &place->ring, &store->pools[place->group], n);
	return true;
}

enum ring_cursor_result
store_cursor_next(const struct store *store, struct store_cursor *cursor, double *value)
{
	const struct place *place = find(store, cursor->ref);

	if (place == NULL)
		return RING_CURSOR_LOST;
	return ring_cursor_next(&cursor->at, &place->ring, &store->pools[place->group], value);
}

bool
store_cursor_walk(
    const struct store *store, const struct store_cursor *cursor, struct ring_iter *it)
{
	const struct place *place = find(store, cursor->ref);

	if (place == NULL ||
	    !ring_cursor_walk(&cursor->at, &place->ring, &store->pools[place->group], it))
		return false;
	it->offset_ns = store->offset_ns;
	return true;
}

bool
store_save_series(const struct store *store, struct series_ref ref, struct bytes_out *out)
{
	const struct place *place = find(store, ref);

	return place != NULL && ring_save(&place->ring, &store->pools[place->group], out);
}

/* The place of ref without samples; NULL when it has some, or ref is not of that series. */
static struct place *
free_place(const struct store *store, struct series_ref ref, const struct series *series)
{
	struct place *place;

	if (ref.gen == 0 || ref.gen != series->gen || ref.id >= store->limits.series)
		return NULL;
	place = &store->places[ref.id];
	return place->gen == 0 || place->ring.len == 0 ? place : NULL;
}

bool
store_load_series(struct store *store, struct series_ref ref, const struct series *series,
    const struct now *now, struct bytes_in *in)
{
	struct place *place = free_place(store, ref, series);
	struct pool *pool;
	size_t len;
	int64_t ns;
	double value;

	if (place == NULL) {
		bytes_get_raw(in, &len);
		return false;
	}
	move_in(store, place, series);
	pool = &store->pools[place->group];
	if (ring_load(&place->ring, pool, in) && ring_newest(&place->ring, &ns, &value) &&
	    ns <= to_ring_ns(store, now->boot_ns) + RING_TICK_NS)
		return true;
	ring_clear(&place->ring, pool);
	place->gen = 0;
	return false;
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
