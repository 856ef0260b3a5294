/*
 * Turns a notice into alerts of a Prometheus Alertmanager (API v2), several in one request. There
 * an alert is its label set, severity included, for routes go by it: an alert that changes its
 * severity is another one, so with each notice those end that were told under another. Label values
 * are data and travel as they are (JSON-escaped); annotations are for people, and text from outside
 * is spelled in them. Of a firing alert no end is told: the server ends what is not renewed
 * (resolve_timeout, 5 min if it is not set there), so a host that is gone leaves nothing behind,
 * and our clock ends nothing. Alerts that find no room are told when they are renewed.
 */
#include "notify/notify.h"

#include <string.h>

#include "base/str.h"
#include "notify/detail.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/labels.h"

#define LABELS_BYTES 4096 /* the agent's labels in one alert stop after these */
#define SUMMARY_UNITS 500
#define SCRATCH_CAP 24576
#define TEST_NAME "SysopsAgentTest"

static const char *const own_labels[] = {"alertname", "instance", "severity", "job", "metric"};

/* As rules for Prometheus name them: routes go by these words. */
static const char *const severities[SEV_COUNT] = {
    "none", "info", "warning", "critical", "emergency"};

static const enum detail lines[] = {DETAIL_NOTE, DETAIL_SINCE, DETAIL_TIMES, DETAIL_FREE,
    DETAIL_ETA, DETAIL_CAUSE, DETAIL_ALSO, DETAIL_RAISED};

/* Annotations of their own, for templates of whoever receives them. */
static const struct {
	const char *name;
	enum detail what;
} annotations[] = {{"value", DETAIL_VALUE}, {"limit", DETAIL_LIMIT}, {"free", DETAIL_FREE},
    {"cause", DETAIL_CAUSE}};

/* [a-zA-Z_][a-zA-Z0-9_]*, as Prometheus wants it. */
static void
add_label(struct buf *b, const char *key, const char *value)
{
	char name[METRIC_LABEL_MAX + 128];

	if (value[0] == '\0')
		return; /* means the same as none */
	str_copy(name, sizeof(name), key);
	for (size_t i = 0; name[i] != '\0'; i++) {
		bool letter = (name[i] >= 'a' && name[i] <= 'z') ||
		              (name[i] >= 'A' && name[i] <= 'Z') || name[i] == '_';

		if (!letter && (i == 0 || name[i] < '0' || name[i] > '9'))
			name[i] = '_';
	}
	jsonw_text(b, name, value);
}

static bool
is_own(const char *key)
{
	for (size_t i = 0; i < sizeof(own_labels) / sizeof(own_labels[0]); i++) {
		if (str_eq(own_labels[i], key))
			return true;
	}
	return false;
}

static void
add_other_label(struct buf *b, const char *key, const char *value)
{
	if (!is_own(key))
		add_label(b, key, value);
}

/* Ours, then the subject's, then the agent's: the first of a name counts. */
static void
add_labels(
    const struct message *msg, const struct alert_facts *f, enum severity severity, struct buf *b)
{
	const struct label_set *subject = &f->subject.labels;

	jsonw_open(b, "labels", '{');
	add_label(b, "alertname", msg->notice->kind == NOTICE_TEST ? TEST_NAME : f->rule);
	add_label(b, "instance", f->case_host[0] != '\0' ? f->case_host : msg->ctx->hostname);
	add_label(b, "severity", severities[severity]);
	add_label(b, "job", "sysops-agent");
	add_label(b, "metric", f->subject.name);
	labels_add_subject(subject, add_other_label, b);
	labels_add_agent(subject, &msg->ctx->labels, add_other_label, b->len + LABELS_BYTES, b);
	jsonw_close(b, '}');
}

static void
add_summary(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char storage[SCRATCH_CAP];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	if (msg->notice->kind == NOTICE_TEST)
		headline_add(msg, &text);
	else
		sentence_add(msg, f, &text);
	escape_shorten(&text, 0, SUMMARY_UNITS);
	jsonw_text(b, "summary", text.data);
}

static void
add_description(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char storage[SCRATCH_CAP];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buf_mark before = buf_mark(&text);

		buf_adds(&text, before.len == 0 ? "" : "\n");
		if (lines[i] != DETAIL_NOTE)
			buf_addf(&text, "%s: ", detail_name(lines[i]));
		if (!detail_add(lines[i], msg, f, &text))
			buf_rewind(&text, before);
	}
	jsonw_text(b, "description", text.data);
}

static void
add_annotations(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char storage[SCRATCH_CAP], fingerprint[FINGERPRINT_TEXT_MAX];
	struct buf text;

	jsonw_open(b, "annotations", '{');
	add_summary(msg, f, b);
	if (!msg->ctx->minimal) {
		add_description(msg, f, b);
		for (size_t i = 0; i < sizeof(annotations) / sizeof(annotations[0]); i++) {
			buf_init(&text, storage, sizeof(storage));
			if (detail_add(annotations[i].what, msg, f, &text))
				jsonw_text(b, annotations[i].name, text.data);
		}
		jsonw_text(b, "fingerprint", facts_case_text(f, fingerprint));
	}
	jsonw_close(b, '}');
}

/* A time of ours by the server's clock, where the difference is known: never in its future. */
static int64_t
server_time(const struct message *msg, const struct now *then)
{
	int64_t now_ms = msg->ctx->now.wall_ms, ms = clock_shown_ms(then, &msg->ctx->now);

	return (ms < now_ms ? ms : now_ms) - msg->ctx->ahead_ms;
}

/* The alert under one severity; end: when it ended; wall_ms 0: it fires. */
static void
add_state(const struct message *msg, const struct alert_facts *f, enum severity severity,
    const struct now *end, struct buf *b)
{
	int64_t start_ms =
	    server_time(msg, f->since.wall_ms != 0 ? &f->since : &msg->notice->created);
	jsonw_open(b, NULL, '{');
	add_labels(msg, f, severity, b);
	if (severity == f->severity)
		add_annotations(msg, f, b);
	jsonw_time(b, "startsAt", start_ms);
	if (end->wall_ms != 0) {
		int64_t end_ms = server_time(msg, end);

		jsonw_time(b, "endsAt", end_ms > start_ms ? end_ms : start_ms);
	}
	jsonw_close(b, '}');
}

static void
add_alert(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	const struct notice *n = msg->notice;
	const struct notify_context *ctx = msg->ctx;
	unsigned taken = ctx->channel == NULL ? SEV_DEFAULT_MASK : ctx->channel->severities;
	bool resolved = facts_is_resolved(f);

	if ((unsigned)f->severity >= SEV_COUNT)
		return;
	add_state(msg, f, f->severity, &f->resolved, b);
	if (n->transient || n->kind == NOTICE_TEST)
		return;
	for (int sev = SEV_INFO; sev < SEV_COUNT; sev++) {
		if (sev != (int)f->severity && (taken & f->told_levels & SEV_BIT(sev)) != 0)
			add_state(
			    msg, f, (enum severity)sev, resolved ? &f->resolved : &n->created, b);
	}
}

/* As many as fit; those that fire and do not are told when they are renewed. */
static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_plain};
	size_t room = body->cap - 1 < NOTIFY_BODY_MAX ? body->cap - 1 : NOTIFY_BODY_MAX;

	jsonw_open(body, NULL, '[');
	for (size_t i = 0; i < n->fact_count; i++) {
		struct buf_mark before = buf_mark(body);

		add_alert(&msg, &n->facts[i], body);
		if (!body->full && body->len < room)
			continue;
		if (i == 0)
			return false;
		buf_rewind(body, before);
		break;
	}
	jsonw_close(body, ']');
	return !body->full;
}

/*
 * Renders it and counts. Only how long an alert has gone on grows until the body is made, and that
 * text has a longest form.
 */
static size_t
alert_bytes(const struct alert_facts *f, const struct notify_context *ctx)
{
	const struct notice renewal = {.kind = NOTICE_FIRE, .transient = true};
	const struct message msg = {&renewal, ctx, escape_plain};
	char storage[NOTIFY_BODY_MAX + 1];
	struct buf body;

	buf_init(&body, storage, sizeof(storage));
	add_alert(&msg, f, &body);
	return body.len + strlen(",") + STR_SPAN_MAX;
}

const struct notify_channel notify_ALERTMANAGER = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
    .traits = {.alerts_max = 20, .keeps_cases = true},
    .renews = true,
    .alert_bytes = alert_bytes,
};
