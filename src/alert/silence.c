/*
 * The silence stage: news of alerts that a silence matches waits until the silence is over. Those
 * of the configuration go by date or by the week, in the host's local time; those made at run time
 * end at a time of their own. The wall clock decides, as it does for people.
 */
#include "alert/stage.h"

#include "model/match.h"

/* Its hours, on its days; hours that pass midnight belong to the day they begin on. */
static bool
is_in_week(const struct conf_silence *s, const struct now *now)
{
	int weekday, minute = clock_local_minute(now->wall_ms, &weekday);
	int yesterday = (weekday + 6) % 7;

	if (s->end_minute > s->start_minute)
		return (s->weekdays & 1u << weekday) != 0 && minute >= s->start_minute &&
		       minute < s->end_minute;
	return ((s->weekdays & 1u << weekday) != 0 && minute >= s->start_minute) ||
	       ((s->weekdays & 1u << yesterday) != 0 && minute < s->end_minute);
}

static bool
is_on(const struct conf_silence *s, const struct now *now)
{
	if (now->wall_ms < s->from_wall_ms ||
	    (s->until_wall_ms > 0 && now->wall_ms >= s->until_wall_ms))
		return false;
	return s->weekdays == 0 || is_in_week(s, now);
}

static bool
holds(bool allow_critical, const char *match, const struct alert_facts *facts)
{
	return !(allow_critical && facts->severity >= SEV_CRITICAL) && match_facts(match, facts);
}

static bool
is_silenced(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	for (size_t i = 0; i < table->conf.silence_count; i++) {
		const struct conf_silence *s = &table->conf.silences[i];

		if (is_on(s, now) && holds(s->allow_critical, s->match, &a->facts))
			return true;
	}
	for (size_t i = 0; i < table->silences.count; i++) {
		const struct alert_silence *s = &table->silences.items[i];

		if (holds(s->allow_critical, s->match, &a->facts))
			return true;
	}
	return false;
}

static void
begin(struct alert_table *table, const struct now *now)
{
	silence_set_expire(&table->silences, now);
}

static bool
pass(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	if (!is_silenced(table, a, now))
		return true;
	a->changed = a->changed || !a->silenced;
	a->silenced = true;
	return false;
}

const struct alert_stage stage_silence = {.name = "silence", .begin = begin, .pass = pass};
