/*
 * A notice to the sheet of a mail, and the sheet to text and to HTML. The texts of the notice are
 * trusted with nothing: each is cut to a length of its own and spelled where it cannot be shown.
 */
#include "notify/mail_sheet.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "notify/phrase.h"
#include "notify/template.h"

#define HEADLINE_UNITS 500
#define NOTE_UNITS 300
#define TEMPLATE_UNITS 900
#define LABELS_UNITS 300
#define LIST_UNITS 2400 /* of all lines together */

#define COLOUR_RESOLVED "#1e8449"
#define COLOUR_TEST "#2874a6"
static const char *const colours[SEV_COUNT] = {
    "#616a6b", "#2874a6", "#b7950b", "#c0392b", "#7d3c98"};

static const char *
colour(const struct notice *n)
{
	if (n->kind == NOTICE_RESOLVE)
		return COLOUR_RESOLVED;
	if (n->kind == NOTICE_TEST)
		return COLOUR_TEST;
	return colours[(unsigned)n->severity < SEV_COUNT ? n->severity : SEV_NONE];
}

/* Starts an item: what is added to the text from here on is its. */
static struct buf *
begin(struct mail_sheet *s, enum mail_item kind, const char *name)
{
	if (s->count < MAIL_SHEET_ITEMS_MAX) {
		s->items[s->count].kind = kind;
		s->items[s->count].name = name;
		s->items[s->count].at = s->text.len;
		s->count++;
	}
	return &s->text;
}

/* Ends it; one without text was none. False: it was none, or there was no room. */
static bool
end(struct mail_sheet *s, size_t max_units)
{
	size_t at = s->items[s->count - 1].at;

	escape_shorten(&s->text, at, max_units);
	buf_addc(&s->text, '\0');
	if (s->text.full || s->text.len == at + 1) {
		s->text.len = at;
		s->text.full = false;
		s->text.data[at] = '\0';
		s->count--;
		return false;
	}
	return true;
}

static void
add_text_row(struct mail_sheet *s, const char *name, const char *text, size_t units)
{
	escape_add(begin(s, MAIL_ROW, name), escape_plain, text, units);
	end(s, units);
}

static void
add_number_row(struct mail_sheet *s, const char *name, const struct alert_facts *f, double value)
{
	char text[METRIC_VALUE_MAX];

	phrase_value(f, value, text);
	add_text_row(s, name, text, METRIC_VALUE_MAX);
}

static void
add_pair(struct buf *b, size_t from, const char *key, const char *value)
{
	buf_adds(b, b->len == from ? "" : ", ");
	escape_add(b, escape_plain, key, 40);
	buf_addc(b, '=');
	escape_add(b, escape_plain, value, 120);
}

static void
add_labels(struct mail_sheet *s, const struct label_set *labels)
{
	struct buf *b = begin(s, MAIL_ROW, "Labels");
	size_t from = b->len;

	for (size_t i = 0; i < labels->count; i++)
		add_pair(b, from, labels->keys[i], label_set_value(labels, i));
	end(s, LABELS_UNITS);
}

static void
add_host(struct mail_sheet *s, const struct notify_context *ctx)
{
	struct buf *b = begin(s, MAIL_ROW, "Host");
	size_t from;

	escape_add(b, escape_plain, ctx->hostname, 100);
	buf_adds(b, ctx->labels.len == 0 ? "" : " (");
	from = b->len;
	for (size_t i = 0; i < ctx->labels.len && b->len - from < 4 * LABELS_UNITS; i++)
		add_pair(b, from, ctx->labels.items[i].key, ctx->labels.items[i].value);
	escape_shorten(b, from, LABELS_UNITS);
	buf_adds(b, ctx->labels.len == 0 ? "" : ")");
	end(s, 2 * LABELS_UNITS);
}

static void
add_fact_rows(struct mail_sheet *s, const struct words *w, const struct alert_facts *f)
{
	bool resolved = words_is_resolved(f);
	char span[STR_SPAN_MAX];

	add_number_row(s, "Value", f, f->value);
	if (resolved)
		add_number_row(s, "Worst", f, f->worst);
	if (!phrase_is_state(f))
		add_number_row(s, "Limit", f, f->limit);
	words_since(w, f, begin(s, MAIL_ROW, "Since"));
	end(s, NOTE_UNITS);
	if (isfinite(f->eta_secs) && !resolved)
		add_text_row(s, "Limit in", str_span((int64_t)f->eta_secs, span), STR_SPAN_MAX);
	words_count(f, begin(s, MAIL_ROW, "Fired"));
	end(s, NOTE_UNITS);
	add_text_row(s, "Cause", f->cause, NOTE_UNITS);
	add_text_row(s, "Metric", phrase_metric(f), 100);
	add_labels(s, &f->labels);
}

/* As many as find room; how many do not is said. */
static void
add_list(struct mail_sheet *s, const struct words *w)
{
	const struct notice *n = w->notice;
	size_t units = 0, i;

	for (i = 0; i < n->fact_count && s->count < MAIL_SHEET_ITEMS_MAX - 8; i++) {
		const struct alert_facts *f = &n->facts[i];
		struct buf *b = begin(s, MAIL_LINE, NULL);
		size_t at = b->len;

		if (n->kind == NOTICE_DIGEST)
			buf_addf(b,
			    "%s: ", words_is_resolved(f) ? "resolved" : severity_name(f->severity));
		words_fact(w, f, b);
		units += escape_units(b->data + at, b->len - at);
		if (units > LIST_UNITS) {
			b->len = at;
			b->data[at] = '\0';
		}
		if (!end(s, LIST_UNITS))
			break;
	}
	if (i < words_total(n)) {
		buf_addf(begin(s, MAIL_LINE, NULL), "and %llu more", words_total(n) - i);
		end(s, NOTE_UNITS);
	}
}

static void
add_footer(struct mail_sheet *s, const struct words *w)
{
	struct buf *b = begin(s, MAIL_FOOTER, NULL);
	char fingerprint[FINGERPRINT_TEXT_MAX];

	buf_adds(b, "sysops-agent ");
	escape_add(b, escape_plain, w->ctx->version, 40);
	if (w->notice->fact_count == 1)
		buf_addf(b, ", alert %s",
		    fingerprint_text(w->notice->facts[0].fingerprint, fingerprint));
	end(s, NOTE_UNITS);
}

static void
add_paragraphs(struct mail_sheet *s, const struct words *w)
{
	words_delay(w, begin(s, MAIL_PARAGRAPH, NULL));
	end(s, NOTE_UNITS);
	begin(s, MAIL_PARAGRAPH, NULL);
	if (template_applies(w))
		template_add_text(w, &s->text);
	else if (w->notice->fact_count == 1)
		escape_add(&s->text, escape_plain, w->notice->facts[0].message, NOTE_UNITS);
	end(s, TEMPLATE_UNITS);
}

void
mail_sheet_fill(struct mail_sheet *s, const struct words *w)
{
	const struct notice *n = w->notice;

	s->colour = colour(n);
	s->count = 0;
	buf_init(&s->text, s->storage, sizeof(s->storage));
	words_headline(w, begin(s, MAIL_HEADLINE, NULL));
	end(s, HEADLINE_UNITS);
	add_paragraphs(s, w);
	if (n->fact_count == 1)
		add_fact_rows(s, w, &n->facts[0]);
	else
		add_list(s, w);
	add_host(s, w->ctx);
	add_footer(s, w);
}

void
mail_sheet_text(const struct mail_sheet *s, struct buf *b)
{
	enum mail_item before = MAIL_HEADLINE;

	for (size_t i = 0; i < s->count; i++) {
		const char *text = s->storage + s->items[i].at;
		enum mail_item kind = s->items[i].kind;

		buf_adds(b, i > 0 && (kind != before || kind == MAIL_PARAGRAPH) ? "\n" : "");
		if (kind == MAIL_ROW)
			buf_addf(b, "%-10s", s->items[i].name);
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
mail_sheet_html(const struct mail_sheet *s, struct buf *b)
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
