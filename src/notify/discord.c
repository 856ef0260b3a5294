/*
 * Turns a notice into a Discord webhook message: one embed, coloured by severity, that pings
 * nobody. Markup and mentions in text from outside are escaped. The service refuses messages over
 * its limits (developers' documentation, "Embed Limits"), so each part has a cap of its own and
 * their sum stays under the total; after a refusal there is a form of one line.
 */
#include "notify/notify.h"

#include <string.h>

#include "notify/detail.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/style.h"
#include "notify/template.h"

/* The service's limits, in characters; we count UTF-16 units, of which there are never fewer. */
#define TITLE_UNITS 256        /* its limit too */
#define DESCRIPTION_UNITS 2400 /* of 4096 */
#define VALUE_UNITS 256        /* of 1024 */
#define FIELDS_MAX 11          /* of 25 */
#define FIELD_NAME_UNITS 24    /* of 256 */
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
add_host(const struct message *msg, struct buf *b)
{
	char storage[VALUE_UNITS * 24];
	struct buf value;

	buf_init(&value, storage, sizeof(storage));
	escape_add(&value, escape_discord, msg->ctx->hostname, VALUE_UNITS);
	add_field(b, "Host", value.data, true);
}

static void
add_detail(const struct message *msg, enum detail what, struct buf *b)
{
	char storage[SCRATCH_CAP];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	detail_add(what, msg, &msg->notice->facts[0], &text);
	escape_shorten(&text, 0, VALUE_UNITS);
	add_field(b, detail_name(what), text.data, !detail_is_long(what));
}

static void
add_fields(const struct message *msg, struct buf *b)
{
	enum detail fields[DETAIL_COUNT];
	size_t n = msg->notice->fact_count == 1 ? detail_below(msg, fields) : 0;

	jsonw_open(b, "fields", '[');
	if (detail_names_host(msg))
		add_host(msg, b);
	for (size_t i = 0; i < n && i < FIELDS_MAX - 1; i++)
		add_detail(msg, fields[i], b);
	jsonw_close(b, ']');
}

static void
add_paragraph(struct buf *text, escape_fn *escape, const char *words)
{
	if (words[0] == '\0')
		return;
	buf_adds(text, text->len == 0 ? "" : "\n");
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
		struct buf_mark before = buf_mark(text);

		buf_addf(text, "%s- ", before.len == 0 ? "" : "\n");
		detail_add_item(msg, f, text);
		if (escape_units(text->data, text->len) > DESCRIPTION_UNITS - 40) {
			buf_rewind(text, before);
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
	add_paragraph(&text, buf_add, line.data);
	if (template_applies(msg)) {
		buf_adds(&text, text.len == 0 ? "" : "\n");
		template_add_text(msg, &text);
	} else if (n->fact_count == 1) {
		add_paragraph(&text, escape_discord, n->facts[0].message);
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
