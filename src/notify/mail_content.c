/*
 * Collects what a mail says of a notice, and writes that as text and as HTML. The texts of the
 * notice are trusted with nothing: each is cut to a length of its own and spelled where it cannot
 * be shown. What finds no room is left out.
 */
#include "notify/mail_content.h"

#include <string.h>

#include "notify/detail.h"
#include "notify/headline.h"
#include "notify/style.h"
#include "notify/template.h"

#define HEADLINE_UNITS 500
#define ROW_UNITS 250
#define TEMPLATE_UNITS 900
#define LIST_BYTES 6000 /* of all lines together */

/* Darker than in a chat: the text is on white. */
static const char *const colours[STYLE_COUNT] = {
    [SEV_NONE] = "#616a6b",
    [SEV_INFO] = "#2874a6",
    [SEV_WARN] = "#b7950b",
    [SEV_CRITICAL] = "#c0392b",
    [SEV_EMERGENCY] = "#7d3c98",
    [STYLE_RESOLVED] = "#1e8449",
    [STYLE_UNWATCHED] = "#616a6b",
    [STYLE_TEST] = "#2874a6",
};

/* Starts an item: what is added to the text from here on is its. */
static struct buf *
begin(struct mail_content *s, enum mail_item kind, const char *name)
{
	if (s->count < MAIL_CONTENT_ITEMS_MAX) {
		s->items[s->count].kind = kind;
		s->items[s->count].name = name;
		s->items[s->count].at = s->text.len;
		s->count++;
	}
	return &s->text;
}

/* Ends it; one without text was none. False: it was none, or there was no room. */
static bool
end(struct mail_content *s, size_t max_units)
{
	size_t at = s->items[s->count - 1].at;

	escape_shorten(&s->text, at, max_units);
	buf_addc(&s->text, '\0');
	if (s->text.full || s->text.len == at + 1) {
		buf_rewind(&s->text, (struct buf_mark){at, false});
		s->count--;
		return false;
	}
	return true;
}

static void
add_fact_rows(struct mail_content *s, const struct message *msg, const struct alert_facts *f)
{
	enum detail rows[DETAIL_COUNT];
	size_t n = detail_below(msg, rows);

	for (size_t i = 0; i < n; i++) {
		detail_add(rows[i], msg, f, begin(s, MAIL_ROW, detail_name(rows[i])));
		end(s, ROW_UNITS);
	}
}

/* A line each. */
static void
add_list(struct mail_content *s, const struct message *msg)
{
	char storage[LIST_BYTES];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	detail_add_list(msg, "", LIST_BYTES - 1, &text);
	for (const char *line = storage; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		buf_add(begin(s, MAIL_LINE, NULL), line, len);
		end(s, LIST_BYTES);
		line += len + (line[len] == '\n');
	}
}

static void
add_footer(struct mail_content *s, const struct message *msg)
{
	struct buf *b = begin(s, MAIL_FOOTER, NULL);
	char fingerprint[FINGERPRINT_TEXT_MAX];

	buf_adds(b, "sysops-agent ");
	escape_add(b, escape_plain, msg->ctx->version, 40);
	if (msg->notice->fact_count == 1)
		buf_addf(b, ", alert %s", facts_case_text(&msg->notice->facts[0], fingerprint));
	end(s, ROW_UNITS);
}

static void
add_paragraphs(struct mail_content *s, const struct message *msg)
{
	headline_add_remarks(msg, begin(s, MAIL_PARAGRAPH, NULL));
	end(s, ROW_UNITS);
	begin(s, MAIL_PARAGRAPH, NULL);
	if (template_applies(msg))
		template_add_text(msg, &s->text);
	else if (msg->notice->fact_count == 1)
		detail_add(DETAIL_NOTE, msg, &msg->notice->facts[0], &s->text);
	end(s, TEMPLATE_UNITS);
}

void
mail_content_fill(struct mail_content *s, const struct message *msg)
{
	const struct notice *n = msg->notice;

	s->colour = colours[style_of(n)];
	s->count = 0;
	buf_init(&s->text, s->storage, sizeof(s->storage));
	headline_add(msg, begin(s, MAIL_HEADLINE, NULL));
	end(s, HEADLINE_UNITS);
	add_paragraphs(s, msg);
	if (n->fact_count == 1)
		add_fact_rows(s, msg, &n->facts[0]);
	else
		add_list(s, msg);
	if (detail_names_host(msg)) {
		escape_add(begin(s, MAIL_ROW, "Host"), escape_plain, msg->ctx->hostname, ROW_UNITS);
		end(s, ROW_UNITS);
	}
	add_footer(s, msg);
}

void
mail_content_text(const struct mail_content *s, struct buf *b)
{
	enum mail_item before = MAIL_HEADLINE;

	for (size_t i = 0; i < s->count; i++) {
		const char *text = s->storage + s->items[i].at;
		enum mail_item kind = s->items[i].kind;

		buf_adds(b, i > 0 && (kind != before || kind == MAIL_PARAGRAPH) ? "\n" : "");
		if (kind == MAIL_ROW)
			buf_addf(b, "%s: ", s->items[i].name);
		else if (kind == MAIL_LINE)
			buf_adds(b, "- ");
		else if (kind == MAIL_FOOTER)
			buf_adds(b, "-- \n");
		buf_adds(b, text);
		buf_addc(b, '\n');
		before = kind;
	}
}

static void
add_html(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_adds(b, "<br>\n");
		else if (strchr("&<>\"'", *text) != NULL)
			buf_addf(b, "&#%d;", *text);
		else
			buf_addc(b, *text);
	}
}

/* What stands around and between the items of a kind. */
static const struct tags {
	const char *open, *before, *after, *close;
} tags[] = {
    [MAIL_HEADLINE] = {"", "", "</p>\n", ""},
    [MAIL_PARAGRAPH] = {"", "<p>", "</p>\n", ""},
    [MAIL_ROW] = {"<table cellpadding=\"3\">\n", "<tr>", "</td></tr>\n", "</table>\n"},
    [MAIL_LINE] = {"<ul>\n", "<li>", "</li>\n", "</ul>\n"},
    [MAIL_FOOTER] = {"", "<p style=\"color:#808080;font-size:small\">", "</p>\n", ""},
};

void
mail_content_html(const struct mail_content *s, struct buf *b)
{
	buf_adds(b, "<!DOCTYPE html>\n<html><body style=\"font-family:sans-serif\">\n");
	for (size_t i = 0; i < s->count; i++) {
		enum mail_item kind = s->items[i].kind;
		const struct tags *t = &tags[kind];

		buf_adds(b, i == 0 || s->items[i - 1].kind != kind ? t->open : "");
		buf_adds(b, t->before);
		if (kind == MAIL_HEADLINE)
			buf_addf(b,
			    "<p style=\"font-size:large;font-weight:bold;border-left:6px solid "
			    "%s;padding-left:8px\">",
			    s->colour);
		else if (kind == MAIL_ROW)
			buf_addf(b, "<td style=\"color:#606060\">%s</td><td>", s->items[i].name);
		add_html(b, s->storage + s->items[i].at);
		buf_adds(b, t->after);
		buf_adds(b, i + 1 == s->count || s->items[i + 1].kind != kind ? t->close : "");
	}
	buf_adds(b, "</body></html>\n");
}
