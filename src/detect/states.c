/*
 * Where states live: pools of blocks by detector, lists by series. It trusts the series table for
 * who lives where; that a detector wants a series is asked once, when the series is first seen.
 */
#include "detect/states.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define X(name) &name##_detector,
const struct detector *const detector_rows[DETECTOR_COUNT] = {DETECTORS(X)};
#undef X

void
states_init(struct states *st, const struct detector_setup *setup, const struct series_table *table,
    const struct detect_windows *windows)
{
	uint32_t capacity = series_capacity(table);

	*st = (struct states){.setup = *setup, .table = table};
	if (windows != NULL)
		st->windows = *windows;
	st->series = mem_zalloc(capacity, sizeof(*st->series));
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		const struct detector *row = detector_rows[i];

		state_pool_init(&st->pools[i], sizeof(struct state) + row->state_bytes,
		    capacity * row->states_a_series);
		if (row->shared_bytes > 0)
			st->shared[i] = mem_zalloc(1, row->shared_bytes);
	}
}

static struct state *
state_at(const struct states *st, size_t detector, uint32_t block)
{
	return block == STATE_NONE ? NULL : state_pool_at(&st->pools[detector], block);
}

struct state *
states_first(const struct states *st, size_t detector, uint32_t series)
{
	const struct states_of_series *of = &st->series[series];

	return of->gen == 0 ? NULL : state_at(st, detector, of->head[detector]);
}

struct state *
states_next(const struct states *st, size_t detector, const struct state *s)
{
	return state_at(st, detector, s->next);
}

static void
close_window(struct states *st, struct state *s)
{
	if (s->cursor != NULL)
		st->windows.close(st->windows.arg, s->cursor);
	s->cursor = NULL;
}

/* Gives back all states of a series. */
static void
give_back(struct states *st, uint32_t series)
{
	struct states_of_series *of = &st->series[series];

	for (size_t i = 0; i < DETECTOR_COUNT && of->gen != 0; i++) {
		while (of->head[i] != STATE_NONE) {
			uint32_t block = of->head[i];
			struct state *s = state_at(st, i, block);

			of->head[i] = s->next;
			close_window(st, s);
			state_pool_give(&st->pools[i], block);
		}
	}
	of->gen = 0;
}

void
states_done(struct states *st)
{
	for (uint32_t id = 0; id < series_capacity(st->table); id++)
		give_back(st, id);
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		state_pool_done(&st->pools[i]);
		mem_free(st->shared[i]);
	}
	mem_free(st->series);
}

struct detector_input
states_input(const struct states *st, size_t detector, uint32_t series, const struct state *s)
{
	return (struct detector_input){.setup = &st->setup,
	    .series = s == NULL ? NULL : series_at(st->table, series),
	    .variant = s == NULL ? 0 : s->variant,
	    .now = st->now,
	    .shared = st->shared[detector]};
}

/* From nothing. */
static void
start(struct states *st, size_t detector, uint32_t series, struct state *s)
{
	const struct detector *row = detector_rows[detector];
	struct detector_input in = states_input(st, detector, series, s);

	memset(s->data, 0, row->state_bytes);
	if (row->start != NULL)
		row->start(s->data, &in);
}

/* The detector's states of a new series, in the order of its variants. */
static void
make(struct states *st, size_t detector, uint32_t series)
{
	const struct detector *row = detector_rows[detector];
	uint32_t *head = &st->series[series].head[detector];
	uint16_t variants[DETECTOR_VARIANTS_MAX];
	size_t n = row->wants(&st->setup, series_at(st->table, series), variants);

	*head = STATE_NONE;
	while (n-- > 0) {
		uint32_t block = state_pool_take(&st->pools[detector]);
		struct state *s = state_at(st, detector, block);

		if (s == NULL) {
			if (!st->full_said)
				log_warn("more than %u states of detector %s: further series are "
				         "not watched by it",
				    st->pools[detector].most, row->name);
			st->full_said = true;
			return;
		}
		s->variant = variants[n];
		s->next = *head;
		*head = block;
		start(st, detector, series, s);
	}
}

/* The series had ended and is back. */
static void
come_back(struct states *st, uint32_t series)
{
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		for (struct state *s = states_first(st, i, series); s != NULL;
		     s = states_next(st, i, s)) {
			close_window(st, s);
			if (detector_rows[i]->gone != NULL)
				detector_rows[i]->gone(s->data);
			else
				start(st, i, series, s);
		}
	}
}

bool
states_of(struct states *st, uint32_t series)
{
	const struct series *s = series_at(st->table, series);
	struct states_of_series *of = &st->series[series];
	bool is_new = of->gen != s->gen;

	if (is_new) {
		give_back(st, series);
		of->gen = s->gen;
		for (size_t i = 0; i < DETECTOR_COUNT; i++)
			make(st, i, series);
	} else if (of->run != s->run) {
		come_back(st, series);
	}
	of->run = s->run;
	return is_new;
}

bool
states_follow(
    struct states *st, size_t detector, uint32_t series, struct state *s, struct detector_window *w)
{
	const struct detector *row = detector_rows[detector];
	uint32_t samples;

	if (s->cursor == NULL && row->window != NULL && st->windows.open != NULL) {
		samples = row->window(&st->setup);
		if (samples > 0)
			s->cursor = st->windows.open(st->windows.arg, series, samples);
	}
	if (s->cursor == NULL)
		return false;
	st->windows.follow(st->windows.arg, s->cursor, w);
	return true;
}

size_t
states_bytes(const struct states *st)
{
	size_t bytes = 0;

	for (size_t i = 0; i < DETECTOR_COUNT; i++)
		bytes += state_pool_bytes(&st->pools[i]);
	return bytes;
}
