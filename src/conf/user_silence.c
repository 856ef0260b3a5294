/*
 * The operator's silences: what they match is checked with its row, when they hold is checked here.
 * Times of day are local and kept in minutes, so that a change of the clocks moves them along.
 */
#include "conf/user_silence.h"

#include "base/str.h"

#define DAYS 7
#define EVERY_DAY ((1u << DAYS) - 1)

static const char *const days[DAYS] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

const char *
user_silence_check_day(const char *text)
{
	for (int i = 0; i < DAYS; i++) {
		if (str_eq(days[i], text))
			return NULL;
	}
	return "must list days: \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"";
}

/* Minutes of "22:30", or -1. */
static int
minute_of(const char *text)
{
	int minute = -1;

	if (text[0] >= '0' && text[0] <= '2' && text[1] >= '0' && text[1] <= '9' &&
	    text[2] == ':' && text[3] >= '0' && text[3] <= '5' && text[4] >= '0' &&
	    text[4] <= '9' && text[5] == '\0')
		minute = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 +
		         text[4] - '0';
	return minute <= 24 * 60 ? minute : -1;
}

const char *
user_silence_check_time(const char *text)
{
	return *text == '\0' || minute_of(text) >= 0
	           ? NULL
	           : "must be a time of day from \"00:00\" to \"24:00\"";
}

static const struct key_state *
given(const struct user_silence *silence, const void *member)
{
	size_t offset = (size_t)((const char *)member - (const char *)silence);
	size_t i = 0;

	while (conf_silence_keys[i].offset != offset)
		i++;
	return &silence->given[i];
}

/* What is wrong with its times, or NULL. */
static const char *
check_times(const struct conf_silence *s)
{
	bool weekly = s->days.len > 0 || *s->start != '\0';

	if ((*s->start == '\0') != (*s->end == '\0'))
		return "give both start and end, or neither";
	if (!weekly && s->until_wall_ms == 0)
		return "this silence would never end: give until, or days, or start and end";
	if (s->until_wall_ms > 0 && s->until_wall_ms <= s->from_wall_ms)
		return "until must be after from";
	return NULL;
}

static bool
check(const struct user_silence *silence, struct error_list *errors)
{
	const struct conf_silence *s = &silence->silence;
	const char *wrong;

	for (size_t i = 0; i < SILENCE_KEY_ROWS; i++) {
		if (silence->given[i].bad)
			return false;
	}
	if (*s->match == '\0') {
		error_list_add(errors, silence->at,
		    "alerting.silences.match: is missing: say which alerts, e.g. "
		    "match = \"disk.*{mountpoint=/backup*}\"; \"*\" is all of them");
		return false;
	}
	wrong = check_times(s);
	if (wrong != NULL)
		error_list_add(errors,
		    given(silence, &s->until_wall_ms)->at.line > 0
		        ? given(silence, &s->until_wall_ms)->at
		        : silence->at,
		    "alerting.silences: %s", wrong);
	return wrong == NULL;
}

static void
settle(struct conf_silence *s)
{
	for (size_t i = 0; i < s->days.len; i++) {
		for (unsigned day = 0; day < DAYS; day++) {
			if (str_eq(days[day], s->days.items[i]))
				s->weekdays |= 1u << day;
		}
	}
	if (*s->start == '\0')
		return; /* whole days: from midnight to midnight */
	s->start_minute = minute_of(s->start);
	s->end_minute = minute_of(s->end);
	if (s->weekdays == 0)
		s->weekdays = EVERY_DAY;
}

void
user_silence_build_all(struct conf_draft *draft, struct error_list *errors)
{
	struct conf_alert *alert = &draft->conf.alert;

	alert->silences =
	    arena_alloc(draft->conf.arena, draft->silence_count, sizeof(alert->silences[0]));
	alert->silence_count = 0;
	for (size_t i = 0; i < draft->silence_count; i++) {
		struct conf_silence *s = &alert->silences[alert->silence_count];

		if (!check(&draft->silences[i], errors))
			continue;
		*s = draft->silences[i].silence;
		settle(s);
		alert->silence_count++;
	}
}
