/*
 * Checks the operator's silences: what each matches was checked with its row, when it holds is
 * checked here. A silence with a key that was refused already is left alone, so that one mistake is
 * one message.
 */
#include "conf/user_silence.h"

#include "base/buf.h"
#include "conf/draft.h"
#include "conf/match_known.h"
#include "model/match.h"

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
	if (s->until.ms > 0 && clock_date_ms(&s->until) <= clock_date_ms(&s->from))
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
	}
}
