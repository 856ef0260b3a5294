/*
 * Turns a notice into a message of a Slack incoming webhook: a header block, and an attachment in
 * the colour of its severity with sections and a context block. Text from outside stands in objects
 * of type plain_text only, where nothing but & < > has a meaning; those are escaped. Each part is
 * cut below the service's limit; after a refusal there is a form of one line.
 */
#include "notify/notify.h"

#include <stdio.h>

#include "notify/detail.h"
#include "notify/fact_text.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/style.h"
#include "notify/template.h"

/* The service's limits (reference of Block Kit), in characters as it counts them or fewer. */
#define HEADER_UNITS 150   /* its limit too */
#define FALLBACK_UNITS 500 /* of 4000: what a notification shows */
#define SECTION_UNITS 2800 /* of 3000 */
#define FIELDS_MAX 10      /* its limit too */
#define FIELD_UNITS 700    /* of 2000 */
#define CONTEXT_UNITS 300  /* of 3000 */
#define SCRATCH_CAP 24576

static void
add_text(struct buf *b, const char *key, const char *text)
{
	jsonw_open(b, key, '{');
	jsonw_text(b, "type", "plain_text");
	jsonw_text(b, "text", text);
	jsonw_bool(b, "emoji", false);
	jsonw_close(b, '}');
}

static void
add_block(struct buf *b, const char *type, const char *text)
{
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "type", type);
	add_text(b, "text", text);
	jsonw_close(b, '}');
}

static void
add_paragraph(struct buf *text, const char *words)
{
	buf_adds(text, text->len == 0 || words[0] == '\0' ? "" : "\n");
	buf_adds(text, words);
}

/* What the header had no room for, the mark that it is late, the note or the list. */
static void
add_section(const struct message *msg, const char *headline, bool cut, struct buf *b)
{
	const struct notice *n = msg->notice;
	char storage[SCRATCH_CAP], line_storage[SCRATCH_CAP];
	struct buf text, line;

	buf_init(&text, storage, sizeof(storage));
	add_paragraph(&text, cut ? headline : "");
	buf_init(&line, line_storage, sizeof(line_storage));
	headline_add_remarks(msg, &line);
	add_paragraph(&text, line.data);
	buf_init(&line, line_storage, sizeof(line_storage));
	if (template_applies(msg))
		template_add_text(msg, &line);
	else if (n->fact_count == 1)
		detail_add(DETAIL_NOTE, msg, &n->facts[0], &line);
	else
		detail_add_list(msg, "\xe2\x80\xa2 ", SECTION_UNITS - FALLBACK_UNITS, &line);
	add_paragraph(&text, line.data);
	escape_shorten(&text, 0, SECTION_UNITS);
	if (text.len > 0)
		add_block(b, "section", text.data);
}

static void
add_fields(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	enum detail fields[DETAIL_COUNT];
	size_t count = detail_below(msg, fields);

	if (n->fact_count != 1)
		return;
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "type", "section");
	jsonw_open(b, "fields", '[');
	for (size_t i = 0; i < count && i < FIELDS_MAX; i++) {
		char storage[SCRATCH_CAP];
		struct buf text;

		buf_init(&text, storage, sizeof(storage));
		buf_addf(&text, "%s:\n", detail_name(fields[i]));
		if (!detail_add(fields[i], msg, &n->facts[0], &text))
			continue;
		escape_shorten(&text, 0, FIELD_UNITS);
		add_text(b, NULL, text.data);
	}
	jsonw_close(b, ']');
	jsonw_close(b, '}');
}

/* The time in the reader's own zone: markup, so nothing from outside is in it. */
static void
add_context(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	char storage[SCRATCH_CAP], fingerprint[FINGERPRINT_TEXT_MAX];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	buf_addf(&text, "<!date^%lld^{date_short_pretty} {time_secs}|",
	    (long long)(clock_shown_ms(&n->created, &msg->ctx->now) / 1000));
	fact_text_add_time(&text, &n->created, &msg->ctx->now);
	buf_addc(&text, '>');
	if (n->fact_count == 1)
		buf_addf(&text, ", alert %s", facts_case_text(&n->facts[0], fingerprint));
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "type", "context");
	jsonw_open(b, "elements", '[');
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "type", "mrkdwn");
	jsonw_text(b, "text", text.data);
	jsonw_close(b, '}');
	buf_init(&text, storage, sizeof(storage));
	buf_adds(&text, "sysops-agent ");
	escape_add(&text, msg->escape, msg->ctx->version, CONTEXT_UNITS);
	add_text(b, NULL, text.data);
	jsonw_close(b, ']');
	jsonw_close(b, '}');
}

static void
add_attachment(const struct message *msg, const char *headline, bool cut, struct buf *b)
{
	char colour[sizeof("#rrggbb")];

	snprintf(colour, sizeof(colour), "#%06x", style_colours[style_of(msg->notice)] & 0xffffffu);
	jsonw_open(b, "attachments", '[');
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "color", colour);
	jsonw_open(b, "blocks", '[');
	add_section(msg, headline, cut, b);
	add_fields(msg, b);
	add_context(msg, b);
	jsonw_close(b, ']');
	jsonw_close(b, '}');
	jsonw_close(b, ']');
}

static void
add_blocks(const struct message *msg, const char *headline, struct buf *b)
{
	char storage[SCRATCH_CAP];
	struct buf header;
	bool cut;

	buf_init(&header, storage, sizeof(storage));
	buf_adds(&header, headline);
	cut = escape_shorten(&header, 0, HEADER_UNITS);
	jsonw_open(b, "blocks", '[');
	add_block(b, "header", header.data);
	jsonw_close(b, ']');
	add_attachment(msg, headline, cut, b);
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_slack};
	char storage[SCRATCH_CAP];
	struct buf headline;

	buf_init(&headline, storage, sizeof(storage));
	headline_add(&msg, &headline);
	escape_shorten(&headline, 0, FALLBACK_UNITS);
	jsonw_open(body, NULL, '{');
	if (ctx->channel != NULL && ctx->channel->target != NULL && ctx->channel->target[0] != '\0')
		jsonw_text(body, "channel", ctx->channel->target);
	jsonw_text(body, "text", headline.data);
	jsonw_bool(body, "mrkdwn", false);
	if (!ctx->minimal)
		add_blocks(&msg, headline.data, body);
	jsonw_close(body, '}');
	return !body->full;
}

const struct notify_channel notify_SLACK = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
};
