/*
 * The silence stage: news of alerts that a silence matches waits until the silence is over. Those
 * of the configuration go by date or by the week, and there the clock on the wall decides, in the
 * zone of agent.timezone; those made at run time last for so long.
 */
#include "alert/silence.h"

#include "alert/alert_log.h"
#include "alert/stage.h"
#include "base/num.h"
#include "base/str.h"
#include "base/zone.h"
#include "model/match.h"

#define DAY_MINUTES (24 * 60)
#define MS_PER_MINUTE 60000LL
#define WEEK_DAYS 7

/* Its hours, on its days; hours that pass midnight belong to the day they begin on. */
static bool
is_in_week(const struct conf_silence *s, int64_t wall_ms)
{
	int weekday, minute = zone_minute(wall_ms, &weekday);
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
	if (now->wall_ms < zone_date_ms(&s->from) ||
	    (s->until.ms > 0 && now->wall_ms >= zone_date_ms(&s->until)))
		return false;
	return s->weekdays == 0 || is_in_week(s, now->wall_ms);
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
	if (!a->silenced) {
		alert_log_silenced(a);
		a->changed = true;
	}
	a->silenced = true;
	return false;
}

const struct alert_stage stage_silence = {
    .name = "silence", .words = "silenced", .begin = begin, .pass = pass};

/* How far clocks on the wall are ahead of UTC, 0 to 1439 minutes. */
static int
offset_of(int64_t wall_ms)
{
	int weekday, utc = (int)(wall_ms / MS_PER_MINUTE % DAY_MINUTES);

	return (zone_minute(wall_ms, &weekday) - utc + DAY_MINUTES) % DAY_MINUTES;
}

/*
 * The next time after wall_ms at which clocks on the wall show that minute of a day, or the time
 * before it at which they are changed.
 */
static int64_t
next_edge(int64_t wall_ms, int minute)
{
	int weekday, shown = zone_minute(wall_ms, &weekday), offset = offset_of(wall_ms);
	int ahead = (minute - shown + DAY_MINUTES - 1) % DAY_MINUTES + 1;
	int64_t before = wall_ms / MS_PER_MINUTE, after = before + ahead;

	if (offset_of(after * MS_PER_MINUTE) == offset)
		return after * MS_PER_MINUTE;
	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		*(offset_of(middle * MS_PER_MINUTE) == offset ? &before : &after) = middle;
	}
	return after * MS_PER_MINUTE;
}

/* When one that is on now ends: hours that follow without a gap are one. 0: never. */
static int64_t
end_of(const struct conf_silence *s, int64_t wall_ms)
{
	int64_t until_ms = s->until.ms > 0 ? zone_date_ms(&s->until) : 0;
	int64_t at = wall_ms, last = wall_ms + (WEEK_DAYS + 1) * DAY_MINUTES * MS_PER_MINUTE;

	while (s->weekdays != 0 && at < last && is_in_week(s, at))
		at = next_edge(at, s->end_minute);
	if (s->weekdays == 0 || at >= last)
		return until_ms;
	return until_ms > 0 ? num_min(at, until_ms) : at;
}

bool
silence_holds(const struct alert_entry *a)
{
	return a->held_by == &stage_silence;
}

static void
count_alerts(const struct alert_table *table, struct silence_view *view)
{
	const struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (a->state != ALERT_FIRING ||
		    !holds(view->allow_critical, view->match, &a->facts))
			continue;
		view->firing++;
		view->held += silence_holds(a);
	}
}

void
silence_each(const struct alert_table *table, const struct now *now,
    void (*fn)(void *arg, const struct silence_view *view), void *arg)
{
	const struct alert_silence *s;

	for (size_t i = 0; i < table->conf.silence_count; i++) {
		const struct conf_silence *c = &table->conf.silences[i];
		struct silence_view view = {.match = c->match,
		    .comment = c->comment == NULL ? "" : c->comment,
		    .allow_critical = c->allow_critical};

		if (!is_on(c, now))
			continue;
		view.until_wall_ms = end_of(c, now->wall_ms);
		count_alerts(table, &view);
		fn(arg, &view);
	}
	for (size_t i = 0; (s = silence_set_at(&table->silences, i)) != NULL; i++) {
		struct silence_view view = {.id = s->id,
		    .match = s->match,
		    .comment = s->comment,
		    .created_wall_ms = clock_shown_ms(&s->created, now),
		    .until_wall_ms = silence_until_ms(s, now),
		    .doubtful = silence_is_doubtful(s),
		    .allow_critical = s->allow_critical};

		count_alerts(table, &view);
		fn(arg, &view);
	}
}
