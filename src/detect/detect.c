/*
 * Carries each sample to each detector. Samples are finite numbers of live series: the batch has
 * seen to that. What finds no room among the findings comes again with the next sample.
 */
#include "detect/detect.h"

#include "base/mem.h"
#include "detect/detector.h"

#define X(name) &name##_detector,
static const struct detector *const detectors[] = {DETECTORS(X)};
#undef X

#define DETECTOR_COUNT (sizeof(detectors) / sizeof(detectors[0]))

struct detect {
	struct rule_set rules;
	const struct series_table *table;
	void *states[DETECTOR_COUNT];
};

struct detect *
detect_new(const struct conf_detect *conf, const struct series_table *table)
{
	struct detect *d = mem_zalloc(1, sizeof(*d));
	struct detector_setup setup = {.conf = conf, .rules = &d->rules, .table = table};

	rules_init(&d->rules, conf);
	d->table = table;
	for (size_t i = 0; i < DETECTOR_COUNT; i++)
		d->states[i] = detectors[i]->make(&setup);
	return d;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < DETECTOR_COUNT; i++)
		detectors[i]->drop(d->states[i]);
	rules_done(&d->rules);
	mem_free(d);
}

void
detect_feed(struct detect *d, const struct batch *batch, struct findings *findings)
{
	struct detector_input in = {.now = batch->now};

	for (size_t n = 0; n < batch->len; n++) {
		in.id = batch->samples[n].series;
		in.series = series_at(d->table, in.id);
		in.value = batch->samples[n].value;
		for (size_t i = 0; i < DETECTOR_COUNT; i++)
			detectors[i]->feed(d->states[i], &in, findings);
	}
}

void
detect_restore(struct detect *d, const struct alert_facts *facts)
{
	for (size_t i = 0; i < DETECTOR_COUNT; i++)
		detectors[i]->restore(d->states[i], facts);
}
