/*
 * Firing alerts to "! CRIT /mnt/backup 99.8%  206 KiB free   7m  told discord": what, where, how
 * much, then what helps, and at the right how long and who knows. What is too long loses the least
 * important part first. Names of the host are untrusted, and come out visible.
 */
#include "show/table_alerts.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "notify/fact_text.h"
#include "show/status_alert.h"
#include "show/table_devices.h"

#define TEXT_MAX 512
#define WHERE_LEAST 8 /* columns of a place; less tells nothing apart */
#define TOLD_PART 3   /* of this many parts of a line, one is for who knows */
#define TOLD_LEAST 19 /* columns: "told discord, email" */
#define AGE_COLUMNS 4
#define MARK_COLUMNS 7 /* "! CRIT " */

static const struct look {
	const char *word, *colour;
} looks[SEV_COUNT] = {
    [SEV_NONE] = {"NOTE", ""},
    [SEV_INFO] = {"INFO", "36"},
    [SEV_WARN] = {"WARN", "33"},
    [SEV_CRITICAL] = {"CRIT", "1;31"},
    [SEV_EMERGENCY] = {"EMER", "1;35"},
};

/* " 42s", "  7m": no more than that, so that who knows stands in one column. */
static void
say_age(const struct table_input *in, const struct alert_view *view, struct buf *b)
{
	static const struct {
		int64_t most, secs;
		char unit;
	} units[] = {{100, 1, 's'}, {6000, 60, 'm'}, {100 * 3600, 3600, 'h'}};
	int64_t secs = clock_span_ms(&view->facts->since, &in->now) / 1000;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (secs < units[i].most) {
			buf_addf(b, "%3d%c", (int)(secs / units[i].secs), units[i].unit);
			return;
		}
	}
	buf_addf(b, "%3dd", (int)num_min(secs / 86400, 999));
}

/* "  told discord", in so many columns at most. */
static void
say_told(const struct table_input *in, const struct alert_view *view, int columns, struct buf *b)
{
	char told[TEXT_MAX];
	struct buf t;

	buf_init(&t, told, sizeof(told));
	status_alert_add_told(view, in->outbox, &t);
	buf_adds(b, "  ");
	escape_add(b, buf_add_visible, told, (size_t)columns);
}

/* What is measured; of a file system's space the place says it. */
static void
say_what(const struct alert_facts *f, char *text, size_t cap)
{
	struct buf b;

	buf_init(&b, text, cap);
	if (subject_is_metric(&f->subject, METRIC_DISK_USAGE))
		return;
	fact_text_add_subject(f, buf_add_visible, &b);
	if (f->subject.labels.count > 0)
		buf_addc(&b, ' ');
}

static void
say_value(const struct alert_facts *f, char *text, size_t cap)
{
	char value[METRIC_VALUE_MAX];
	struct buf b;

	buf_init(&b, text, cap);
	fact_text_value(f, f->value, value);
	if (value[0] != '\0')
		buf_addf(&b, " %s", value);
	else if (f->message[0] != '\0') {
		buf_addc(&b, ' ');
		escape_add(&b, buf_add_visible, f->message, TEXT_MAX / 4);
	}
}

static void
say_where(const struct alert_facts *f, char *text, size_t cap)
{
	struct buf b;

	buf_init(&b, text, cap);
	fact_text_add_where(f, buf_add, cap / 2, &b); /* as it is: the line makes it visible */
}

/* Free bytes of a disk, else the cause that was told. */
static void
add_help(const struct table_input *in, const struct alert_view *view, struct line *l)
{
	uint32_t id = series_by_hash(in->latest->series, view->facts->subject.hash);
	double free_bytes = NAN;
	char size[STR_SIZE_MAX];

	if (id != SERIES_NONE && subject_is_metric(&view->facts->subject, METRIC_DISK_USAGE))
		free_bytes = table_devices_sibling(
		    in, series_at(in->latest->series, id), METRIC_DISK_AVAILABLE);
	if (!isnan(free_bytes))
		line_addf(l, "  %s free", str_size(free_bytes, size));
	if (view->cause[0] != '\0' && l->columns - l->at > WHERE_LEAST + 2) {
		char cause[TEXT_MAX];
		struct buf b;

		buf_init(&b, cause, sizeof(cause));
		buf_adds(&b, "  ");
		escape_add(&b, buf_add_visible, view->cause, (size_t)(l->columns - l->at - 2));
		line_add(l, cause);
	}
}

static void
write_alert(const struct table_input *in, const struct alert_view *view, struct line *l)
{
	const struct look *look = &looks[severity_checked(view->facts->severity)];
	char what[TEXT_MAX], where[TEXT_MAX], value[TEXT_MAX], right[TEXT_MAX];
	int columns = l->columns, said, room;
	struct buf b;

	buf_init(&b, right, sizeof(right));
	say_what(view->facts, what, sizeof(what));
	say_where(view->facts, where, sizeof(where));
	say_value(view->facts, value, sizeof(value));
	said = MARK_COLUMNS + line_columns(what) + line_columns(value);
	say_age(in, view, &b);
	room = columns - said - AGE_COLUMNS - 4 - (where[0] == '\0' ? 0 : WHERE_LEAST);
	if (room >= TOLD_LEAST)
		say_told(in, view, (int)num_max(TOLD_LEAST, columns / TOLD_PART), &b);
	room = columns - said - line_columns(right) - 2;
	line_paint(l, look->colour, "! ");
	line_paint(l, look->colour, look->word);
	line_add(l, " ");
	l->columns = columns - line_columns(right) - 1;
	line_add(l, what);
	line_add_name(l, where, (int)num_max(room, 1), false);
	line_add(l, value);
	add_help(in, view, l);
	l->columns = columns;
	line_pad(l, columns - line_columns(right));
	line_add(l, right);
	line_end(l);
}

void
table_alerts_write(const struct table_input *in, int rows, struct line *l)
{
	size_t firing = in->alerts->firing;
	size_t shown = num_min_size(firing, (size_t)rows);

	if (shown < firing && shown > 1)
		shown--;
	for (size_t i = 0; i < shown && i < in->alerts->len; i++)
		write_alert(in, &in->alerts->items[i], l);
	if (shown == firing || rows == 1)
		return; /* the head has how many there are */
	line_addf(l, "       and %zu more: sysops-agent status", firing - shown);
	line_end(l);
}
