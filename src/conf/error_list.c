/*
 * A bounded list of errors and warnings. Checks run in any order; people read in the order of the
 * file, so sorting comes last.
 */
#include "conf/error_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"

struct fault {
	struct place at;
	size_t seq;
	bool warning;
	char text[sizeof(((struct conf_error *)0)->text)];
};

void
error_list_init(struct error_list *f)
{
	memset(f, 0, sizeof(*f));
}

void
error_list_done(struct error_list *f)
{
	for (size_t i = 0; i < f->file_count; i++)
		mem_free(f->files[i]);
	mem_free(f->files);
	mem_free(f->items);
}

int
error_list_file(struct error_list *f, const char *name)
{
	f->files = mem_resize(f->files, f->file_count + 1, sizeof(f->files[0]));
	f->files[f->file_count] = mem_strdup(name);
	return (int)f->file_count++;
}

static void LOG_PRINTF(4, 0)
    keep(struct error_list *f, struct place at, bool warning, const char *fmt, va_list ap)
{
	struct fault *fault;

	*(warning ? &f->warnings : &f->errors) += 1;
	if (f->len == ERROR_LIST_KEPT_MAX)
		return;
	if ((f->len & (f->len - 1)) == 0)
		f->items = mem_resize(f->items, f->len == 0 ? 1 : f->len * 2, sizeof(f->items[0]));
	fault = &f->items[f->len];
	fault->at = at;
	fault->seq = f->len++;
	fault->warning = warning;
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
}

void
error_list_add(struct error_list *f, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(f, at, false, fmt, ap);
	va_end(ap);
}

void
error_list_warn(struct error_list *f, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(f, at, true, fmt, ap);
	va_end(ap);
}

const char *
error_list_place(
    const struct error_list *f, struct place at, struct place from, char out[ERROR_LIST_PLACE_MAX])
{
	struct buf b;

	buf_init(&b, out, ERROR_LIST_PLACE_MAX);
	if (at.file != from.file && (size_t)at.file < f->file_count)
		buf_addf(&b, "%.255s, ", f->files[at.file]);
	buf_addf(&b, "line %d, column %d", at.line, at.col);
	return out;
}

static int
compare(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->at.file != y->at.file)
		return x->at.file < y->at.file ? -1 : 1;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.col != y->at.col)
		return x->at.col < y->at.col ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void
error_list_report(struct error_list *f, struct conf_report *report)
{
	if (f->len > 0)
		qsort(f->items, f->len, sizeof(f->items[0]), compare);
	report->len = f->len < CONF_ERRORS_MAX ? f->len : CONF_ERRORS_MAX;
	report->errors = f->errors;
	report->warnings = f->warnings;
	for (size_t i = 0; i < report->len; i++) {
		const struct fault *fault = &f->items[i];
		struct conf_error *e = &report->items[i];

		str_copy(e->file, sizeof(e->file),
		    (size_t)fault->at.file < f->file_count ? f->files[fault->at.file] : "");
		e->line = fault->at.line;
		e->col = fault->at.col;
		e->warning = fault->warning;
		str_copy(e->text, sizeof(e->text), fault->text);
	}
}

void
conf_report_print(const struct conf_report *report, int fd)
{
	char line[2048 + 4 * sizeof(report->items[0])];
	struct buf b;

	for (size_t i = 0; i < report->len; i++) {
		const struct conf_error *e = &report->items[i];

		buf_init(&b, line, sizeof(line));
		if (e->file[0] == '\0')
			buf_adds(&b, "\"\"");
		buf_add_visible(&b, e->file, strlen(e->file));
		if (e->line > 0)
			buf_addf(&b, ":%d:%d", e->line, e->col);
		buf_addf(&b, ": %s: ", e->warning ? "warning" : "error");
		buf_add_visible(&b, e->text, strlen(e->text));
		buf_addc(&b, '\n');
		io_write_all(fd, line, b.len);
	}
	if (report->errors + report->warnings > report->len) {
		buf_init(&b, line, sizeof(line));
		buf_addf(&b, "... and %zu more\n", report->errors + report->warnings - report->len);
		io_write_all(fd, line, b.len);
	}
}
