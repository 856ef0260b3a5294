/*
 * Turns the draft into struct conf. The values of single keys are where they belong already; lists
 * are copied to what modules read, and what is derived from values and never sent is made here:
 * templates, minutes and weekdays; and the zone of its times becomes this process's. A draft that
 * came as bytes is trusted no more than a file.
 */
#include "conf/build.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/zone.h"
#include "conf/placeholder.h"
#include "conf/user_rule.h"
#include "conf/user_silence.h"
#include "conf/weekly.h"

#define EVERY_DAY ((1u << WEEKLY_DAYS) - 1)

static void
build_rules(struct conf_draft *draft)
{
	struct conf_detect *detect = &draft->conf.detect;

	detect->rules = arena_alloc(draft->conf.arena, draft->rule_count, sizeof(detect->rules[0]));
	for (size_t i = 0; i < draft->rule_count; i++) {
		if (draft->rules[i].rule.enabled)
			detect->rules[detect->rule_count++] = draft->rules[i].rule;
	}
}

/* Times of day are local and kept in minutes, so that a change of the clocks moves them along. */
static void
build_week(struct conf_silence *s)
{
	for (size_t i = 0; i < s->days.len; i++)
		s->weekdays |= 1u << weekly_day(s->days.items[i]);
	if (*s->start == '\0')
		return; /* whole days: from midnight to midnight */
	s->start_minute = weekly_minute(s->start);
	s->end_minute = weekly_minute(s->end);
	if (s->weekdays == 0)
		s->weekdays = EVERY_DAY;
}

static void
build_silences(struct conf_draft *draft)
{
	struct conf_alert *alert = &draft->conf.alert;

	alert->silences =
	    arena_alloc(draft->conf.arena, draft->silence_count, sizeof(alert->silences[0]));
	for (size_t i = 0; i < draft->silence_count; i++) {
		alert->silences[i] = draft->silences[i].silence;
		build_week(&alert->silences[i]);
	}
	alert->silence_count = draft->silence_count;
}

static const char *
find_template(const struct string_pairs *templates, const char *name)
{
	for (size_t i = 0; i < templates->len; i++) {
		if (str_eq(templates->items[i].key, name))
			return templates->items[i].value;
	}
	return NULL;
}

/* What does not compile was refused when it was read. */
static void
build_templates(struct conf *conf)
{
	const struct string_pairs *all = &conf->alert.templates;
	char why[PLACEHOLDER_WHY_MAX];

	for (int i = 0; i < CHANNEL_COUNT; i++) {
		const char *own = find_template(all, channel_name((enum channel_id)i));
		const char *text = own != NULL ? own : find_template(all, "default");
		struct placeholder_list *list;

		if (text == NULL)
			continue;
		list = placeholder_compile(conf->arena, text, why);
		if (list != NULL)
			list->plain = own == NULL;
		conf->channels[i].template = list;
	}
}

struct conf *
build_conf(struct conf_draft *draft, struct error_list *errors)
{
	struct conf *conf;

	zone_set(draft->conf.agent.timezone);
	user_rule_check_all(draft, errors);
	user_silence_check_all(draft, errors);
	if (errors->errors > 0)
		return NULL;
	user_rule_warn_all(draft, errors);
	build_rules(draft);
	user_silence_warn_all(draft, errors);
	build_silences(draft);
	build_templates(&draft->conf);
	draft->conf.alert.dedup_secs[SEV_INFO] = draft->conf.alert.dedup_secs[SEV_WARN];
	conf = mem_zalloc(1, sizeof(*conf));
	*conf = draft->conf;
	draft->conf.arena = NULL;
	return conf;
}
