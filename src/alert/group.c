/*
 * The group stage: news waits for more of its kind, one severity and metric group, for a window
 * from the first of them on; then all leave together (make_notices.c makes one message of them).
 * What fired and cleared while it waited leaves as one message that says both.
 *
 * A critical alert waits for a shorter time: alerts of one cause come within a cycle or two, and
 * somebody has to get up. An emergency does not wait at all, and neither does what has waited long
 * enough: what a silence held, and what a channel is told late.
 */
#include "alert/stage.h"

#define CRITICAL_SECS 10
/* Cycles come a little early or late; one that falls short by this is at the window's end. */
#define SLACK_NS (NS_PER_SEC / 2)

/* The place of the oldest of its kind. Ends of one metric group go together. */
static int64_t *
oldest(struct alert_table *table, const struct alert_entry *a)
{
	enum severity severity = a->news == NEWS_RESOLVE ? SEV_NONE : a->facts.severity;

	return &table->group_ns[a->news][severity][a->facts.subject.group];
}

static void
begin(struct alert_table *table, const struct now *now)
{
	for (size_t i = 0; i < table->news_count; i++)
		*oldest(table, table->news[i]) = INT64_MAX;
	for (size_t i = 0; i < table->news_count; i++) {
		struct alert_entry *a = table->news[i];

		if (a->due.wall_ms == 0) {
			a->due = *now;
			a->changed = true;
		}
		if (!a->silenced && a->due.boot_ns < *oldest(table, a))
			*oldest(table, a) = a->due.boot_ns;
	}
}

static bool
pass(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	int64_t secs = table->conf.group_window_secs;
	bool fires = a->news != NEWS_RESOLVE;

	if (a->silenced || a->news == NEWS_LATE || (fires && a->facts.severity == SEV_EMERGENCY))
		return true;
	if (fires && a->facts.severity == SEV_CRITICAL && secs > CRITICAL_SECS)
		secs = CRITICAL_SECS;
	return secs == 0 || now->boot_ns - *oldest(table, a) >= secs * NS_PER_SEC - SLACK_NS;
}

const struct alert_stage stage_group = {
    .name = "group", .words = "grouped", .begin = begin, .pass = pass};
