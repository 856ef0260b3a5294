/*
 * Turns a notice into a Discord webhook message: one embed, coloured by severity, that pings
 * nobody. Markup and mentions in text from outside are escaped. The service refuses messages over
 * its limits (developers' documentation, "Embed Limits"), so each part has a cap of its own and
 * their sum stays under the total; after a refusal there is a form of one line.
 */
#include "notify/notify.h"

#include <string.h>

#include "notify/detail.h"
#include "notify/fact_text.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/labels.h"
#include "notify/style.h"
#include "notify/template.h"

/* The service's limits, in characters; we count UTF-16 units, of which there are never fewer. */
#define TITLE_UNITS 256        /* its limit too */
#define DESCRIPTION_UNITS 2600 /* of 4096 */
#define VALUE_UNITS 256        /* of 1024 */
#define FIELDS_MAX 11          /* of 25 */
#define FIELD_NAME_UNITS 16    /* of 256 */
#define FOOTER_UNITS 128       /* of 2048 */
#define CONTENT_UNITS 500      /* of 2000 */
#define USERNAME_UNITS 80      /* its limit too */
_Static_assert(TITLE_UNITS + DESCRIPTION_UNITS + FIELDS_MAX * (FIELD_NAME_UNITS + VALUE_UNITS) +
                       FOOTER_UNITS <=
                   6000,
    "limit of all texts of a message together");

#define SCRATCH_CAP 24576
#define NOTE_UNITS 800

/* Else the webhook's own name stands. */
static bool
is_username(const char *name)
{
	return name != NULL && name[0] != '\0' && channel_reserved_word(name) == NULL;
}

static void
add_sender(const struct notify_context *ctx, struct buf *b)
{
	char storage[USERNAME_UNITS * 8];
	struct buf name;

	if (is_username(ctx->username)) {
		buf_init(&name, storage, sizeof(storage));
		escape_add(&name, buf_add, ctx->username, USERNAME_UNITS);
		jsonw_text(b, "username", name.data);
	}
	jsonw_open(b, "allowed_mentions", '{');
	jsonw_open(b, "parse", '[');
	jsonw_close(b, ']');
	jsonw_close(b, '}');
}

static void
add_field(struct buf *b, const char *name, const char *value, bool is_inline)
{
	if (value[0] == '\0')
		return;
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "name", name);
	jsonw_text(b, "value", value);
	jsonw_bool(b, "inline", is_inline);
	jsonw_close(b, '}');
}

static void
add_escaped_field(struct buf *b, const char *name, const char *text, bool is_inline)
{
	char storage[VALUE_UNITS * 24];
	struct buf value;

	buf_init(&value, storage, sizeof(storage));
	escape_add(&value, escape_discord, text, VALUE_UNITS);
	add_field(b, name, value.data, is_inline);
}

static void
add_labels(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	static const struct label_set none;
	char storage[VALUE_UNITS * 24];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	labels_add_text(f != NULL ? &f->subject.labels : &none, &msg->ctx->labels, msg->escape,
	    VALUE_UNITS * 4, &text);
	escape_shorten(&text, 0, VALUE_UNITS);
	add_field(b, "Labels", text.data, false);
}

static void
add_detail(
    const struct message *msg, const char *name, enum detail what, bool is_inline, struct buf *b)
{
	char storage[VALUE_UNITS * 24];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	detail_add(what, msg, &msg->notice->facts[0], &text);
	add_field(b, name, text.data, is_inline);
}

static void
add_fact_fields(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char limit[METRIC_VALUE_MAX];

	add_detail(msg, "Value", DETAIL_VALUE, true, b);
	fact_text_value(f, f->limit, limit);
	add_field(b, "Threshold", limit, true);
	add_detail(msg, "Since", DETAIL_SINCE, true, b);
	add_detail(msg, "ETA", DETAIL_ETA, true, b);
	add_escaped_field(b, "Cause", f->cause, false);
	add_detail(msg, "Holds back", DETAIL_ALSO, false, b);
	add_detail(msg, "Raised from", DETAIL_RAISED, true, b);
	add_escaped_field(b, "Metric", fact_text_metric(f), true);
}

static void
add_fields(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	const struct alert_facts *f = n->fact_count == 1 ? &n->facts[0] : NULL;

	jsonw_open(b, "fields", '[');
	add_escaped_field(b, "Host", msg->ctx->hostname, true);
	if (f != NULL)
		add_fact_fields(msg, f, b);
	add_labels(msg, f, b);
	jsonw_close(b, ']');
}

static void
add_paragraph(struct buf *text, const char *before, escape_fn *escape, const char *words)
{
	if (words[0] == '\0')
		return;
	buf_adds(text, text->len == 0 ? "" : "\n");
	buf_adds(text, before);
	escape_add(text, escape, words, NOTE_UNITS);
}

/* Lines about each alert of several, as many as find room whole. */
static void
add_list(const struct message *msg, struct buf *text)
{
	const struct notice *n = msg->notice;
	size_t i;

	for (i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];
		size_t before = text->len;

		buf_addf(text, "%s- ", before == 0 ? "" : "\n");
		if (n->kind == NOTICE_DIGEST)
			buf_addf(text,
			    "%s: ", facts_is_resolved(f) ? "resolved" : severity_name(f->severity));
		sentence_add(msg, f, text);
		if (escape_units(text->data, text->len) > DESCRIPTION_UNITS - 40) {
			text->len = before;
			text->data[before] = '\0';
			break;
		}
	}
	if (i < notice_total(n))
		buf_addf(text, "\nand %llu more", notice_total(n) - i);
}

static void
add_description(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	char storage[SCRATCH_CAP], line_storage[128];
	struct buf text, line;

	buf_init(&text, storage, sizeof(storage));
	buf_init(&line, line_storage, sizeof(line_storage));
	headline_add_remarks(msg, &line);
	add_paragraph(&text, "", buf_add, line.data);
	if (template_applies(msg)) {
		buf_adds(&text, text.len == 0 ? "" : "\n");
		template_add_text(msg, &text);
	} else if (n->fact_count == 1) {
		buf_init(&line, line_storage, sizeof(line_storage));
		detail_add(DETAIL_TIMES, msg, &n->facts[0], &line);
		add_paragraph(&text, "", buf_add, line.data);
		add_paragraph(&text, "", escape_discord, n->facts[0].message);
	} else {
		add_list(msg, &text);
	}
	escape_shorten(&text, 0, DESCRIPTION_UNITS);
	if (text.len > 0)
		jsonw_text(b, "description", text.data);
}

static void
add_footer(const struct message *msg, struct buf *b)
{
	char storage[FOOTER_UNITS * 8], fingerprint[FINGERPRINT_TEXT_MAX];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	buf_addf(&text, "sysops-agent ");
	escape_add(&text, buf_add_visible, msg->ctx->version, 40);
	if (msg->notice->fact_count == 1)
		buf_addf(&text, ", alert %s", facts_case_text(&msg->notice->facts[0], fingerprint));
	jsonw_open(b, "footer", '{');
	jsonw_text(b, "text", text.data);
	jsonw_close(b, '}');
}

static void
add_embed(const struct message *msg, const char *title, struct buf *b)
{
	jsonw_open(b, "embeds", '[');
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "title", title);
	add_description(msg, b);
	jsonw_integer(b, "color", (int)style_colours[style_of(msg->notice)]);
	jsonw_time(b, "timestamp", clock_shown_ms(&msg->notice->created, &msg->ctx->now));
	add_fields(msg, b);
	add_footer(msg, b);
	jsonw_close(b, '}');
	jsonw_close(b, ']');
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_discord};
	char storage[SCRATCH_CAP];
	struct buf headline;

	buf_init(&headline, storage, sizeof(storage));
	headline_add(&msg, &headline);
	escape_shorten(&headline, 0, ctx->minimal ? CONTENT_UNITS : TITLE_UNITS);
	jsonw_open(body, NULL, '{');
	if (ctx->minimal)
		jsonw_text(body, "content", headline.data);
	else
		add_embed(&msg, headline.data, body);
	add_sender(ctx, body);
	jsonw_close(body, '}');
	return !body->full;
}

const struct notify_channel notify_DISCORD = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
};
