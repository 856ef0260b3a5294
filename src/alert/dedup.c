/*
 * The dedup stage: a re-fire of the same alert at the same severity within a window after the last
 * notice of it is held back. Still firing when the window ends, it is told with its count; over by
 * then, it leaves no trace. Windows run on the boot clock: a step of the wall clock neither repeats
 * nor swallows a notice.
 */
#include "alert/stage.h"

#include "base/num.h"

static bool
in_window(const struct conf_alert *conf, const struct alert_entry *a, enum severity severity,
    const struct now *now)
{
	const struct alert_fired *fired = &a->fired[severity];

	return fired->sent.wall_ms != 0 &&
	       now->boot_ns - fired->sent.boot_ns < conf->dedup_secs[severity] * NS_PER_SEC;
}

static void
see(struct alert_table *table, struct alert_entry *a, enum alert_seen seen, const struct now *now)
{
	struct alert_fired *fired = &a->fired[a->facts.severity];

	if (seen == SEEN_END || a->facts.severity == a->was || a->announced >= a->facts.severity)
		return;
	fired->count = in_window(&table->conf, a, a->facts.severity, now) ? fired->count + 1 : 1;
}

static bool
pass(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	return a->news != NEWS_FIRE || !in_window(&table->conf, a, a->facts.severity, now);
}

static void
tell(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	struct alert_fired *fired = &a->fired[a->facts.severity];
	uint32_t count = a->news == NEWS_RESOLVE ? 1 : fired->count;

	a->facts.count_secs = table->conf.dedup_secs[a->facts.severity];
	if (a->facts.event && a->events > count) {
		count = a->events;
		a->facts.count_secs = clock_span_ms(&a->facts.since, now) / 1000;
	}
	a->facts.count = (uint32_t)num_max(1, count);
	if (count <= 1 || a->facts.count_secs < 0)
		a->facts.count_secs = 0;
	if (a->news != NEWS_LATE && (a->news != NEWS_RESOLVE || a->brief != 0))
		*fired = (struct alert_fired){.sent = *now, .count = 1};
}

static bool
remembers(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	for (int severity = 0; severity < SEV_COUNT; severity++) {
		if (in_window(&table->conf, a, (enum severity)severity, now))
			return true;
	}
	return false;
}

const struct alert_stage stage_dedup = {.name = "dedup",
    .words = "repeated too soon",
    .see = see,
    .pass = pass,
    .tell = tell,
    .remembers = remembers};
