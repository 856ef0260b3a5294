/*
 * Turns a notice into one syslog message of RFC 5424: for people in MSG, for programs in the
 * structured data. Nothing from outside ends a value or a line; a label that cannot be the name of
 * a parameter is left out. 32473 is the enterprise number that RFC 5612 sets aside for examples:
 * the project has none of its own, and no vendor's data can have it.
 */
#include "notify/notify.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "notify/detail.h"
#include "notify/fact_text.h"
#include "notify/headline.h"
#include "notify/labels.h"
#include "notify/template.h"

#define MESSAGE_BYTES_MAX 8192 /* what daemons take without being told to */
#define MSG_UNITS 1200
#define VALUE_UNITS 200
#define LABELS_BYTES 1900 /* the agent's labels stop after these */
#define HOSTNAME_MAX 255  /* RFC 5424, 6.2.4 */
#define PARAM_NAME_MAX 32
#define BOM "\xef\xbb\xbf"

#define X(name, code) [FACILITY_##name] = code,
static const int facility_codes[FACILITY_COUNT] = {FACILITIES(X)};
#undef X

/* Never more than critical: many systems write what is above to every terminal. */
enum level { LEVEL_CRIT = 2, LEVEL_WARNING = 4, LEVEL_NOTICE = 5, LEVEL_INFO = 6 };
static const enum level levels[SEV_COUNT] = {
    [SEV_NONE] = LEVEL_NOTICE,
    [SEV_INFO] = LEVEL_INFO,
    [SEV_WARN] = LEVEL_WARNING,
    [SEV_CRITICAL] = LEVEL_CRIT,
    [SEV_EMERGENCY] = LEVEL_CRIT,
};

/* MSGID by kind of notice. */
static const char *const msgids[] = {
    [NOTICE_FIRE] = "fire",
    [NOTICE_RESOLVE] = "resolve",
    [NOTICE_TEST] = "test",
    [NOTICE_DIGEST] = "digest",
};

static int
priority(const struct notice *n, const struct notify_context *ctx)
{
	enum level level = LEVEL_NOTICE;
	int facility = ctx->channel != NULL ? (int)ctx->channel->facility : FACILITY_daemon;

	if (n->kind != NOTICE_RESOLVE && n->kind != NOTICE_TEST)
		level = levels[severity_checked(n->severity)];
	return facility_codes[(unsigned)facility < FACILITY_COUNT ? facility : FACILITY_daemon] *
	           8 +
	       (int)level;
}

/* Printable ASCII without blanks, or "-". */
static void
add_hostname(const char *name, struct buf *b)
{
	size_t before = b->len;

	for (size_t i = 0; name[i] != '\0' && i < HOSTNAME_MAX; i++)
		buf_addc(b, name[i] > 0x20 && name[i] < 0x7f ? name[i] : '_');
	buf_adds(b, b->len == before ? "-" : "");
}

static void
add_header(const struct message *msg, struct buf *b)
{
	char when[CLOCK_ISO8601_MAX];

	buf_addf(b, "<%d>1 %s ", priority(msg->notice, msg->ctx),
	    clock_iso8601(clock_shown_ms(&msg->notice->created, &msg->ctx->now), when));
	add_hostname(msg->ctx->hostname, b);
	buf_addf(b, " sysops-agent - %s ",
	    (unsigned)msg->notice->kind < sizeof(msgids) / sizeof(msgids[0])
	        ? msgids[msg->notice->kind]
	        : "-");
}

/* RFC 5424, 6.3.3: these three have a backslash before them. */
static void
add_param(struct buf *b, const char *name, const char *text)
{
	char storage[VALUE_UNITS * 4 + 16];
	struct buf value;

	if (text[0] == '\0')
		return;
	buf_init(&value, storage, sizeof(storage));
	escape_add(&value, escape_plain, text, VALUE_UNITS);
	buf_addf(b, " %s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		if (strchr("\"\\]", storage[i]) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, storage[i]);
	}
	buf_addc(b, '"');
}

static void
add_number(struct buf *b, const char *name, double value)
{
	char text[32];
	struct buf number;

	if (!isfinite(value))
		return;
	buf_init(&number, text, sizeof(text));
	buf_addf(&number, "%.15g", value);
	add_param(b, name, text);
}

static void
add_time(const struct message *msg, const char *name, const struct now *then, struct buf *b)
{
	char when[CLOCK_ISO8601_MAX];

	if (then->wall_ms != 0)
		add_param(b, name, clock_iso8601(clock_shown_ms(then, &msg->ctx->now), when));
}

/* A label that cannot be the name of a parameter is left out (RFC 5424, 6.3.3). */
static bool
is_param_name(const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < len; i++) {
		if (key[i] <= 0x20 || key[i] >= 0x7f || strchr("=]\"", key[i]) != NULL)
			return false;
	}
	return len > 0 && len <= PARAM_NAME_MAX;
}

static void
add_label(struct buf *b, const char *key, const char *value)
{
	if (is_param_name(key))
		add_param(b, key, value);
}

static void
add_labels(const struct alert_facts *f, const struct notify_context *ctx, struct buf *b)
{
	const struct label_set *subject = &f->subject.labels;
	size_t max_len = b->len + LABELS_BYTES;

	if (subject->count + ctx->labels.len == 0)
		return;
	buf_adds(b, "[labels@32473");
	labels_add_subject(subject, add_label, b);
	labels_add_agent(subject, &ctx->labels, add_label, max_len, b);
	buf_addc(b, ']');
}

static const char *
status(const struct notice *n, const struct alert_facts *f)
{
	if (n->kind == NOTICE_TEST)
		return "test";
	return n->kind == NOTICE_RESOLVE || facts_is_resolved(f) ? "resolved" : "firing";
}

/* The worst alert in full; of how many it is the worst. */
static void
add_data(const struct message *msg, struct buf *b)
{
	const struct alert_facts *f = notice_worst(msg->notice);
	char fingerprint[FINGERPRINT_TEXT_MAX];

	if (f == NULL) {
		buf_adds(b, "- ");
		return;
	}
	buf_adds(b, "[sysops@32473");
	add_param(b, "status", status(msg->notice, f));
	add_param(b, "severity", severity_name(f->severity));
	add_param(b, "reminder", f->still ? "true" : "");
	add_param(b, "metric", fact_text_metric(f));
	add_param(b, "rule", f->rule);
	add_number(b, "value", f->value);
	add_number(b, "threshold", f->limit);
	add_number(b, "worst", f->worst);
	if (f->space_known)
		add_number(b, "free_bytes", f->free_bytes);
	add_time(msg, "since", &f->since, b);
	add_time(msg, "resolved_at", &f->resolved, b);
	add_param(b, "fingerprint", facts_case_text(f, fingerprint));
	add_number(b, "alerts", (double)notice_total(msg->notice));
	buf_addc(b, ']');
	add_labels(f, msg->ctx, b);
	buf_addc(b, ' ');
}

/* What the headline leaves out. */
static const struct {
	enum detail what;
	const char *before;
} details[] = {
    {DETAIL_TIMES, ", "},
    {DETAIL_FREE, ", free: "},
    {DETAIL_ETA, ", limit in about "},
    {DETAIL_NOTE, ": "},
    {DETAIL_CAUSE, "; likely cause: "},
    {DETAIL_ALSO, "; suppresses: "},
};

static void
add_details(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		struct buf_mark before = buf_mark(b);

		buf_adds(b, details[i].before);
		if (!detail_add(details[i].what, msg, f, b))
			buf_rewind(b, before);
	}
}

/* One line; the mark of UTF-8 only where there is more than ASCII. */
static void
add_msg(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	char storage[8 * MSG_UNITS];
	bool ascii = true;
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	headline_add(msg, &text);
	if (template_applies(msg)) {
		buf_addc(&text, ' ');
		template_add_text(msg, &text);
	} else if (n->fact_count == 1 && n->kind != NOTICE_TEST && !msg->ctx->minimal) {
		add_details(msg, &n->facts[0], &text);
	}
	escape_shorten(&text, 0, MSG_UNITS);
	for (size_t i = 0; i < text.len; i++) {
		ascii = ascii && (unsigned char)storage[i] < 0x80;
		if (storage[i] == '\n')
			storage[i] = ' ';
	}
	buf_adds(b, ascii ? "" : BOM);
	buf_add(b, storage, text.len);
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_plain};

	add_header(&msg, body);
	if (ctx->minimal)
		buf_adds(body, "- ");
	else
		add_data(&msg, body);
	add_msg(&msg, body);
	return !body->full && body->len <= MESSAGE_BYTES_MAX;
}

const struct notify_channel notify_SYSLOG = {
    .content_type = "text/plain; charset=utf-8",
    .transport = NOTIFY_SYSLOG,
    .render = render,
};
