/*
 * Values past a limit. A variant is a rule; a level of it fires when its limit was passed for
 * for_ms, and stops only past the hysteresis band. Rules and series are trusted; values are any
 * finite numbers.
 */
#include <math.h>
#include <string.h>

#include "detect/detector.h"
#include "detect/levels.h"

struct threshold {
	struct levels levels;
	bool opposite_seen; /* a fine value was seen of this series, on this boot */
	bool told;          /* the last finding out was not FINDING_CLEAR */
};

static const struct rule *
rule_of(const struct detector_setup *setup, uint16_t variant)
{
	return &setup->rules->items[variant];
}

static size_t
wants(
    const struct detector_setup *setup, const struct series *s, uint16_t out[DETECTOR_VARIANTS_MAX])
{
	return rules_match(setup->rules, s, out);
}

static const char *
rule_name(const struct detector_setup *setup, uint16_t variant)
{
	return rule_of(setup, variant)->name;
}

static void
start(void *state, const struct detector_input *in)
{
	levels_start(&((struct threshold *)state)->levels, in->now.boot_ns);
}

/* Starts afresh, but for a last word to clear an alert that lives after all. */
static void
gone(void *state)
{
	struct threshold *t = state;

	levels_clear(&t->levels);
	t->opposite_seen = false;
}

static void
resume(void *state, const struct detector_input *in, const struct detector_alert *alert)
{
	struct threshold *t = state;

	(void)in;
	levels_resume(&t->levels, alert->severity, alert->since_ns);
	t->told = true;
}

static bool
load(void *state, int64_t shift_ns)
{
	struct threshold *t = state;
	unsigned char seen; /* any byte, which a bool may not be */

	memcpy(&seen, &t->opposite_seen, sizeof(seen));
	t->opposite_seen = seen == 1 && shift_ns == 0;
	t->told = false;
	return levels_load(&t->levels, shift_ns);
}

static double
limit_of(const struct rule *rule, int level)
{
	return level_severity[level] == SEV_CRITICAL ? rule->critical : rule->warn;
}

static bool
is_bad(const struct rule *rule, const struct threshold *t, int level, double value)
{
	double limit = limit_of(rule, level);

	if (t->levels.firing >= level_severity[level])
		return rules_past(rule->op, value, rules_clear_limit(rule, limit));
	if (rule->transition && !t->opposite_seen)
		return false;
	return rules_past(rule->op, value, limit);
}

static void
advance(const struct rule *rule, struct threshold *t, const struct detector_input *in)
{
	bool bad[LEVELS], fine = true;

	for (int level = 0; level < LEVELS; level++) {
		bad[level] = is_bad(rule, t, level, in->value);
		fine = fine && !rules_past(rule->op, in->value, limit_of(rule, level));
	}
	t->opposite_seen = t->opposite_seen || fine;
	levels_advance(&t->levels, bad, rule->for_ms * NS_PER_MS,
	    in->series->interval_ms * NS_PER_MS, in->now.boot_ns);
}

static void
feed(void *state, const struct detector_input *in, struct findings *out)
{
	struct threshold *t = state;
	const struct rule *rule = rule_of(in->setup, in->variant);
	struct finding *f;
	int level;

	advance(rule, t, in);
	level = levels_named(&t->levels);
	f = level >= 0 || t->told ? findings_add(out) : NULL;
	if (f == NULL)
		return;
	f->rule = rule->name;
	f->subject = subject_of_series(in->series);
	f->value = in->value;
	f->limit = level > 0 || isnan(rule->warn) ? rule->critical : rule->warn;
	f->op = rule->op;
	f->interval_ms = in->series->interval_ms;
	f->words = rule->message;
	if (level >= 0)
		levels_describe(&t->levels, level, in->now.boot_ns, f);
	t->told = level >= 0;
}

const struct detector threshold_detector = {.name = "threshold",
    .version = 1,
    .state_bytes = sizeof(struct threshold),
    .states_a_series = 2, /* on average; only those in use cost memory */
    .wants = wants,
    .rule_name = rule_name,
    .start = start,
    .resume = resume,
    .gone = gone,
    .feed = feed,
    .load = load};
