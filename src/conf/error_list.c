/*
 * Gathers errors and warnings with their places. Checks run in any order; people read in the order
 * of the file, so sorting comes last. A file full of mistakes cannot fill the memory: past a bound
 * they are only counted. Texts of the file are made visible before a terminal sees them.
 */
#include "conf/error_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

struct error_item {
	struct place at;
	size_t seq;
	bool warning;
	char text[sizeof(((struct conf_error *)0)->text)];
};

void
error_list_init(struct error_list *list)
{
	memset(list, 0, sizeof(*list));
}

void
error_list_done(struct error_list *list)
{
	for (size_t i = 0; i < list->file_count; i++)
		mem_free(list->files[i]);
	mem_free(list->files);
	mem_free(list->items);
}

int
error_list_file(struct error_list *list, const char *name)
{
	list->files = mem_resize(list->files, list->file_count + 1, sizeof(list->files[0]));
	list->files[list->file_count] = mem_strdup(name);
	return (int)list->file_count++;
}

static void PRINTF_LIKE(4, 0)
    keep(struct error_list *list, struct place at, bool warning, const char *fmt, va_list ap)
{
	struct error_item *item;

	*(warning ? &list->warnings : &list->errors) += 1;
	if (list->len == ERROR_LIST_KEPT_MAX)
		return;
	list->items = mem_grow(list->items, list->len, &list->cap, sizeof(*list->items));
	item = &list->items[list->len];
	item->at = at;
	item->seq = list->len++;
	item->warning = warning;
	vsnprintf(item->text, sizeof(item->text), fmt, ap);
}

void
error_list_add(struct error_list *list, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(list, at, false, fmt, ap);
	va_end(ap);
}

void
error_list_warn(struct error_list *list, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(list, at, true, fmt, ap);
	va_end(ap);
}

const char *
error_list_place(const struct error_list *list, struct place at, struct place from,
    char out[ERROR_LIST_PLACE_MAX])
{
	struct buf b;

	buf_init(&b, out, ERROR_LIST_PLACE_MAX);
	if (at.file != from.file && (size_t)at.file < list->file_count)
		buf_addf(&b, "%.255s, ", list->files[at.file]);
	buf_addf(&b, "line %d, column %d", at.line, at.col);
	return out;
}

static int
compare(const void *a, const void *b)
{
	const struct error_item *x = a, *y = b;

	if (x->at.file != y->at.file)
		return x->at.file - y->at.file;
	if (x->at.line != y->at.line)
		return x->at.line - y->at.line;
	if (x->at.col != y->at.col)
		return x->at.col - y->at.col;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void
error_list_report(struct error_list *list, struct conf_report *report)
{
	if (list->len > 0)
		qsort(list->items, list->len, sizeof(list->items[0]), compare);
	report->len = num_min_size(list->len, CONF_ERRORS_MAX);
	report->errors = list->errors;
	report->warnings = list->warnings;
	for (size_t i = 0; i < report->len; i++) {
		const struct error_item *item = &list->items[i];
		struct conf_error *e = &report->items[i];

		str_copy(e->file, sizeof(e->file),
		    (size_t)item->at.file < list->file_count ? list->files[item->at.file] : "");
		e->line = item->at.line;
		e->col = item->at.col;
		e->warning = item->warning;
		str_copy(e->text, sizeof(e->text), item->text);
	}
}

const char *
conf_error_line(const struct conf_error *e, char out[CONF_ERROR_LINE_MAX])
{
	struct buf b;

	buf_init(&b, out, CONF_ERROR_LINE_MAX);
	if (e->file[0] == '\0')
		buf_adds(&b, "\"\"");
	buf_add_visible(&b, e->file, strlen(e->file));
	if (e->line > 0)
		buf_addf(&b, ":%d:%d", e->line, e->col);
	buf_addf(&b, ": %s: ", e->warning ? "warning" : "error");
	buf_add_visible(&b, e->text, strlen(e->text));
	return out;
}

void
conf_report_print(const struct conf_report *report, int fd)
{
	char line[CONF_ERROR_LINE_MAX + 1];

	for (size_t i = 0; i < report->len; i++) {
		conf_error_line(&report->items[i], line);
		str_copy(line + strlen(line), 2, "\n");
		io_write_all(fd, line, strlen(line));
	}
	if (report->errors + report->warnings > report->len) {
		snprintf(line, sizeof(line), "... and %zu more\n",
		    report->errors + report->warnings - report->len);
		io_write_all(fd, line, strlen(line));
	}
}
