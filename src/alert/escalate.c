/*
 * The escalate stage: a warning that fires long enough becomes critical, a critical alert that
 * nobody ends becomes an emergency. Both only where the operator asked for it. It holds nothing; it
 * changes the level that the later stages, and people, see.
 */
#include "alert/stage.h"

static void
count_evaluation(struct alert_table *table, struct alert_entry *a, enum alert_seen seen)
{
	int64_t after = table->conf.escalate_warn_after;

	if (seen == SEEN_FIRE || a->found < SEV_WARN)
		a->evaluations = 0;
	if (a->found >= SEV_WARN && a->evaluations < UINT32_MAX)
		a->evaluations++;
	if (after > 0 && a->evaluations <= after)
		a->changed = true;
}

static void
see(struct alert_table *table, struct alert_entry *a, enum alert_seen seen, const struct now *now)
{
	int64_t after = table->conf.escalate_warn_after;
	int64_t minutes = table->conf.escalate_critical_mins;
	enum severity level = a->found;

	if (a->facts.event)
		return;
	if (seen == SEEN_END) {
		a->critical_since = (struct now){.wall_ms = 0};
		return;
	}
	count_evaluation(table, a, seen);
	if (after > 0 && level == SEV_WARN && a->evaluations >= after)
		level = SEV_CRITICAL;
	if (level < SEV_CRITICAL)
		a->critical_since = (struct now){.wall_ms = 0};
	else if (a->critical_since.wall_ms == 0)
		a->critical_since = *now;
	if (minutes > 0 && level == SEV_CRITICAL &&
	    now->boot_ns - a->critical_since.boot_ns >= minutes * 60 * NS_PER_SEC)
		level = SEV_EMERGENCY;
	a->facts.severity = level;
	a->facts.raised_from = level > a->found ? a->found : SEV_NONE;
}

const struct alert_stage stage_escalate = {.name = "escalate", .see = see};
