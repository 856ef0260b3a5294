/*
 * One rule on one series on a fake clock, for tests of thresholds: samples go in, what the detector
 * says of each comes out in words.
 */
#ifndef TESTS_THRESHOLD_RIG_H
#define TESTS_THRESHOLD_RIG_H

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "detect/detect.h"
#include "tests/unit/one_alert.h"

#define STEP_MS 10000

struct rig {
	struct conf_detect conf;
	struct conf_rule rule;
	const char *name; /* of the rule whose findings come */
	struct series_table *table;
	struct batch batch;
	struct findings findings;
	struct detect *detect;
	struct series_ref ref;
	struct now now;
	struct one_alert alert; /* fires as far as the table of alerts knows */
};

static inline void
rig_open(struct rig *r)
{
	const struct detect_alerts alerts = one_alert_for_detect(&r->alert);

	r->detect = detect_new(&r->conf, r->table, NULL, &alerts);
}

/* After a change of the configuration, or a restart: it has learnt nothing yet. */
static inline void
rig_reopen(struct rig *r)
{
	detect_free(r->detect);
	rig_open(r);
}

static char no_message[] = "";

/* One user's rule on cpu.usage_percent, or any other metric. */
static inline void
rig_init(struct rig *r, enum metric_id metric, enum rule_op op, double warn, double critical)
{
	*r = (struct rig){.conf = {.for_secs = -1, .clear_percent = 5}};
	r->name = "mine";
	r->rule = (struct conf_rule){.name = (char *)(uintptr_t)r->name,
	    .metric = metric,
	    .op = op,
	    .warn = warn,
	    .critical = critical,
	    .message = no_message};
	for (int i = 0; i < LIMIT_COUNT; i++)
		r->conf.warn[i] = r->conf.critical[i] = NAN;
	r->conf.rules = &r->rule;
	r->conf.rule_count = 1;
	r->table = series_table_new(NULL);
	batch_init(&r->batch, r->table, 16);
	findings_init(&r->findings, 16);
	r->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000};
	rig_open(r);
}

/* The same once it has been bad for so long. */
static inline void
rig_init_for(struct rig *r, double warn, double critical, int64_t for_secs)
{
	rig_init(r, METRIC_CPU_USAGE, OP_GE, warn, critical);
	r->rule.for_secs = for_secs;
	rig_reopen(r);
}

/* No user's rule: the built-in one, which is about a transition. */
static inline void
rig_init_read_only(struct rig *r)
{
	rig_init(r, METRIC_DISK_READ_ONLY, OP_GE, NAN, 1);
	r->name = "disk_read_only";
	r->conf.rule_count = 0;
	rig_reopen(r);
}

static inline void
rig_done(struct rig *r)
{
	detect_free(r->detect);
	findings_done(&r->findings);
	batch_done(&r->batch);
	series_table_free(r->table);
}

static inline void
pass(struct rig *r, int64_t ms)
{
	r->now.boot_ns += ms * NS_PER_MS;
	r->now.wall_ms += ms;
}

/* The agent lives on, the series has no samples. */
static inline void
cycles_without_it(struct rig *r, int n)
{
	for (int i = 0; i < n; i++) {
		pass(r, STEP_MS);
		batch_reset(&r->batch, &r->now);
		findings_reset(&r->findings);
		batch_add(&r->batch, METRIC_CPU_LOAD_1M, 1, NAN);
		detect_feed(r->detect, &r->batch, &r->findings);
	}
}

/* A sample after ms; "-", "pending warn", "firing critical", "clear". */
static const char *
sample_after(struct rig *r, int64_t ms, double value)
{
	static const char *const states[] = {"clear", "pending", "firing"};
	const char *const values[METRIC_LABELS_MAX] = {"a", "b", "c"};
	static char text[40];
	const struct finding *f = r->findings.items;

	pass(r, ms);
	batch_reset(&r->batch, &r->now);
	findings_reset(&r->findings);
	batch_add_labelled(&r->batch, &r->ref, r->rule.metric, values, value, NAN);
	detect_feed(r->detect, &r->batch, &r->findings);
	assert_true(r->findings.len <= 1);
	if (r->findings.len == 0)
		return "-";
	assert_string_equal(f->rule, r->name);
	assert_true(f->value == value);
	snprintf(text, sizeof(text), "%s%s%s", states[f->state],
	    f->state == FINDING_CLEAR ? "" : " ",
	    f->state == FINDING_CLEAR ? "" : severity_name(f->severity));
	return text;
}

static const char *
sample(struct rig *r, double value)
{
	return sample_after(r, STEP_MS, value);
}

#endif
