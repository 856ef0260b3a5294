/*
 * Marks to tags, or to places in the text. Marks come from the escapes alone, but a cut may have
 * taken one of a pair, and a template puts them anywhere: whatever the order, tags are balanced.
 */
#include "notify/code_span.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "notify/escape.h"

struct writer {
	struct buf *out;
	bool open;   /* a span of ours */
	bool in_tag; /* between < and > */
	bool in_raw; /* in a code span that is not ours */
};

static void
open_span(struct writer *w)
{
	if (w->open || w->in_tag || w->in_raw)
		return;
	buf_adds(w->out, "<code>");
	w->open = true;
}

static void
close_span(struct writer *w)
{
	if (w->open)
		buf_adds(w->out, "</code>");
	w->open = false;
}

static void
begin_tag(struct writer *w, const char *tag)
{
	bool is_end = tag[1] == '/';
	const char *name = tag + 1 + is_end;

	close_span(w);
	w->in_tag = true;
	if (str_starts(name, "code") || str_starts(name, "pre"))
		w->in_raw = !is_end;
}

void
code_span_html(const char *marked, struct buf *out)
{
	struct writer w = {.out = out};

	for (const char *p = marked; *p != '\0'; p++) {
		if (*p == ESCAPE_CODE_OPEN) {
			open_span(&w);
			continue;
		}
		if (*p == ESCAPE_CODE_CLOSE) {
			close_span(&w);
			continue;
		}
		if (*p == '<')
			begin_tag(&w, p);
		else if (*p == '>')
			w.in_tag = false;
		else if (*p == '\n')
			close_span(&w);
		buf_addc(out, *p);
	}
	close_span(&w);
}

size_t
code_span_strip(const char *marked, struct buf *out, struct code_span spans[CODE_SPANS_MAX])
{
	size_t count = 0, from = out->len, begin = 0;
	bool open = false;

	for (const char *p = marked;; p++) {
		bool is_mark = *p == ESCAPE_CODE_OPEN || *p == ESCAPE_CODE_CLOSE;

		if (open && (is_mark || *p == '\n' || *p == '\0')) {
			size_t end = escape_units(out->data + from, out->len - from);

			open = false;
			if (end > begin && count < CODE_SPANS_MAX)
				spans[count++] = (struct code_span){begin, end - begin};
		}
		if (*p == '\0')
			return count;
		if (*p == ESCAPE_CODE_OPEN) {
			open = true;
			begin = escape_units(out->data + from, out->len - from);
		}
		if (!is_mark)
			buf_addc(out, *p);
	}
}
