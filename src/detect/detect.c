/*
 * Carries samples and minutes to the detectors that want them. Samples are finite numbers of live
 * series: the batch has seen to that. What finds no room among the findings comes again with the
 * next sample.
 */
#include "detect/detect.h"

#include "base/mem.h"
#include "base/str.h"

/* All states of one series, when they change to another configuration; what does not fit starts
 * afresh. */
#define RECONFIGURE_BYTES (64u * 1024)

struct detect {
	struct rule_set rules;
	struct states states;
	struct detect_alerts alerts; /* find NULL: none fires */
};

struct detect *
detect_new(const struct conf_detect *conf, const struct series_table *table,
    const struct detect_windows *windows, const struct detect_alerts *alerts)
{
	struct detect *d = mem_zalloc(1, sizeof(*d));
	const struct detector_setup setup = {.conf = conf, .rules = &d->rules};

	rules_init(&d->rules, conf);
	states_init(&d->states, &setup, table, windows);
	if (alerts != NULL)
		d->alerts = *alerts;
	return d;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	states_done(&d->states);
	rules_done(&d->rules);
	mem_free(d);
}

/* If an alert of this state fires, the state does. */
static void
resume(struct detect *d, size_t detector, uint32_t series, struct state *s)
{
	const struct detector *row = detector_rows[detector];
	struct detector_input in = states_input(&d->states, detector, series, s);
	struct detector_alert alert;
	struct detect_firing firing;
	uint64_t fingerprint;

	if (row->resume == NULL)
		return;
	fingerprint = fingerprint_of(row->rule_name(in.setup, s->variant), in.series->hash);
	if (!d->alerts.find(d->alerts.arg, fingerprint, &firing))
		return;
	alert = (struct detector_alert){firing.severity, clock_boot_ns(&firing.since, &in.now)};
	row->resume(s->data, &in, &alert);
}

static void
resume_all(struct detect *d, uint32_t series)
{
	for (size_t i = 0; i < DETECTOR_COUNT && d->alerts.find != NULL; i++) {
		for (struct state *s = states_first(&d->states, i, series); s != NULL;
		     s = states_next(&d->states, i, s))
			resume(d, i, series, s);
	}
}

/* The states of the series are there, its own, and know of the alerts that fire. */
static void
see_to(struct detect *d, uint32_t series)
{
	struct states_of_series *of = &d->states.series[series];

	if (states_of(&d->states, series))
		of->resumed = false;
	if (!of->resumed)
		resume_all(d, series);
	of->resumed = true;
}

static void
feed_series(struct states *st, uint32_t series, double value, struct findings *findings)
{
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		for (struct state *s = states_first(st, i, series); s != NULL;
		     s = states_next(st, i, s)) {
			struct detector_input in = states_input(st, i, series, s);
			struct detector_window window;

			in.value = value;
			if (states_follow(st, i, series, s, &window))
				in.window = &window;
			detector_rows[i]->feed(s->data, &in, findings);
		}
	}
}

void
detect_feed(struct detect *d, const struct batch *batch, struct findings *findings)
{
	d->states.now = batch->now;
	for (size_t n = 0; n < batch->len; n++) {
		uint32_t series = batch->samples[n].series;

		see_to(d, series);
		feed_series(&d->states, series, batch->samples[n].value, findings);
	}
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		struct detector_input in = states_input(&d->states, i, 0, NULL);

		if (detector_rows[i]->cycle_end != NULL)
			detector_rows[i]->cycle_end(d->states.shared[i], &in, findings);
	}
}

static void
feed_minute(struct states *st, const struct rollup_row *row, struct findings *findings)
{
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		if (detector_rows[i]->minute == NULL)
			continue;
		for (struct state *s = states_first(st, i, row->series); s != NULL;
		     s = states_next(st, i, s)) {
			struct detector_input in = states_input(st, i, row->series, s);

			in.value = row->mean;
			detector_rows[i]->minute(s->data, &in, row, findings);
		}
	}
}

void
detect_minute(
    struct detect *d, const struct rollup *rollup, const struct now *now, struct findings *findings)
{
	struct rollup_row row;
	uint32_t at = 0;

	d->states.now = *now;
	while (rollup_next(rollup, &at, &row)) {
		if (d->states.series[row.series].gen == row.gen)
			feed_minute(&d->states, &row, findings);
	}
}

void
detect_recall(struct detect *d)
{
	for (uint32_t id = 0; id < series_capacity(d->states.table); id++)
		d->states.series[id].resumed = false;
}

void
detect_save_series(const struct detect *d, uint32_t series, struct bytes_out *out)
{
	states_save(&d->states, series, out);
}

void
detect_load_series(struct detect *d, uint32_t series, struct bytes_in *in, int64_t shift_ns)
{
	states_load(&d->states, series, in, shift_ns);
	d->states.series[series].resumed = false;
}

void
detect_save_shared(const struct detect *d, struct bytes_out *out)
{
	states_save_shared(&d->states, out);
}

void
detect_load_shared(struct detect *d, struct bytes_in *in, int64_t shift_ns)
{
	states_load_shared(&d->states, in, shift_ns);
}

struct detect *
detect_reconfigure(struct detect *old, const struct conf_detect *conf)
{
	const struct series_table *table = old->states.table;
	struct detect *d = detect_new(conf, table, &old->states.windows, &old->alerts);
	uint8_t *bytes = mem_zalloc(1, RECONFIGURE_BYTES);
	struct bytes_out out;
	struct bytes_in in;

	d->states.now = old->states.now;
	for (uint32_t id = 0; id < series_capacity(table); id++) {
		if (old->states.series[id].gen != series_at(table, id)->gen ||
		    old->states.series[id].gen == 0)
			continue;
		bytes_out_init(&out, bytes, RECONFIGURE_BYTES);
		states_save(&old->states, id, &out);
		bytes_in_init(&in, bytes, out.len);
		states_load(&d->states, id, &in, 0);
	}
	bytes_out_init(&out, bytes, RECONFIGURE_BYTES);
	states_save_shared(&old->states, &out);
	bytes_in_init(&in, bytes, out.len);
	states_load_shared(&d->states, &in, 0);
	mem_free(bytes);
	detect_free(old);
	return d;
}

bool
detect_watches(const struct detect *d, uint32_t series, const char *rule)
{
	const struct states *st = &d->states;

	if (st->series[series].gen != series_at(st->table, series)->gen)
		return true; /* it had no sample yet */
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		for (struct state *s = states_first(st, i, series); s != NULL;
		     s = states_next(st, i, s)) {
			if (str_eq(detector_rows[i]->rule_name(&st->setup, s->variant), rule))
				return true;
		}
	}
	return false;
}

size_t
detect_bytes(const struct detect *d)
{
	return states_bytes(&d->states);
}
