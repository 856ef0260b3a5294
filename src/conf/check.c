/*
 * Checks keys against each other and against this host, and adds what is wrong to the list of
 * errors. Each value by itself was checked when it was read. A key that was refused already takes
 * part in nothing, so that one mistake is one message.
 */
#include "conf/check.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/draft.h"
#include "conf/string_check.h"
#include "conf/timezone.h"

#define VALUE_TEXT_MAX (ERROR_LIST_PLACE_MAX + 32) /* a number and its place */

static const struct key_state *
state_of(const struct conf_draft *draft, const struct conf_key *key)
{
	return &draft->given[key - conf_keys];
}

/* The name under which a member was given, or its first name. */
static const char *
name_of(const struct conf_draft *draft, const void *member)
{
	size_t offset = (size_t)((const char *)member - (const char *)draft);
	const char *first = NULL;

	KEYS_EACH (key) {
		if (key->offset != offset)
			continue;
		if (state_of(draft, key)->at.line > 0)
			return key->name;
		if (first == NULL)
			first = key->name;
	}
	return first;
}

/* "(95, the default)" or "(95, line 3, column 1)" */
static const char *
value_text(const struct error_list *list, double value, struct place at, struct place from,
    char out[VALUE_TEXT_MAX])
{
	char place[ERROR_LIST_PLACE_MAX];

	snprintf(out, VALUE_TEXT_MAX, "%.15g, %s", value,
	    at.line == 0 ? "the default" : error_list_place(list, at, from, place));
	return out;
}

static void
check_limit(const struct conf_draft *draft, struct error_list *errors, int i)
{
	const double *warn = &draft->conf.detect.warn[i],
	             *critical = &draft->conf.detect.critical[i];
	const struct key_state *w = draft_given(draft, warn), *c = draft_given(draft, critical);
	struct place at = keys_later(w->at, c->at) ? w->at : c->at;
	char warn_text[VALUE_TEXT_MAX], critical_text[VALUE_TEXT_MAX];

	if (isnan(*warn) || isnan(*critical) || *warn < *critical || w->bad || c->bad)
		return;
	error_list_add(errors, at, "%s (%s) must be below %s (%s): change one%s",
	    name_of(draft, warn), value_text(errors, *warn, w->at, at, warn_text),
	    name_of(draft, critical), value_text(errors, *critical, c->at, at, critical_text),
	    w->at.line == 0 || c->at.line == 0 ? ", or set both" : "");
}

/* Every value reaches it, for no metric of a limit is ever below 0. */
static void
warn_of_limit(const struct conf_draft *draft, struct error_list *errors, const double *limit)
{
	const struct key_state *given = draft_given(draft, limit);

	if (given->at.line > 0 && !given->bad && *limit <= 0)
		error_list_warn(errors, given->at,
		    "%s: is 0, which every value reaches, so it alerts all the time",
		    name_of(draft, limit));
}

static void
check_collectors(const struct conf_draft *draft, struct error_list *errors)
{
	const struct key_state *list = draft_given(draft, &draft->enabled_collectors);
	char place[ERROR_LIST_PLACE_MAX];

	if (list->at.line == 0 || list->bad)
		return;
	if (draft->enabled_collectors.len == 0)
		error_list_warn(errors, list->at,
		    "collector.enabled_collectors: is empty, so nothing is watched");
	for (unsigned i = 0; i < COLLECTOR_COUNT; i++) {
		const bool *enabled = &draft->conf.collect.each[i].enabled;
		const struct key_state *own = draft_given(draft, enabled);
		bool listed = false;

		for (size_t n = 0; n < draft->enabled_collectors.len; n++)
			listed = listed ||
			         str_eq(draft->enabled_collectors.items[n], conf_collector_name(i));
		if (own->at.line == 0 || own->bad || own->at.file != list->at.file ||
		    *enabled == listed)
			continue;
		error_list_add(errors, own->at,
		    "%s is %s, but collector.enabled_collectors (%s) %s it: change one of them",
		    name_of(draft, enabled), listed ? "false" : "true",
		    error_list_place(errors, list->at, own->at, place),
		    listed ? "lists" : "leaves out");
	}
}

static bool
is_empty(const struct conf_draft *draft, const struct conf_key *key)
{
	const void *member = (const char *)draft + key->offset;

	return key->type == KEY_STRINGS ? ((const struct strings *)member)->len == 0
	                                : **(char *const *)member == '\0';
}

/* The URL of a channel: needed when it is enabled, of no use when nobody said so. */
static void
check_needed(const struct conf_draft *draft, struct error_list *errors, const struct conf_key *key)
{
	const struct conf_key *enabled = keys_sibling(key, "enabled");
	const struct key_state *on = state_of(draft, enabled);
	const void *member = (const char *)draft + key->offset;
	const bool *is_on = (const bool *)((const char *)draft + enabled->offset);
	const struct key_state *given = draft_given(draft, member);
	const char *leaf = keys_leaf(key->name);

	if (on->bad || given->bad)
		return;
	if (*is_on && is_empty(draft, key) && (key->flags & KEY_SECRET) == 0)
		error_list_add(errors, on->at, "%s: needs %s", enabled->name, key->name);
	else if (*is_on && is_empty(draft, key))
		error_list_add(
		    errors, on->at, "%s: needs %s (or %s_file)", enabled->name, key->name, leaf);
	else if (given->at.line > 0 && on->at.line == 0)
		error_list_warn(errors, given->at, "%s: has no effect without %s = true",
		    name_of(draft, member), enabled->name);
}

static void
check_ca_file(
    const struct conf_draft *draft, struct error_list *errors, const struct conf_channel *ch)
{
	const struct key_state *given = draft_given(draft, &ch->ca_file);

	if (!ch->enabled || *ch->ca_file == '\0' || given->bad || access(ch->ca_file, R_OK) == 0)
		return;
	error_list_warn(errors, given->at, "%s: %.300s cannot be read: %s",
	    name_of(draft, &ch->ca_file), ch->ca_file, strerror(errno));
}

/* The agent cannot do without: what begins with a wrong one would begin again and again. */
static void
check_root(const struct conf_draft *draft, struct error_list *errors, char *const *root)
{
	const struct key_state *given = draft_given(draft, root);
	struct stat info;

	if (given->at.line == 0 || given->bad)
		return;
	if (stat(*root, &info) != 0)
		error_list_add(errors, given->at, "%s: %.300s: %s", name_of(draft, root), *root,
		    strerror(errno));
	else if (!S_ISDIR(info.st_mode))
		error_list_add(
		    errors, given->at, "%s: %.300s is no folder", name_of(draft, root), *root);
}

/* The service refuses such a name and the message with it, so it is left out. */
static void
check_username(const struct conf_draft *draft, struct error_list *errors)
{
	const struct conf_channel *ch = &draft->conf.channels[CHANNEL_DISCORD];
	const struct key_state *given = draft_given(draft, &ch->username);

	const char *word = ch->enabled && !given->bad ? channel_reserved_word(ch->username) : NULL;

	if (word != NULL)
		error_list_warn(errors, given->at,
		    "%s: Discord takes no name with \"%s\" in it, so messages come under the "
		    "webhook's own name: choose another",
		    name_of(draft, &ch->username), word);
}

/* The variable that other programs would go by for this URL; NULL: none is set. */
static const char *
find_proxy_variable(const char *url)
{
	static const struct {
		const char *scheme, *name;
	} rows[] = {{"https:", "HTTPS_PROXY"}, {"https:", "https_proxy"}, {"http:", "HTTP_PROXY"},
	    {"http:", "http_proxy"}, {"http", "ALL_PROXY"}, {"http", "all_proxy"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = getenv(rows[i].name);

		if (value != NULL && *value != '\0' &&
		    strncasecmp(url, rows[i].scheme, strlen(rows[i].scheme)) == 0)
			return rows[i].name;
	}
	return NULL;
}

/* What the environment says is for whoever started us, and not the same after the next boot. */
static void
check_proxy(
    const struct conf_draft *draft, struct error_list *errors, const struct conf_channel *ch)
{
	const char *key = name_of(draft, &ch->proxy), *variable;
	struct place at = draft_given(draft, &ch->enabled)->at;

	if (key == NULL || !ch->enabled || draft_given(draft, &ch->proxy)->at.line > 0)
		return;
	variable = find_proxy_variable(ch->url);
	if (variable == NULL)
		return;
	error_list_warn(errors, at.line > 0 ? at : draft_given(draft, &ch->url)->at,
	    "%s: is not given, and %s of the environment is not used: give the proxy here, or "
	    "\"\" for none",
	    key, variable);
}

/* A password leaves this host after TLS only. */
static void
check_email(const struct conf_draft *draft, struct error_list *errors)
{
	const struct conf_channel *email = &draft->conf.channels[CHANNEL_EMAIL];
	const struct key_state *login = draft_given(draft, &email->login),
	                       *password = draft_given(draft, &email->password),
	                       *tls = draft_given(draft, &email->smtp_tls);
	bool has_login = *email->login != '\0', has_password = *email->password != '\0';
	bool is_plain = email->smtp_tls == MAIL_TLS_OFF;

	if (!email->enabled || login->bad || password->bad || tls->bad)
		return;
	if (has_login != has_password)
		error_list_add(errors, has_login ? login->at : password->at,
		    "alerting.email.%s: needs alerting.email.%s too",
		    has_login ? "username" : "password", has_login ? "password" : "username");
	else if (has_login && is_plain && !string_check_is_local_host(email->smtp_host))
		error_list_add(errors, tls->at,
		    "alerting.email.smtp_tls: is false, so the password would be sent in plain "
		    "text "
		    "to %.200s: set it to true, or leave username and password out",
		    email->smtp_host);
	else if (is_plain && email->smtp_port == 465)
		error_list_add(errors, tls->at,
		    "alerting.email.smtp_tls: is false, but port 465 speaks TLS from the start");
	else if (email->smtp_tls == MAIL_TLS_IMPLICIT &&
	         (email->smtp_port == 25 || email->smtp_port == 587))
		error_list_warn(errors, tls->at,
		    "alerting.email.smtp_tls: is \"implicit\", but on port %lld servers speak "
		    "TLS only after STARTTLS: set it to true, or smtp_port to the other one",
		    (long long)email->smtp_port);
}

static void
check_channels(const struct conf_draft *draft, struct error_list *errors)
{
	bool any = false;

	KEYS_EACH (key) {
		if ((key->flags & KEY_NEEDED) != 0)
			check_needed(draft, errors, key);
	}
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		any = any || draft->conf.channels[i].enabled;
		check_ca_file(draft, errors, &draft->conf.channels[i]);
		check_proxy(draft, errors, &draft->conf.channels[i]);
	}
	check_proxy(draft, errors, &draft->conf.heartbeat.channel);
	check_username(draft, errors);
	check_email(draft, errors);
	if (!any)
		error_list_warn(errors,
		    draft_given(draft, &draft->conf.channels[CHANNEL_CONSOLE].enabled)->at,
		    "alerting.console.enabled: is false and no other channel is enabled, so alerts "
		    "reach nobody");
}

static const char *
off_text(const struct conf_key *key, char out[40])
{
	switch (key->type) {
	case KEY_BOOL:
		return key->def != 0 ? "true" : "false";
	case KEY_INT:
	case KEY_FLOAT:
		snprintf(out, 40, "%.15g", key->def);
		return out;
	case KEY_STRING:
		return "\"\"";
	case KEY_PAIRS:
		return "{}";
	default:
		return "[]";
	}
}

/* A key of a feature that is not there: an error, unless the file itself says that it is off. */
static void
check_unsupported(
    const struct conf_draft *draft, struct error_list *errors, const struct conf_key *key)
{
	const struct key_state *state = state_of(draft, key);
	const struct conf_key *gate = key->gate == NULL ? NULL : keys_find(key->gate);
	char off[40];

	if (state->at.line == 0 || state->bad || state->off)
		return;
	if (gate != NULL && state_of(draft, gate)->at.line > 0)
		return; /* off, or refused itself */
	if ((key->flags & KEY_OFF) != 0)
		error_list_add(errors, state->at,
		    "%s: not supported yet: leave it out or set it to %s", key->name,
		    off_text(key, off));
	else if (gate != NULL)
		error_list_add(errors, state->at,
		    "%s: not supported yet: leave it out, or set %s = %s", key->name, gate->name,
		    off_text(gate, off));
	else
		error_list_add(errors, state->at, "%s: not supported yet: leave it out", key->name);
}

void
check_draft(const struct conf_draft *draft, struct error_list *errors)
{
	for (int i = 0; i < LIMIT_COUNT; i++) {
		check_limit(draft, errors, i);
		warn_of_limit(draft, errors, &draft->conf.detect.warn[i]);
		warn_of_limit(draft, errors, &draft->conf.detect.critical[i]);
	}
	timezone_check(draft, errors);
	check_root(draft, errors, &draft->conf.agent.proc_root);
	check_root(draft, errors, &draft->conf.agent.sys_root);
	check_collectors(draft, errors);
	check_channels(draft, errors);
	KEYS_EACH (key) {
		if ((key->flags & KEY_UNSUPPORTED) != 0)
			check_unsupported(draft, errors, key);
	}
}
