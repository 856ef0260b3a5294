/*
 * Two sets of sums a series: of the minute that is open, and of the last complete one. Samples are
 * finite numbers of live series: the batch has seen to that. A series that takes the place of
 * another begins with nothing.
 */
#include "detect/rollup.h"

#include <math.h>

#include "base/mem.h"

struct sums {
	uint32_t gen, count;
	double min, max, sum, last;
};

struct place {
	struct sums open, complete;
	uint32_t five_gen, five_count; /* of the five minutes that the open one is of */
	double five_sum;
	double five_mean; /* where five minutes ended with the complete one; else NAN */
};

struct rollup {
	const struct series_table *table;
	struct place *places;
	uint32_t capacity;
	int64_t minute; /* of the boot clock, that is open; -1: none yet */
	struct now began, complete_began;
	bool has_complete;
};

struct rollup *
rollup_new(const struct series_table *table)
{
	struct rollup *r = mem_zalloc(1, sizeof(*r));

	r->table = table;
	r->capacity = series_capacity(table);
	r->places = mem_zalloc(r->capacity, sizeof(*r->places));
	r->minute = -1;
	return r;
}

void
rollup_free(struct rollup *r)
{
	if (r == NULL)
		return;
	mem_free(r->places);
	mem_free(r);
}

static void
add_sample(struct place *p, uint32_t gen, double value)
{
	struct sums *s = &p->open;

	if (s->gen != gen || s->count == 0)
		*s = (struct sums){.gen = gen, .min = value, .max = value};
	s->min = fmin(s->min, value);
	s->max = fmax(s->max, value);
	s->sum += value;
	s->last = value;
	s->count++;
}

static void
close_place(struct place *p, bool five_end)
{
	p->complete = p->open;
	p->open = (struct sums){.gen = 0};
	if (p->complete.count > 0 && p->complete.gen != p->five_gen) {
		p->five_gen = p->complete.gen;
		p->five_sum = 0;
		p->five_count = 0;
	}
	p->five_sum += p->complete.sum;
	p->five_count += p->complete.count;
	p->five_mean = NAN;
	if (!five_end)
		return;
	if (p->five_count > 0)
		p->five_mean = p->five_sum / p->five_count;
	p->five_sum = 0;
	p->five_count = 0;
}

/* After a stall of minutes the one that was open is complete, and those between had no samples. */
static void
close_minute(struct rollup *r, int64_t next)
{
	bool five_end = r->minute / ROLLUP_FIVE != next / ROLLUP_FIVE;

	r->has_complete = true;
	r->complete_began = r->began;
	for (uint32_t id = 0; id < r->capacity; id++) {
		struct place *p = &r->places[id];

		if (p->open.count > 0 || p->complete.count > 0 || p->five_gen != 0)
			close_place(p, five_end);
	}
}

bool
rollup_add(struct rollup *r, const struct batch *batch)
{
	int64_t minute = batch->now.boot_ns / ROLLUP_MINUTE_NS;
	bool closed = r->minute >= 0 && minute != r->minute;

	if (closed)
		close_minute(r, minute);
	if (minute != r->minute) {
		int64_t into_ns = batch->now.boot_ns % ROLLUP_MINUTE_NS;

		r->minute = minute;
		r->began = (struct now){.boot_ns = batch->now.boot_ns - into_ns,
		    .wall_ms = batch->now.wall_ms - into_ns / NS_PER_MS};
	}
	for (size_t i = 0; i < batch->len; i++) {
		uint32_t id = batch->samples[i].series;

		add_sample(&r->places[id], series_at(r->table, id)->gen, batch->samples[i].value);
	}
	return closed;
}

struct now
rollup_minute(const struct rollup *r)
{
	return r->complete_began;
}

bool
rollup_of(const struct rollup *r, uint32_t series, struct rollup_row *row)
{
	const struct place *p = &r->places[series];
	const struct sums *s = &p->complete;

	if (!r->has_complete || p->five_gen == 0)
		return false;
	*row = (struct rollup_row){.series = series,
	    .gen = p->five_gen,
	    .count = s->count,
	    .min = NAN,
	    .mean = NAN,
	    .max = NAN,
	    .last = NAN,
	    .five_mean = p->five_mean};
	if (s->count > 0) {
		row->min = s->min;
		row->mean = s->sum / s->count;
		row->max = s->max;
		row->last = s->last;
	}
	return s->count > 0 || !isnan(p->five_mean);
}

bool
rollup_next(const struct rollup *r, uint32_t *at, struct rollup_row *row)
{
	while (*at < r->capacity) {
		if (rollup_of(r, (*at)++, row))
			return true;
	}
	return false;
}

void
rollup_save(const struct rollup *r, struct bytes_out *out)
{
	bytes_put_i64(out, r->minute);
	bytes_put_i64(out, r->began.boot_ns);
	bytes_put_i64(out, r->began.wall_ms);
}

void
rollup_load(struct rollup *r, struct bytes_in *in, int64_t shift_ns)
{
	int64_t minute = bytes_get_i64(in);
	struct now began = {.boot = 0}; /* no span is asked of it */

	began.boot_ns = bytes_get_i64(in);
	began.wall_ms = bytes_get_i64(in);
	if (in->bad || r->minute >= 0 || shift_ns != 0 || minute < 0 ||
	    minute != began.boot_ns / ROLLUP_MINUTE_NS)
		return;
	r->minute = minute;
	r->began = began;
}

void
rollup_save_series(const struct rollup *r, uint32_t series, struct bytes_out *out)
{
	const struct place *p = &r->places[series];
	uint32_t gen = series_at(r->table, series)->gen;
	bool open = p->open.count > 0 && p->open.gen == gen;
	bool five = p->five_gen == gen;

	bytes_put_u32(out, open ? p->open.count : 0);
	bytes_put_f64(out, p->open.min);
	bytes_put_f64(out, p->open.max);
	bytes_put_f64(out, p->open.sum);
	bytes_put_f64(out, p->open.last);
	bytes_put_u32(out, five ? p->five_count : 0);
	bytes_put_f64(out, p->five_sum);
}

void
rollup_load_series(struct rollup *r, uint32_t series, struct bytes_in *in)
{
	struct place *p = &r->places[series];
	uint32_t gen = series_at(r->table, series)->gen;
	struct sums open = {.gen = gen, .count = bytes_get_u32(in)};
	uint32_t five_count;
	double five_sum;

	open.min = bytes_get_f64(in);
	open.max = bytes_get_f64(in);
	open.sum = bytes_get_f64(in);
	open.last = bytes_get_f64(in);
	five_count = bytes_get_u32(in);
	five_sum = bytes_get_f64(in);
	if (in->bad || r->minute < 0)
		return;
	if (open.count > 0 && isfinite(open.min) && isfinite(open.max) && isfinite(open.sum) &&
	    isfinite(open.last))
		p->open = open;
	if (isfinite(five_sum)) {
		p->five_gen = gen;
		p->five_count = five_count;
		p->five_sum = five_sum;
	}
}
