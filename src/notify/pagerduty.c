/*
 * Turns a notice into an event of PagerDuty (Events API v2): trigger or resolve, of the incident
 * that the host and the alert's fingerprint name, as they were when it was opened. Text from
 * outside is spelled where it cannot be shown, and cut. The integration key is a secret, so the
 * payload has a slot for it. An event is about one alert, always: nothing is summed up for a
 * service that keeps cases.
 */
#include "notify/notify.h"

#include <string.h>

#include "notify/detail.h"
#include "notify/fact_text.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/template.h"

/* The service's limits: 1024 characters, 255 characters, 512 KB for all. */
#define SUMMARY_UNITS 1024
#define HOST_UNITS 200 /* in the key, of which the rest is 40 */
#define SOURCE_UNITS 255
#define WHERE_UNITS 200
#define SCRATCH_CAP 32768

static const enum detail rows[] = {DETAIL_VALUE, DETAIL_LIMIT, DETAIL_SINCE, DETAIL_FREE,
    DETAIL_ETA, DETAIL_TIMES, DETAIL_NOTE, DETAIL_CAUSE, DETAIL_ALSO, DETAIL_RAISED, DETAIL_METRIC,
    DETAIL_LABELS};

/* The service knows critical, error, warning and info. */
static const char *const severities[SEV_COUNT] = {
    [SEV_NONE] = "info",
    [SEV_INFO] = "info",
    [SEV_WARN] = "warning",
    [SEV_CRITICAL] = "critical",
    [SEV_EMERGENCY] = "critical",
};

static const char *
severity(const struct notice *n)
{
	const struct alert_facts *worst = notice_worst(n);
	enum severity sev = worst == NULL ? n->severity : worst->severity;

	return severities[n->kind == NOTICE_TEST ? SEV_INFO : severity_checked(sev)];
}

/* The name that the host had when the case was opened: that of a renamed host closes it, too. */
static const char *
case_host(const struct message *msg)
{
	const struct notice *n = msg->notice;
	bool known = n->fact_count > 0 && n->facts[0].case_host[0] != '\0';

	return known ? n->facts[0].case_host : msg->ctx->hostname;
}

static void
add_key(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	char storage[2048], fingerprint[FINGERPRINT_TEXT_MAX];
	struct buf key;

	buf_init(&key, storage, sizeof(storage));
	escape_add(&key, msg->escape, case_host(msg), HOST_UNITS);
	if (n->kind == NOTICE_TEST)
		buf_adds(&key, "/test");
	else if (n->fact_count > 0)
		buf_addf(&key, "/%s", facts_case_text(&n->facts[0], fingerprint));
	jsonw_text(b, "dedup_key", key.data);
}

static void
add_text(struct buf *b, const char *key, const struct message *msg,
    void (*add)(const struct message *msg, struct buf *text), size_t units)
{
	char storage[SCRATCH_CAP];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	add(msg, &text);
	escape_shorten(&text, 0, units);
	if (text.len > 0)
		jsonw_text(b, key, text.data);
}

static void
add_host(const struct message *msg, struct buf *text)
{
	msg->escape(text, msg->ctx->hostname, strlen(msg->ctx->hostname));
}

static void
add_where(const struct message *msg, struct buf *text)
{
	fact_text_add_where(&msg->notice->facts[0], msg->escape, WHERE_UNITS, text);
}

static void
add_fact(const struct message *msg, struct buf *b)
{
	const struct alert_facts *f = &msg->notice->facts[0];

	add_text(b, "component", msg, add_where, WHERE_UNITS);
	jsonw_text(b, "class", fact_text_metric(f));
	if (f->subject.name[0] != '\0')
		jsonw_text(b, "group", metric_group_name(f->subject.group));
}

static void
add_custom(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;

	jsonw_open(b, "custom_details", '{');
	add_text(b, "Remarks", msg, headline_add_remarks, DETAIL_UNITS);
	if (template_applies(msg))
		add_text(b, "Message", msg, template_add_text, TEMPLATE_TEXT_UNITS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && n->fact_count == 1; i++) {
		char storage[SCRATCH_CAP];
		struct buf text;

		buf_init(&text, storage, sizeof(storage));
		if (detail_add(rows[i], msg, &n->facts[0], &text))
			jsonw_text(b, detail_name(rows[i]), text.data);
	}
	jsonw_close(b, '}');
}

static void
add_payload(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;

	jsonw_open(b, "payload", '{');
	add_text(b, "summary", msg, headline_add, SUMMARY_UNITS);
	add_text(b, "source", msg, add_host, SOURCE_UNITS);
	jsonw_text(b, "severity", severity(n));
	if (!msg->ctx->minimal) {
		jsonw_time(b, "timestamp", clock_shown_ms(&n->created, &msg->ctx->now));
		if (n->fact_count == 1)
			add_fact(msg, b);
		add_custom(msg, b);
	}
	jsonw_close(b, '}');
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_plain};

	jsonw_open(body, NULL, '{');
	jsonw_slot(body, "routing_key");
	jsonw_text(body, "event_action", n->kind == NOTICE_RESOLVE ? "resolve" : "trigger");
	add_key(&msg, body);
	add_payload(&msg, body);
	jsonw_text(body, "client", "sysops-agent");
	jsonw_close(body, '}');
	return !body->full;
}

const struct notify_channel notify_PAGERDUTY = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
    .traits = {.alerts_max = 1, .keeps_cases = true},
};
