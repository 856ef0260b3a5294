/*
 * Turns a notice into a message of ntfy, published as JSON: title and text are UTF-8 then, where
 * headers would want them encoded, and no text can end a header. Nothing in it is markup; text from
 * outside is spelled where it cannot be shown, and lines that find no room are left out. The
 * topic's name is as good as a password, so the payload has a slot for it.
 */
#include "notify/notify.h"

#include "notify/detail.h"
#include "notify/headline.h"
#include "notify/jsonw.h"
#include "notify/style.h"
#include "notify/template.h"

/* The service counts bytes: 4096 of a message, and twice as many of the JSON around it. */
#define MESSAGE_BYTES 4096
#define MESSAGE_JSON_BYTES 7000 /* of 8192 */
#define TITLE_BYTES 250
#define SAID_BYTES 1000
#define LIST_BYTES 2900
#define SCRATCH_CAP 24576

static const struct {
	int priority;    /* 1 to 5: min, low, default, high, max */
	const char *tag; /* short code of an emoji */
} looks[STYLE_COUNT] = {
    [SEV_NONE] = {3, "speech_balloon"},
    [SEV_INFO] = {2, "information_source"},
    [SEV_WARN] = {3, "warning"},
    [SEV_CRITICAL] = {4, "rotating_light"},
    [SEV_EMERGENCY] = {5, "sos"},
    [STYLE_RESOLVED] = {3, "white_check_mark"},
    [STYLE_UNWATCHED] = {2, "see_no_evil"},
    [STYLE_TEST] = {3, "bell"},
};

/* Appends a line whole, or not at all where the message would be too long. */
static void
add_line(struct buf *text, const struct buf *line)
{
	if (line->len == 0 || line->full || text->len + line->len + 1 > MESSAGE_BYTES)
		return;
	buf_adds(text, text->len == 0 ? "" : "\n");
	buf_add(text, line->data, line->len);
}

static void
add_details(const struct message *msg, struct buf *text)
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
		buf_addf(&line, "%s: ", detail_name(lines[i]));
		if (detail_add(lines[i], msg, f, &line))
			add_line(text, &line);
	}
}

/* The operator's words: the first line is the title, unless there is no other. */
static void
add_template(const struct message *msg, struct buf *line)
{
	template_add_text(msg, line);
	if (line->len == 0)
		headline_add_text(msg, line);
}

static void
add_list(const struct message *msg, struct buf *line)
{
	detail_add_list(msg, "- ", LIST_BYTES, line);
}

static void
add_part(const struct message *msg, void (*add)(const struct message *msg, struct buf *line),
    size_t max_bytes, struct buf *text)
{
	char storage[SCRATCH_CAP];
	struct buf line;

	buf_init(&line, storage, sizeof(storage));
	add(msg, &line);
	escape_shorten_bytes(&line, 0, max_bytes);
	add_line(text, &line);
}

static void
add_message(const struct message *msg, struct buf *b)
{
	char storage[SCRATCH_CAP], json_storage[SCRATCH_CAP];
	struct buf text, json;

	buf_init(&text, storage, sizeof(storage));
	if (!template_applies(msg))
		add_part(msg, headline_add_text, SAID_BYTES, &text);
	if (!msg->ctx->minimal)
		add_part(msg, headline_add_remarks, SAID_BYTES, &text);
	if (template_applies(msg))
		add_part(msg, add_template, LIST_BYTES, &text);
	else if (!msg->ctx->minimal && msg->notice->fact_count == 1)
		add_details(msg, &text);
	else if (!msg->ctx->minimal)
		add_part(msg, add_list, LIST_BYTES, &text);
	buf_init(&json, json_storage, sizeof(json_storage));
	buf_add_json(&json, text.data, text.len);
	if (json.len > MESSAGE_JSON_BYTES)
		escape_shorten_bytes(&text, 0, text.len - (json.len - MESSAGE_JSON_BYTES));
	jsonw_text(b, "message", text.data);
}

static void
add_title(const struct message *msg, struct buf *b)
{
	char storage[SCRATCH_CAP];
	struct buf title;

	buf_init(&title, storage, sizeof(storage));
	if (template_applies(msg))
		headline_add_text(msg, &title);
	else
		headline_add_origin(msg, &title);
	escape_shorten_bytes(&title, 0, TITLE_BYTES);
	jsonw_text(b, "title", title.data);
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_plain};

	jsonw_open(body, NULL, '{');
	jsonw_slot(body, "topic");
	add_title(&msg, body);
	add_message(&msg, body);
	jsonw_integer(body, "priority", looks[style_of(n)].priority);
	jsonw_open(body, "tags", '[');
	jsonw_text(body, NULL, looks[style_of(n)].tag);
	jsonw_close(body, ']');
	jsonw_close(body, '}');
	return !body->full;
}

const struct notify_channel notify_NTFY = {
    .content_type = "application/json",
    .transport = NOTIFY_HTTP,
    .render = render,
};
