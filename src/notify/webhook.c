/*
 * Turns a notice into JSON for any program: one object that speaks of the worst alert, with all of
 * them in "alerts" where there are several. Label values are data and travel as they are (JSON-
 * escaped); only the sentence in "message" is spelled out for people. Alerts that find no room are
 * counted. The short form has of each alert only what a program must know: which it is, and whether
 * it has ended.
 */
#include "notify/notify.h"

#include <math.h>

#include "base/str.h"
#include "notify/fact_text.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/labels.h"
#include "notify/template.h"

#define MESSAGE_CAP 4096
#define TAIL_BYTES 64 /* what closes the list of alerts */

/* Stands in where a notice speaks of no alert, so that a test has every member. */
static const struct alert_facts nothing = {
    .value = NAN, .limit = NAN, .worst = NAN, .eta_secs = NAN};

static const char *const flaps[] = {
    [FLAP_STARTED] = "started", [FLAP_ENDED] = "ended", [FLAP_LASTS] = "lasts"};

static const char *
status(const struct notice *n, const struct alert_facts *f)
{
	if (n->kind == NOTICE_TEST)
		return "test";
	if (n->kind == NOTICE_RESOLVE)
		return "resolved";
	return facts_is_resolved(f) ? "resolved" : "firing";
}

/* What is so of few alerts only: left out of the others. */
static void
add_history(const struct alert_facts *f, struct buf *b)
{
	if (f->flap != FLAP_NONE && (unsigned)f->flap < sizeof(flaps) / sizeof(flaps[0]))
		jsonw_text(b, "flapping", flaps[f->flap]);
	if (f->still)
		jsonw_bool(b, "reminder", true);
	if (f->raised_from != SEV_NONE)
		jsonw_text(b, "raised_from", severity_name(f->raised_from));
	if (f->also_count > 0) {
		jsonw_text(b, "holds_back", f->also);
		jsonw_integer(b, "holds_back_count", f->also_count);
	}
}

/* Which alert it is, and whether its beginning is told with its end. */
static void
add_identity(const struct alert_facts *f, struct buf *b)
{
	char fingerprint[FINGERPRINT_TEXT_MAX];

	if (f->unheard)
		jsonw_bool(b, "fired_and_resolved", true);
	jsonw_text(b, "fingerprint", facts_case_text(f, fingerprint));
}

static void
add_facts(const struct alert_facts *f, enum severity severity, const struct now *now, struct buf *b)
{
	jsonw_text(b, "metric", fact_text_metric(f));
	jsonw_number(b, "value", f->value);
	jsonw_number(b, "threshold", f->limit);
	jsonw_text(b, "severity", severity_name(severity));
	jsonw_text(b, "rule", f->rule);
	jsonw_time(b, "since", clock_shown_ms(&f->since, now));
	jsonw_time(b, "resolved_at", clock_shown_ms(&f->resolved, now));
	jsonw_number(b, "worst", f->worst);
	jsonw_number(b, "eta_secs", f->eta_secs);
	jsonw_integer(b, "count", f->count);
	jsonw_bool(b, "gone", f->gone);
	if (f->unwatched)
		jsonw_bool(b, "unwatched", true);
	if (f->space_known) {
		jsonw_number(b, "free_bytes", f->free_bytes);
		jsonw_number(b, "fill_rate", f->fill_rate);
	}
	jsonw_text(b, "cause", f->cause);
	jsonw_text(b, "note", f->message);
	add_history(f, b);
	add_identity(f, b);
}

static void
add_message(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char storage[MESSAGE_CAP];
	struct buf text;
	struct buf_mark end;

	buf_init(&text, storage, sizeof(storage));
	if (f != NULL)
		sentence_add(msg, f, &text);
	else
		headline_add(msg, &text);
	if (f == NULL && template_applies(msg)) {
		end = buf_mark(&text);
		buf_addc(&text, '\n');
		template_add_text(msg, &text);
		if (text.len == end.len + 1)
			buf_rewind(&text, end);
	}
	jsonw_text(b, "message", text.data);
}

static void
add_alert(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "status", status(msg->notice, f));
	if (msg->ctx->minimal) {
		jsonw_text(b, "severity", severity_name(f->severity));
		add_identity(f, b);
	} else {
		add_facts(f, f->severity, &msg->ctx->now, b);
		add_message(msg, f, b);
		labels_add_json(&f->subject.labels, &msg->ctx->labels, b);
	}
	jsonw_close(b, '}');
}

/* As many as fit; how many do not is said. */
static void
add_alerts(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	size_t room = b->cap - 1 < NOTIFY_BODY_MAX ? b->cap - 1 : NOTIFY_BODY_MAX;
	size_t i;

	jsonw_open(b, "alerts", '[');
	for (i = 0; i < n->fact_count; i++) {
		struct buf_mark before = buf_mark(b);

		add_alert(msg, &n->facts[i], b);
		if (b->full || b->len + TAIL_BYTES > room) {
			buf_rewind(b, before);
			break;
		}
	}
	jsonw_close(b, ']');
	jsonw_integer(b, "alerts_omitted", (int64_t)(notice_total(n) - i));
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, buf_add_visible};
	const struct alert_facts *worst = notice_worst(n);

	worst = worst == NULL ? &nothing : worst;
	jsonw_open(body, NULL, '{');
	jsonw_text(body, "hostname", ctx->hostname);
	jsonw_text(body, "status", status(n, worst));
	jsonw_time(body, "timestamp", clock_shown_ms(&n->created, &ctx->now));
	jsonw_bool(body, "delayed", headline_is_delayed(&msg));
	if (ctx->ahead_ms != 0)
		jsonw_integer(body, "clock_ahead_secs", ctx->ahead_ms / 1000);
	if (ctx->minimal) {
		jsonw_text(body, "severity", severity_name(n->severity));
		add_identity(worst, body);
	} else {
		add_facts(
		    worst, worst == &nothing ? n->severity : worst->severity, &ctx->now, body);
		labels_add_json(&worst->subject.labels, &ctx->labels, body);
		jsonw_text(body, "agent_version", ctx->version);
	}
	add_message(&msg, NULL, body);
	if (n->fact_count > 1)
		add_alerts(&msg, body);
	jsonw_close(body, '}');
	return !body->full;
}

const struct notify_channel notify_WEBHOOK = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
    .traits = {.alerts_max = 20},
};
