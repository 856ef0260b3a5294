/*
 * Turns a notice into a message of a Telegram bot, in its HTML. Text from outside is escaped and
 * cut before it stands between tags, so that no cut goes through a tag or an entity; a template
 * brings tags of its own, and those that a cut left open are closed. The minimal form has no
 * markup, for the service refuses a message whose markup it cannot read. Names and paths that the
 * service would make links of are code spans: as tags, or as places beside a text without markup.
 */
#include "notify/notify.h"

#include <string.h>

#include "notify/code_span.h"
#include "notify/detail.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/style.h"
#include "notify/template.h"

/*
 * The service takes 4096 characters, counted when the markup is read. We count UTF-16 units, markup
 * and all: never less than it does.
 */
#define TEXT_UNITS 4096
#define HEADLINE_UNITS 600
#define LIST_BYTES 2800
#define SCRATCH_CAP 24576
#define TAGS_MAX 16
/* Tags of code spans add 13 bytes, to 3 units at least; a unit is 5 bytes at most. */
#define SHOWN_CAP 40960

struct tag {
	const char *name;
	size_t len;
};

static bool
is_plain(const struct notify_context *ctx)
{
	return ctx->minimal || (ctx->channel != NULL && ctx->channel->plain);
}

/* Ends tags that are open, of markup that was cut perhaps; a half one goes. */
static void
close_tags(struct buf *b)
{
	struct tag open[TAGS_MAX];
	size_t depth = 0;

	for (char *p = b->data; (p = strchr(p, '<')) != NULL;) {
		char *end = strchr(p, '>');
		struct tag tag = {p + 1, strcspn(p + 1, " >")};

		if (end == NULL) {
			b->len = (size_t)(p - b->data);
			*p = '\0';
			break;
		}
		if (p[1] == '/')
			depth -= depth > 0;
		else if (depth < TAGS_MAX)
			open[depth++] = tag;
		p = end;
	}
	while (depth-- > 0)
		buf_addf(b, "</%.*s>", (int)open[depth].len, open[depth].name);
}

/* Appends a line whole, or not at all where it would be too much. */
static void
add_line(struct buf *text, const struct buf *line)
{
	size_t units = escape_units(text->data, text->len) + escape_units(line->data, line->len);

	if (line->len == 0 || line->full || units + 1 > TEXT_UNITS)
		return;
	buf_adds(text, text->len == 0 ? "" : "\n");
	buf_add(text, line->data, line->len);
}

static void
add_headline(const struct message *msg, bool plain, struct buf *text)
{
	bool own = template_applies(msg), bold = !plain && !own;
	char storage[SCRATCH_CAP];
	struct buf line;
	size_t from;

	buf_init(&line, storage, sizeof(storage));
	buf_adds(&line, bold ? "<b>" : "");
	from = line.len;
	headline_add(msg, &line);
	escape_shorten(&line, from, HEADLINE_UNITS);
	buf_adds(&line, bold ? "</b>" : "");
	if (own && !plain)
		close_tags(&line);
	add_line(text, &line);
}

static void
add_details(const struct message *msg, bool plain, struct buf *text)
{
	const struct alert_facts *f = &msg->notice->facts[0];
	enum detail lines[DETAIL_COUNT];
	size_t n = detail_below(msg, lines);
	char storage[SCRATCH_CAP];
	struct buf line;

	buf_init(&line, storage, sizeof(storage));
	detail_add(DETAIL_NOTE, msg, f, &line);
	add_line(text, &line);
	for (size_t i = 0; i < n; i++) {
		buf_init(&line, storage, sizeof(storage));
		buf_addf(&line, plain ? "%s: " : "<b>%s:</b> ", detail_name(lines[i]));
		if (detail_add(lines[i], msg, f, &line))
			add_line(text, &line);
	}
}

/* Below the headline. */
static void
add_body(const struct message *msg, bool plain, struct buf *text)
{
	char storage[SCRATCH_CAP];
	struct buf line;

	buf_init(&line, storage, sizeof(storage));
	headline_add_remarks(msg, &line);
	add_line(text, &line);
	buf_init(&line, storage, sizeof(storage));
	if (template_applies(msg)) {
		template_add_text(msg, &line);
		if (!plain)
			close_tags(&line);
		add_line(text, &line);
	} else if (msg->notice->fact_count == 1) {
		add_details(msg, plain, text);
	} else {
		detail_add_list(msg, "\xe2\x80\xa2 ", LIST_BYTES, &line);
		add_line(text, &line);
	}
}

/* Marked text as the service wants it. */
static void
put_text(const char *marked, bool plain, struct buf *body)
{
	struct code_span spans[CODE_SPANS_MAX];
	char storage[SHOWN_CAP];
	struct buf text;
	size_t count = 0;

	buf_init(&text, storage, sizeof(storage));
	if (plain)
		count = code_span_strip(marked, &text, spans);
	else
		code_span_html(marked, &text);
	jsonw_text(body, "text", text.data);
	if (!plain)
		jsonw_text(body, "parse_mode", "HTML");
	if (count == 0)
		return;
	jsonw_open(body, "entities", '[');
	for (size_t i = 0; i < count; i++) {
		jsonw_open(body, NULL, '{');
		jsonw_text(body, "type", "code");
		jsonw_integer(body, "offset", (int64_t)spans[i].offset);
		jsonw_integer(body, "length", (int64_t)spans[i].length);
		jsonw_close(body, '}');
	}
	jsonw_close(body, ']');
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	bool plain = is_plain(ctx);
	const struct message msg = {n, ctx, plain ? escape_telegram_plain : escape_telegram};
	char storage[SCRATCH_CAP];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	add_headline(&msg, plain, &text);
	if (!ctx->minimal)
		add_body(&msg, plain, &text);
	jsonw_open(body, NULL, '{');
	jsonw_text(body, "chat_id",
	    ctx->channel == NULL || ctx->channel->target == NULL ? "" : ctx->channel->target);
	if (ctx->channel != NULL && ctx->channel->thread > 0)
		jsonw_integer(body, "message_thread_id", ctx->channel->thread);
	put_text(text.data, plain, body);
	if (style_of(n) == STYLE_UNWATCHED)
		jsonw_bool(body, "disable_notification", true);
	jsonw_open(body, "link_preview_options", '{');
	jsonw_bool(body, "is_disabled", true);
	jsonw_close(body, '}');
	jsonw_close(body, '}');
	return !body->full;
}

const struct notify_channel notify_TELEGRAM = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
};
