/*
 * Checks the operator's silences: what each matches was checked with its row, when it holds is
 * checked here. A silence with a key that was refused already is left alone, so that one mistake is
 * one message.
 */
#include "conf/user_silence.h"

#include "base/buf.h"
#include "base/zone.h"
#include "conf/draft.h"
#include "conf/match_known.h"
#include "conf/weekly.h"
#include "model/match.h"

#define DAY_MINUTES (24 * 60)

static const struct conf_list *const list = &conf_lists[LIST_SILENCES];

/* What is wrong with its times, or NULL. */
static const char *
check_times(const struct conf_silence *s)
{
	bool weekly = s->days.len > 0 || *s->start != '\0';

	if ((*s->start == '\0') != (*s->end == '\0'))
		return "give both start and end, or neither";
	if (!weekly && s->until.ms == 0)
		return "this silence would never end: give until, or days, or start and end";
	if (s->until.ms > 0 && zone_date_ms(&s->until) <= zone_date_ms(&s->from))
		return "until must be after from";
	return NULL;
}

static void
check(const struct user_silence *silence, struct error_list *errors)
{
	const struct conf_silence *s = &silence->silence;
	const char *wrong;

	for (size_t i = 0; i < SILENCE_KEY_ROWS; i++) {
		if (silence->given[i].bad)
			return;
	}
	if (*s->match == '\0') {
		error_list_add(errors, silence->at,
		    "alerting.silences.match: is missing: say which alerts, e.g. "
		    "match = \"disk.*{mountpoint=/backup*}\"; \"*\" is all of them");
		return;
	}
	wrong = check_times(s);
	if (wrong != NULL)
		error_list_add(errors, draft_item_place(list, silence, &s->until),
		    "alerting.silences: %s", wrong);
}

void
user_silence_check_all(const struct conf_draft *draft, struct error_list *errors)
{
	for (size_t i = 0; i < draft->silence_count; i++)
		check(&draft->silences[i], errors);
}

/* All days, and all of each. */
static bool
is_always(const struct conf_silence *s)
{
	bool days[WEEKLY_DAYS] = {false};
	int start = weekly_minute(s->start), end = weekly_minute(s->end);

	for (size_t i = 0; i < s->days.len; i++)
		days[weekly_day(s->days.items[i])] = true;
	for (int i = 0; i < WEEKLY_DAYS && s->days.len > 0; i++) {
		if (!days[i])
			return false;
	}
	return *s->start == '\0' ? s->days.len > 0
	                         : start == end || (start == 0 && end == DAY_MINUTES);
}

/* From eight to eight may be meant as no time at all. */
static void
warn_of_hours(const struct user_silence *silence, struct error_list *errors)
{
	const struct conf_silence *s = &silence->silence;
	bool same = *s->start != '\0' && weekly_minute(s->start) == weekly_minute(s->end);
	bool endless = is_always(s) && s->until.ms == 0;

	if (!same && !endless)
		return;
	error_list_warn(errors, draft_item_place(list, silence, same ? &s->start : &s->match),
	    "alerting.silences%s%s%s",
	    same ? ".start: is the same as end, so it is silent for 24 "
	           "hours from then on"
	         : ": this silence is on all the time",
	    endless && same ? ", every day" : "", endless ? ", without end" : "");
}

void
user_silence_warn_past(
    const struct conf_draft *draft, const struct now *now, struct error_list *errors)
{
	for (size_t i = 0; i < draft->silence_count; i++) {
		const struct zone_date *until = &draft->silences[i].silence.until;
		char when[CLOCK_ISO8601_MAX];

		if (until->ms == 0 || zone_date_ms(until) > now->wall_ms)
			continue;
		error_list_warn(errors, draft_item_place(list, &draft->silences[i], until),
		    "alerting.silences.until: it is over since %s: remove this silence, or "
		    "correct the date",
		    zone_short(zone_date_ms(until), when));
	}
}

void
user_silence_warn_all(const struct conf_draft *draft, struct error_list *errors)
{
	for (size_t i = 0; i < draft->silence_count; i++) {
		const struct conf_silence *s = &draft->silences[i].silence;
		char text[2 * MATCH_MAX];
		struct buf why;

		buf_init(&why, text, sizeof(text));
		if (!match_known(s->match, &draft->conf.detect, &why))
			error_list_warn(errors,
			    draft_item_place(list, &draft->silences[i], &s->match),
			    "alerting.silences.match: matches nothing: %s", text);
		warn_of_hours(&draft->silences[i], errors);
	}
}
