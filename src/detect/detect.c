/*
 * Carries samples and minutes to the detectors that want them, and keeps their states: a list of
 * blocks for each series and detector, made when the series appears and given back when another
 * takes its place. Samples are finite numbers of live series: the batch has seen to that. What
 * finds no room among the findings comes again with the next sample; kept states are checked by
 * their detectors, and start afresh when they make no sense.
 */
#include "detect/detect.h"

#include <stdalign.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "detect/state_pool.h"

#define X(name) &name##_detector,
static const struct detector *const detectors[] = {DETECTORS(X)};
#undef X

#define DETECTOR_COUNT (sizeof(detectors) / sizeof(detectors[0]))
#define ALERTS_KEPT_MAX 4096
/* A series that appears later than this after the start is not the one that was firing. */
#define RESTORE_NS (3600 * NS_PER_SEC)
#define AGE_MAX_MS (10LL * 366 * 86400 * 1000)

struct block {
	uint32_t next; /* of the same series and detector */
	uint16_t variant;
	void *cursor; /* of its window; NULL: none */
	alignas(max_align_t) unsigned char state[];
};

struct slot {
	uint32_t gen, run; /* of the series whose states these are; gen 0: none yet */
	uint32_t head[DETECTOR_COUNT];
};

/* An alert from before the start whose series has not been seen yet. */
struct kept_alert {
	uint64_t fingerprint;
	enum severity severity;
	int64_t since_wall_ms;
};

struct detect {
	struct detector_setup setup;
	struct rule_set rules;
	const struct series_table *table;
	struct detect_windows windows; /* open NULL: there are none */
	struct slot *slots;
	struct state_pool pools[DETECTOR_COUNT];
	void *shared[DETECTOR_COUNT];
	struct kept_alert *alerts;
	size_t alert_count;
	bool late; /* some alerts came after the first sample: their series may be there already */
	struct now first, now; /* of the first cycle and the newest; boot_ns 0: none yet */
	bool full_said;
};

struct detect *
detect_new(const struct conf_detect *conf, const struct series_table *table,
    const struct detect_windows *windows)
{
	uint32_t capacity = series_capacity(table);
	struct detect *d = mem_zalloc(1, sizeof(*d));

	rules_init(&d->rules, conf);
	d->setup = (struct detector_setup){.conf = conf, .rules = &d->rules};
	d->table = table;
	if (windows != NULL)
		d->windows = *windows;
	d->slots = mem_zalloc(capacity, sizeof(*d->slots));
	d->alerts = mem_zalloc(ALERTS_KEPT_MAX, sizeof(*d->alerts));
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		const struct detector *row = detectors[i];

		state_pool_init(&d->pools[i], sizeof(struct block) + row->state_bytes,
		    capacity * row->states_a_series);
		if (row->shared_bytes > 0)
			d->shared[i] = mem_zalloc(1, row->shared_bytes);
	}
	return d;
}

static struct block *
block_at(const struct detect *d, size_t detector, uint32_t block)
{
	return state_pool_at(&d->pools[detector], block);
}

/* Gives back all states of a series. */
static void
move_out(struct detect *d, struct slot *slot)
{
	for (size_t i = 0; i < DETECTOR_COUNT && slot->gen != 0; i++) {
		uint32_t block = slot->head[i];

		while (block != STATE_NONE) {
			struct block *b = block_at(d, i, block);
			uint32_t next = b->next;

			if (b->cursor != NULL)
				d->windows.close(d->windows.arg, b->cursor);
			state_pool_give(&d->pools[i], block);
			block = next;
		}
	}
	slot->gen = 0;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	for (uint32_t id = 0; id < series_capacity(d->table); id++)
		move_out(d, &d->slots[id]);
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		state_pool_done(&d->pools[i]);
		mem_free(d->shared[i]);
	}
	mem_free(d->slots);
	mem_free(d->alerts);
	rules_done(&d->rules);
	mem_free(d);
}

static struct detector_input
input_of(const struct detect *d, size_t detector, const struct series *s, uint16_t variant)
{
	return (struct detector_input){.setup = &d->setup,
	    .series = s,
	    .variant = variant,
	    .now = d->now,
	    .shared = d->shared[detector]};
}

/*
 * When an alert began, by the boot clock. Up to the start by wall time, the only clock that
 * survives a boot; a damaged or stepped one counts as now. From then on by boot time: where the
 * clock is set late, it is soon after a boot.
 */
static int64_t
began_ns(const struct detect *d, const struct kept_alert *a)
{
	int64_t ms = d->first.wall_ms - a->since_wall_ms;

	return d->first.boot_ns - (ms < 0 || ms > AGE_MAX_MS ? 0 : ms * NS_PER_MS);
}

/* If an alert of this state was firing before the start, it is firing now. */
static void
resume(struct detect *d, size_t detector, const struct series *s, struct block *b)
{
	const struct detector *row = detectors[detector];
	struct detector_input in = input_of(d, detector, s, b->variant);
	uint64_t fingerprint;

	if (row->resume == NULL || d->alert_count == 0)
		return;
	fingerprint = fingerprint_of(row->rule_name(&d->setup, b->variant), s->hash);
	for (size_t i = 0; i < d->alert_count; i++) {
		struct kept_alert *a = &d->alerts[i];
		struct detector_alert alert = {a->severity, began_ns(d, a)};

		if (a->fingerprint != fingerprint)
			continue;
		row->resume(b->state, &in, &alert);
		*a = d->alerts[--d->alert_count];
		return;
	}
}

static void
open_window(const struct detect *d, size_t detector, uint32_t id, struct block *b)
{
	const struct detector *row = detectors[detector];
	uint32_t samples = row->window == NULL ? 0 : row->window(&d->setup);

	if (samples > 0 && d->windows.open != NULL)
		b->cursor = d->windows.open(d->windows.arg, id, samples);
}

static void
say_full(struct detect *d, size_t detector)
{
	if (!d->full_said)
		log_warn("more than %u states of detector %s: further series are not watched by it",
		    d->pools[detector].most, detectors[detector]->name);
	d->full_said = true;
}

/* The detector's states of a new series, in the order of its variants. */
static void
make_states(struct detect *d, size_t detector, uint32_t id, struct slot *slot)
{
	const struct detector *row = detectors[detector];
	const struct series *s = series_at(d->table, id);
	uint16_t variants[DETECTOR_VARIANTS_MAX];
	size_t n = row->wants(&d->setup, s, variants);

	while (n-- > 0) {
		uint32_t block = state_pool_take(&d->pools[detector]);
		struct detector_input in = input_of(d, detector, s, variants[n]);
		struct block *b;

		if (block == STATE_NONE) {
			say_full(d, detector);
			return;
		}
		b = block_at(d, detector, block);
		b->variant = variants[n];
		b->next = slot->head[detector];
		slot->head[detector] = block;
		open_window(d, detector, id, b);
		if (row->start != NULL)
			row->start(b->state, &in);
	}
}

/* The states of the series are there from here on. */
static void
move_in(struct detect *d, uint32_t id)
{
	const struct series *s = series_at(d->table, id);
	struct slot *slot = &d->slots[id];

	move_out(d, slot);
	*slot = (struct slot){.gen = s->gen, .run = s->run};
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		slot->head[i] = STATE_NONE;
		make_states(d, i, id, slot);
	}
}

static void
resume_all(struct detect *d, uint32_t id)
{
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		for (uint32_t k = d->slots[id].head[i]; k != STATE_NONE;
		     k = block_at(d, i, k)->next)
			resume(d, i, series_at(d->table, id), block_at(d, i, k));
	}
}

/* The series had ended and is back. */
static void
come_back(struct detect *d, uint32_t id)
{
	const struct series *s = series_at(d->table, id);

	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		const struct detector *row = detectors[i];

		for (uint32_t k = d->slots[id].head[i]; k != STATE_NONE;) {
			struct block *b = block_at(d, i, k);
			struct detector_input in = input_of(d, i, s, b->variant);

			if (row->gone != NULL) {
				row->gone(b->state);
			} else {
				memset(b->state, 0, row->state_bytes);
				if (row->start != NULL)
					row->start(b->state, &in);
			}
			k = b->next;
		}
	}
	d->slots[id].run = s->run;
}

static void
feed_series(struct detect *d, uint32_t id, double value, struct findings *findings)
{
	const struct series *s = series_at(d->table, id);

	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		for (uint32_t k = d->slots[id].head[i]; k != STATE_NONE;) {
			struct block *b = block_at(d, i, k);
			struct detector_input in = input_of(d, i, s, b->variant);
			struct detector_window window;

			in.value = value;
			if (b->cursor != NULL) {
				d->windows.follow(d->windows.arg, b->cursor, &window);
				in.window = &window;
			}
			detectors[i]->feed(b->state, &in, findings);
			k = b->next;
		}
	}
}

static void
begin_cycle(struct detect *d, const struct now *now)
{
	if (d->first.boot_ns == 0)
		d->first = *now;
	d->now = *now;
	if (now->boot_ns - d->first.boot_ns > RESTORE_NS)
		d->alert_count = 0;
	d->late = d->late && d->alert_count > 0;
}

void
detect_feed(struct detect *d, const struct batch *batch, struct findings *findings)
{
	begin_cycle(d, &batch->now);
	for (size_t n = 0; n < batch->len; n++) {
		uint32_t id = batch->samples[n].series;
		const struct series *s = series_at(d->table, id);
		bool is_new = d->slots[id].gen != s->gen;

		if (is_new)
			move_in(d, id);
		else if (d->slots[id].run != s->run)
			come_back(d, id);
		if (is_new || d->late)
			resume_all(d, id);
		feed_series(d, id, batch->samples[n].value, findings);
	}
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		struct detector_input in = input_of(d, i, NULL, 0);

		if (detectors[i]->cycle_end != NULL)
			detectors[i]->cycle_end(d->shared[i], &in, findings);
	}
}

static void
feed_minute(struct detect *d, const struct rollup_row *row, struct findings *findings)
{
	const struct series *s = series_at(d->table, row->series);

	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		if (detectors[i]->minute == NULL)
			continue;
		for (uint32_t k = d->slots[row->series].head[i]; k != STATE_NONE;) {
			struct block *b = block_at(d, i, k);
			struct detector_input in = input_of(d, i, s, b->variant);

			in.value = row->mean;
			detectors[i]->minute(b->state, &in, row, findings);
			k = b->next;
		}
	}
}

void
detect_minute(
    struct detect *d, const struct rollup *rollup, const struct now *now, struct findings *findings)
{
	struct rollup_row row;
	uint32_t at = 0;

	d->now = *now;
	while (rollup_next(rollup, &at, &row)) {
		if (d->slots[row.series].gen == row.gen)
			feed_minute(d, &row, findings);
	}
}

void
detect_restore(struct detect *d, const struct alert_facts *facts)
{
	if (facts->severity == SEV_NONE || d->alert_count == ALERTS_KEPT_MAX)
		return;
	if (d->first.boot_ns != 0) {
		d->late = true;
		d->first.boot_ns = 0;
	}
	d->alerts[d->alert_count++] =
	    (struct kept_alert){facts->fingerprint, facts->severity, facts->since_wall_ms};
}

size_t
detect_bytes(const struct detect *d)
{
	size_t bytes = 0;

	for (size_t i = 0; i < DETECTOR_COUNT; i++)
		bytes += state_pool_bytes(&d->pools[i]);
	return bytes;
}
