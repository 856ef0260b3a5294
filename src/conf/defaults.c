/*
 * Works out what was meant where a key says nothing: defaults that depend on other keys, second
 * names of one setting, secrets that are in files. Only the loader does, once; what it sends is
 * settled. A file that cannot be read is an error in the list. Nothing here judges whether values
 * go together: check.c does.
 */
#include "conf/defaults.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/trust.h"
#include "conf/draft.h"
#include "conf/source.h"
#include "conf/string_check.h"
#include "model/limits.h"

#define SECRET_FILE_MAX 65536
#define FOR_SECS_DEFAULT 30 /* of a rule on a metric that has no built-in one */

static struct key_state *
state_of(struct conf_draft *draft, const struct conf_key *key)
{
	return &draft->given[key - conf_keys];
}

static bool
is_given(const struct conf_draft *draft, const void *member)
{
	return draft_given(draft, member)->at.line > 0;
}

static void
merge_names(
    struct conf_draft *draft, struct error_list *errors, int file, const struct conf_key *key)
{
	const struct conf_key *other = keys_find(key->same_as);
	struct key_state *a = state_of(draft, key), *b = state_of(draft, other);
	bool a_wins;
	char place[ERROR_LIST_PLACE_MAX];

	if (a->at.line == 0 || b->at.line == 0)
		return;
	a_wins = keys_later(a->at, b->at);
	if (a->at.file == file && b->at.file == file) {
		(a_wins ? a : b)->bad = true;
		error_list_add(errors, a_wins ? a->at : b->at,
		    "%s and %s (%s) set the same thing: keep one of them",
		    a_wins ? key->name : other->name, a_wins ? other->name : key->name,
		    error_list_place(
		        errors, a_wins ? b->at : a->at, a_wins ? a->at : b->at, place));
	}
	memset(a_wins ? b : a, 0, sizeof(*a));
}

void
defaults_merge_names(struct conf_draft *draft, struct error_list *errors, int file)
{
	KEYS_EACH (key) {
		if (key->same_as != NULL)
			merge_names(draft, errors, file, key);
	}
}

static void
read_secret_file(struct conf_draft *draft, struct error_list *errors, const struct conf_key *key)
{
	const struct conf_key *value_key = keys_find(key->same_as);
	struct key_state *state = state_of(draft, key);
	struct place at = state->at;
	char **member = (char **)((char *)draft + key->offset), why[SOURCE_WHY_MAX];
	const char *path = *member, *wrong;
	char open_why[TRUST_WHY_MAX];
	struct stat st;
	size_t len, used;
	char *data;

	if (!source_read(path, SECRET_FILE_MAX, &data, &len, &st, why)) {
		state->bad = true;
		error_list_add(errors, at, "%s: %.300s %s", key->name, path, why);
		return;
	}
	used = len;
	if (used > 0 && data[used - 1] == '\n')
		used -= used > 1 && data[used - 2] == '\r' ? 2 : 1;
	data[used] = '\0';
	wrong = used == 0                      ? "must not be empty"
	        : strlen(data) != used         ? "must not contain control characters"
	        : !str_utf8_valid(data, used)  ? "must be UTF-8"
	        : !string_check_is_plain(data) ? "must be one line without control characters"
	        : used > KEY_STRING_MAX        ? "must be at most 4096 bytes long"
	        : value_key->check != NULL     ? value_key->check(data)
	                                       : NULL;
	if (wrong != NULL)
		error_list_add(errors, at, "%s: what is in %.300s %s", key->name, path, wrong);
	else if (!trust_is_closed(&st, open_why))
		error_list_warn(errors, at, "%s: %.300s %s", key->name, path, open_why);
	else if ((st.st_mode & 0004) != 0)
		error_list_warn(errors, at, "%s: %.300s can be read by everyone: chmod o-r it",
		    key->name, path);
	state->bad = wrong != NULL;
	*member = arena_strndup(draft->conf.arena, data, state->bad ? 0 : used);
	source_free(data, len);
}

void
defaults_read_secret_files(struct conf_draft *draft, struct error_list *errors)
{
	KEYS_EACH (key) {
		const struct key_state *state = state_of(draft, key);

		if ((key->flags & KEY_SECRET_FILE) != 0 && state->at.line > 0 && !state->bad)
			read_secret_file(draft, errors, key);
	}
}

static bool
lists(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++) {
		if (str_eq(list->items[i], text))
			return true;
	}
	return false;
}

static void
settle_collectors(struct conf_draft *draft)
{
	const struct key_state *list = draft_given(draft, &draft->enabled_collectors);
	struct conf_collect *c = &draft->conf.collect;
	int64_t usual = draft->default_interval_secs > 0 ? draft->default_interval_secs
	                                                 : draft->conf.agent.collect_interval_secs;

	for (unsigned i = 0; i < COLLECTOR_COUNT; i++) {
		const struct key_state *own = draft_given(draft, &c->each[i].enabled);

		if (c->each[i].interval_secs == 0)
			c->each[i].interval_secs = usual;
		if (own->at.line == 0 || list->at.file > own->at.file)
			c->each[i].enabled =
			    lists(&draft->enabled_collectors, conf_collector_name(i));
	}
}

/* X_percent alone: critical, and no warning. */
static void
settle_levels(struct conf_draft *draft)
{
	KEYS_EACH (key) {
		size_t limit;

		if (key->same_as == NULL || (key->flags & KEY_LEVEL) == 0 ||
		    state_of(draft, key)->at.line == 0)
			continue;
		limit = (key->offset - offsetof(struct conf_draft, conf.detect.critical)) /
		        sizeof(double);
		if (!is_given(draft, &draft->conf.detect.warn[limit]))
			draft->conf.detect.warn[limit] = NAN;
	}
}

static void
settle_dedup(struct conf_draft *draft)
{
	int64_t *secs = draft->conf.alert.dedup_secs;

	if (is_given(draft, &draft->dedup_window_secs)) {
		if (!is_given(draft, &secs[SEV_WARN]))
			secs[SEV_WARN] = draft->dedup_window_secs;
		if (!is_given(draft, &secs[SEV_CRITICAL]))
			secs[SEV_CRITICAL] = draft->dedup_window_secs;
	}
}

static void
settle_grouping(struct conf_draft *draft)
{
	if (!draft->grouping_enabled)
		draft->conf.alert.group_window_secs = 0;
}

static void
settle_console(struct conf_draft *draft)
{
	struct conf_channel *console = &draft->conf.channels[CHANNEL_CONSOLE];
	bool other = false;

	if (is_given(draft, &console->enabled))
		return;
	for (int i = 0; i < CHANNEL_COUNT; i++)
		other = other || (i != CHANNEL_CONSOLE && draft->conf.channels[i].enabled);
	console->enabled = !other;
}

static void
settle_email(struct conf_draft *draft)
{
	struct conf_channel *email = &draft->conf.channels[CHANNEL_EMAIL];

	if (email->smtp_tls == MAIL_TLS_IMPLICIT && !is_given(draft, &email->smtp_port))
		email->smtp_port = 465;
}

static void
settle_heartbeat(struct conf_draft *draft)
{
	struct conf_channel *channel = &draft->conf.heartbeat.channel;

	if (!is_given(draft, &channel->enabled))
		channel->enabled = *channel->url != '\0';
}

/* A host's name as the kernel has it; something else where that is none. */
static const char *
usable_name(const char *name)
{
	bool usable =
	    *name != '\0' && string_check_is_plain(name) && str_utf8_valid(name, strlen(name));

	return usable ? name : "localhost";
}

static void
settle_agent(struct conf_draft *draft)
{
	struct conf_agent *agent = &draft->conf.agent;
	char name[256];

	if (str_eq(agent->log_file, "stderr"))
		agent->log_file = arena_strdup(draft->conf.arena, "");
	if (*agent->hostname != '\0')
		return;
	if (gethostname(name, sizeof(name)) < 0) /* HOST_NAME_MAX is 64: none is cut */
		name[0] = '\0';
	agent->hostname = arena_strdup(draft->conf.arena, usable_name(name));
}

static int64_t
for_secs_of(const struct conf_detect *detect, enum metric_id metric)
{
	for (size_t i = 0; i < limit_rule_count; i++) {
		if (limit_rules[i].limit != LIMIT_COUNT && limit_rules[i].rule.metric == metric)
			return conf_built_in(detect, &limit_rules[i]).for_ms / 1000;
	}
	return detect->for_secs >= 0 ? detect->for_secs : FOR_SECS_DEFAULT;
}

static void
settle_rules(struct conf_draft *draft)
{
	for (size_t i = 0; i < draft->rule_count; i++) {
		struct conf_rule *rule = &draft->rules[i].rule;

		if (rule->for_secs < 0)
			rule->for_secs = for_secs_of(&draft->conf.detect, rule->metric);
	}
}

void
defaults_fill(struct conf_draft *draft)
{
	settle_agent(draft);
	settle_collectors(draft);
	settle_levels(draft);
	settle_dedup(draft);
	settle_grouping(draft);
	settle_console(draft);
	settle_email(draft);
	settle_heartbeat(draft);
	settle_rules(draft);
}
