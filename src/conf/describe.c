/*
 * Says the configuration in words, for `--check`: what is watched, which limits hold, who is told
 * and how often. It prints what counts after defaults and second names of a setting, and no secret;
 * texts of the operator's are made visible, so that none reaches a terminal as it is.
 */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"
#include "base/zone.h"
#include "conf/conf.h"

static void
add_span(struct buf *b, int64_t secs)
{
	char span[STR_SPAN_MAX];

	buf_adds(b, str_span(secs, span));
}

/* "times: Asia/Seoul" */
static void
describe_zone(struct buf *b)
{
	const char *trouble = zone_trouble();
	char name[ZONE_NAME_MAX];

	buf_adds(b, "times: ");
	buf_adds(b, zone_name(name));
	if (trouble != NULL)
		buf_addf(b, ", for this host has no time zone: %s", trouble);
	buf_addc(b, '\n');
}

static void
describe_agent(struct buf *b, const struct conf_agent *agent)
{
	buf_adds(b, "host: ");
	buf_add_visible(b, agent->hostname, strlen(agent->hostname));
	for (size_t i = 0; i < agent->labels.len; i++) {
		buf_adds(b, i == 0 ? " (" : ", ");
		buf_adds(b, agent->labels.items[i].key);
		buf_addc(b, '=');
		buf_add_visible(
		    b, agent->labels.items[i].value, strlen(agent->labels.items[i].value));
	}
	buf_adds(b, agent->labels.len > 0 ? ")\n" : "\n");
	describe_zone(b);
}

static void
describe_collect(struct buf *b, const struct conf_collect *c)
{
	const char *sep = " ";

	buf_adds(b, "watched:");
	for (unsigned i = 0; i < COLLECTOR_COUNT; i++) {
		if (!c->each[i].enabled)
			continue;
		buf_addf(b, "%s%s every ", sep, conf_collector_name(i));
		add_span(b, c->each[i].interval_secs);
		if (i == COLLECTOR_DISK) {
			buf_adds(b, " (traffic every ");
			add_span(b, c->disk_io_interval_secs);
			buf_addc(b, ')');
		}
		sep = ", ";
	}
	buf_adds(b, sep[0] == ' ' ? " nothing\n" : "\n");
}

static void
add_level(struct buf *b, const char *name, const char *op, double limit, enum metric_unit unit)
{
	char value[METRIC_VALUE_MAX];

	if (!isnan(limit))
		buf_addf(b, ", %s at %s%s", name, op, metric_format(unit, limit, value));
}

static void
add_for(struct buf *b, int64_t ms)
{
	buf_adds(b, ms == 0 ? ", at once" : ms < 1000 ? ", two samples running" : ", for ");
	if (ms >= 1000)
		add_span(b, ms / 1000);
}

/* Some series of its metric are not its own. */
static bool
is_for_some(const struct conf_rule *rule)
{
	for (size_t i = 0; i < rule->labels.len; i++) {
		if (!str_eq(rule->labels.items[i].value, "*"))
			return true;
	}
	return false;
}

/* A rule of the operator's that takes the place of built-in ones everywhere, or the first one; or
 * NULL. */
static const struct conf_rule *
find_replacing(const struct conf_detect *detect, enum metric_id metric)
{
	const struct conf_rule *found = NULL;

	for (size_t i = 0; i < detect->rule_count; i++) {
		const struct conf_rule *rule = &detect->rules[i];

		if (rule->metric != metric)
			continue;
		if (!is_for_some(rule))
			return rule;
		found = found == NULL ? rule : found;
	}
	return found;
}

static void
add_replaced(struct buf *b, const struct conf_detect *detect, enum metric_id metric)
{
	const struct conf_rule *by = find_replacing(detect, metric);
	const char *sep = "";

	if (by == NULL)
		return;
	buf_adds(b, is_for_some(by) ? "; where they match, replaced by " : "; replaced by ");
	for (size_t i = 0; i < detect->rule_count; i++) {
		const struct conf_rule *rule = &detect->rules[i];

		if (rule->metric != metric || is_for_some(rule) != is_for_some(by))
			continue;
		buf_adds(b, sep);
		buf_add_visible(b, rule->name, strlen(rule->name));
		sep = ", ";
	}
}

static void
describe_built_in(struct buf *b, const struct conf_detect *detect, const struct limit_rule *row)
{
	const struct rule rule = conf_built_in(detect, row);
	enum metric_unit unit = metrics[rule.metric].unit;

	buf_addf(b, "  %s: %s", rule.name, metrics[rule.metric].name);
	if (isnan(rule.warn) && isnan(rule.critical)) {
		buf_adds(b, ", off\n");
		return;
	}
	if (row->limit == LIMIT_COUNT) {
		buf_addf(b, ", %s: %s", isnan(rule.warn) ? "critical" : "warn", rule.message);
	} else {
		add_level(b, "warn", "", rule.warn, unit);
		add_level(b, "critical", "", rule.critical, unit);
	}
	add_for(b, rule.for_ms);
	add_replaced(b, detect, rule.metric);
	buf_addc(b, '\n');
}

static void
describe_limits(struct buf *b, const struct conf_detect *detect)
{
	buf_adds(b, "limits:\n");
	for (size_t i = 0; i < limit_rule_count; i++)
		describe_built_in(b, detect, &limit_rules[i]);
	buf_addf(b, "  an alert clears when the value is %.15g%% back from its limit\n",
	    detect->clear_percent);
}

static void
describe_rule(struct buf *b, const struct conf_rule *rule)
{
	enum metric_unit unit = metrics[rule->metric].unit;
	const char *op = rule_op_text(rule->op), *sep = "{";

	buf_adds(b, "  ");
	buf_add_visible(b, rule->name, strlen(rule->name));
	buf_addf(b, ": %s", metrics[rule->metric].name);
	for (size_t i = 0; i < rule->labels.len; i++) {
		const struct string_pair *label = &rule->labels.items[i];

		buf_addf(b, "%s%s=", sep, label->key);
		buf_add_visible(b, label->value, strlen(label->value));
		sep = ", ";
	}
	buf_adds(b, *sep == ',' ? "}" : "");
	add_level(b, "warn", op, rule->warn, unit);
	add_level(b, "critical", op, rule->critical, unit);
	add_for(b, rule->for_secs * 1000);
	buf_addc(b, '\n');
}

static void
describe_channels(struct buf *b, const struct conf_channel channels[CHANNEL_COUNT])
{
	bool any = false;

	buf_adds(b, "alerts go to:\n");
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		const char *sep = ": ";

		if (!channels[i].enabled)
			continue;
		any = true;
		buf_addf(b, "  %s", channel_name((enum channel_id)i));
		for (int sev = SEV_INFO; sev < SEV_COUNT; sev++) {
			if ((channels[i].severities & SEV_BIT(sev)) == 0)
				continue;
			buf_addf(b, "%s%s", sep, severity_name((enum severity)sev));
			sep = ", ";
		}
		buf_adds(b, channels[i].template == NULL ? "\n" : "; in your own words\n");
	}
	if (!any)
		buf_adds(b, "  nobody\n");
}

static void
describe_dedup(struct buf *b, const struct conf_alert *alert)
{
	static const enum severity order[] = {SEV_WARN, SEV_CRITICAL, SEV_EMERGENCY};

	buf_adds(b, "the same alert again:");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		buf_addf(b, "%s %s ", i > 0 ? "," : "", severity_name(order[i]));
		buf_adds(b, alert->dedup_secs[order[i]] > 0 ? "after " : "at once");
		if (alert->dedup_secs[order[i]] > 0)
			add_span(b, alert->dedup_secs[order[i]]);
	}
	buf_addc(b, '\n');
	if (alert->repeat_secs > 0) {
		buf_adds(b, "an alert that goes on: a reminder every ");
		add_span(b, alert->repeat_secs);
		buf_addc(b, '\n');
	}
}

static void
describe_escalation(struct buf *b, const struct conf_alert *alert)
{
	if (alert->escalate_warn_after > 0)
		buf_addf(b, "a warning becomes critical after %lld evaluations in a row\n",
		    (long long)alert->escalate_warn_after);
	if (alert->escalate_critical_mins > 0)
		buf_addf(b, "a critical alert becomes an emergency after %lld min\n",
		    (long long)alert->escalate_critical_mins);
}

static void
describe_rate_limits(struct buf *b, const struct conf_alert *alert)
{
	buf_adds(b, "messages on each channel:");
	if (alert->rate_limit_per_minute > 0)
		buf_addf(b, " at most %lld a minute,", (long long)alert->rate_limit_per_minute);
	if (alert->rate_limit_per_hour > 0)
		buf_addf(b, " at most %lld an hour,", (long long)alert->rate_limit_per_hour);
	if (alert->rate_limit_per_minute == 0 && alert->rate_limit_per_hour == 0)
		buf_adds(b, " no limit\n");
	else
		buf_adds(b, " the rest in one digest, emergency passes\n");
}

/* "  disk.* from 2026-11-22 20:00 +0100, mon, tue, 22:00 to 07:00 (backups), critical passes" */
static void
describe_silence(struct buf *b, const struct conf_silence *s)
{
	char time[CLOCK_ISO8601_MAX];

	buf_adds(b, "  ");
	buf_add_visible(b, s->match, strlen(s->match));
	if (s->from.ms > 0)
		buf_addf(b, ", from %s", zone_short(zone_date_ms(&s->from), time));
	if (s->until.ms > 0)
		buf_addf(b, ", until %s", zone_short(zone_date_ms(&s->until), time));
	for (size_t i = 0; i < s->days.len; i++)
		buf_addf(b, ", %s", s->days.items[i]);
	if (*s->start != '\0')
		buf_addf(b, ", %s to %s", s->start, s->end);
	if (s->allow_critical)
		buf_adds(b, ", critical and emergency pass");
	if (*s->comment != '\0') {
		buf_adds(b, " (");
		buf_add_visible(b, s->comment, strlen(s->comment));
		buf_addc(b, ')');
	}
	buf_addc(b, '\n');
}

static void
describe_alert(struct buf *b, const struct conf_alert *alert)
{
	describe_dedup(b, alert);
	if (alert->group_window_secs > 0) {
		buf_adds(b, "alerts of one kind within ");
		add_span(b, alert->group_window_secs);
		buf_adds(
		    b, " leave as one message; critical waits 10s at most, emergency not at all\n");
	} else {
		buf_adds(b, "every alert is a message of its own\n");
	}
	describe_escalation(b, alert);
	describe_rate_limits(b, alert);
	buf_addf(b, "when an alert is over: %s\n",
	    alert->recovery_enabled ? "a message says so" : "no message");
	if (alert->silence_count > 0)
		buf_adds(b, "silences (times are local):\n");
	for (size_t i = 0; i < alert->silence_count; i++)
		describe_silence(b, &alert->silences[i]);
}

static void
describe_heartbeat(struct buf *b, const struct conf_heartbeat *heartbeat)
{
	if (!heartbeat->channel.enabled)
		return;
	buf_adds(b, "heartbeat: every ");
	add_span(b, heartbeat->interval_secs);
	buf_adds(b, ", while everything works\n");
}

/* A descriptor that took not all is asked no more. */
static void
flush(struct buf *b, int fd, int *status)
{
	if (*status == 0)
		*status = io_write_all(fd, b->data, b->len);
	buf_clear(b);
}

int
conf_describe(const struct conf *conf, int fd)
{
	char text[64 * 1024];
	int status = 0;
	struct buf b;

	buf_init(&b, text, sizeof(text));
	describe_agent(&b, &conf->agent);
	describe_collect(&b, &conf->collect);
	describe_limits(&b, &conf->detect);
	if (conf->detect.rule_count > 0)
		buf_adds(&b, "rules of your own:\n");
	flush(&b, fd, &status);
	for (size_t i = 0; i < conf->detect.rule_count; i++) {
		describe_rule(&b, &conf->detect.rules[i]);
		flush(&b, fd, &status);
	}
	describe_channels(&b, conf->channels);
	describe_alert(&b, &conf->alert);
	describe_heartbeat(&b, &conf->heartbeat);
	flush(&b, fd, &status);
	return status;
}
