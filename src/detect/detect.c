/*
 * Carries samples and minutes to the detectors that want them. Samples are finite numbers of live
 * series: the batch has seen to that. What finds no room among the findings comes again with the
 * next sample.
 */
#include "detect/detect.h"

#include "base/mem.h"

#define ALERTS_KEPT_MAX 4096
/* A series that appears later than this after the start is not the one that was firing. */
#define RESTORE_NS (3600 * NS_PER_SEC)
#define AGE_MAX_MS (10LL * 366 * 86400 * 1000)
/* All states of one series, when they change to another configuration; what does not fit starts
 * afresh. */
#define RECONFIGURE_BYTES (64u * 1024)

/* An alert from before the start whose series has not been seen yet. */
struct kept_alert {
	uint64_t fingerprint;
	enum severity severity;
	int64_t since_wall_ms;
};

struct detect {
	struct rule_set rules;
	struct states states;
	struct kept_alert *alerts;
	size_t alert_count;
	bool late; /* some alerts came after the first sample: their series may be there already */
	struct now first; /* the first cycle; boot_ns 0: none yet */
};

struct detect *
detect_new(const struct conf_detect *conf, const struct series_table *table,
    const struct detect_windows *windows)
{
	struct detect *d = mem_zalloc(1, sizeof(*d));
	const struct detector_setup setup = {.conf = conf, .rules = &d->rules};

	rules_init(&d->rules, conf);
	states_init(&d->states, &setup, table, windows);
	d->alerts = mem_zalloc(ALERTS_KEPT_MAX, sizeof(*d->alerts));
	return d;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	states_done(&d->states);
	mem_free(d->alerts);
	rules_done(&d->rules);
	mem_free(d);
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
resume(struct detect *d, size_t detector, uint32_t series, struct state *s)
{
	const struct detector *row = detector_rows[detector];
	struct detector_input in = states_input(&d->states, detector, series, s);
	uint64_t fingerprint;

	if (row->resume == NULL)
		return;
	fingerprint = fingerprint_of(row->rule_name(in.setup, s->variant), in.series->hash);
	for (size_t i = 0; i < d->alert_count; i++) {
		struct kept_alert *a = &d->alerts[i];
		struct detector_alert alert = {a->severity, began_ns(d, a)};

		if (a->fingerprint != fingerprint)
			continue;
		row->resume(s->data, &in, &alert);
		*a = d->alerts[--d->alert_count];
		return;
	}
}

static void
resume_all(struct detect *d, uint32_t series)
{
	for (size_t i = 0; i < DETECTOR_COUNT && d->alert_count > 0; i++) {
		for (struct state *s = states_first(&d->states, i, series); s != NULL;
		     s = states_next(&d->states, i, s))
			resume(d, i, series, s);
	}
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

static void
begin_cycle(struct detect *d, const struct now *now)
{
	if (d->first.boot_ns == 0)
		d->first = *now;
	d->states.now = *now;
	if (now->boot_ns - d->first.boot_ns > RESTORE_NS)
		d->alert_count = 0;
	d->late = d->late && d->alert_count > 0;
}

void
detect_feed(struct detect *d, const struct batch *batch, struct findings *findings)
{
	begin_cycle(d, &batch->now);
	for (size_t n = 0; n < batch->len; n++) {
		uint32_t series = batch->samples[n].series;

		if (states_of(&d->states, series) || d->late)
			resume_all(d, series);
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
detect_restore(struct detect *d, const struct alert_facts *facts)
{
	if (facts->severity == SEV_NONE || d->alert_count == ALERTS_KEPT_MAX)
		return;
	d->late = true;
	d->first.boot_ns = 0;
	d->alerts[d->alert_count++] =
	    (struct kept_alert){facts->fingerprint, facts->severity, facts->since_wall_ms};
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
	struct detect *d = detect_new(conf, table, &old->states.windows);
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
detect_knows(const struct detect *d, const char *rule)
{
	return rules_find(&d->rules, rule) != NULL;
}

size_t
detect_bytes(const struct detect *d)
{
	return states_bytes(&d->states);
}
