/*
 * The newest values of each device to a line, those that need a look first. What is idle, and what
 * was never used, says nothing and is counted. Names of devices are untrusted: they come out
 * visible.
 */
#include "show/table_devices.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

#define NAME_COLUMNS 24 /* of a mount point, where the line has room for more */
#define LEAST 0.05      /* less is shown as zero */
#define INODES_LEAST 50.0

static const struct kind {
	const char *label;
	enum metric_id metric; /* a series of it is a device */
	const char *unused;    /* what the hidden ones are */
	/* What it ranks by; NAN: it is not worth a line. */
	double (*rank)(const struct table_input *in, const struct series *s, uint32_t id);
	void (*write)(
	    const struct table_input *in, const struct table_devices *d, size_t i, struct line *l);
} kinds[TABLE_KINDS];

double
table_devices_sibling(const struct table_input *in, const struct series *s, enum metric_id metric)
{
	const char *values[METRIC_LABELS_MAX];
	uint32_t id;

	for (size_t i = 0; i < s->label_count; i++)
		values[i] = series_label(s, i);
	id = series_find(in->latest->series, metric, values);
	return id == SERIES_NONE ? NAN : latest_value(in->latest, id);
}

/* Bytes that went through the interface since it was made. */
static double
count_sibling(const struct table_input *in, const struct series *s, enum metric_id metric)
{
	const char *values[] = {series_label(s, 0)};
	uint32_t id = series_find(in->latest->series, metric, values);

	return id == SERIES_NONE ? NAN : latest_raw(in->latest, id);
}

static double
rank_mount(const struct table_input *in, const struct series *s, uint32_t id)
{
	double usage = latest_value(in->latest, id);

	(void)s;
	return usage < LEAST ? NAN : usage;
}

static double
rank_disk(const struct table_input *in, const struct series *s, uint32_t id)
{
	double busy = latest_value(in->latest, id);
	double bytes = table_devices_sibling(in, s, METRIC_DISK_READ_BYTES) +
	               table_devices_sibling(in, s, METRIC_DISK_WRITE_BYTES);

	return busy < LEAST && !(bytes > 0) ? NAN : busy;
}

/* One that was never used has no line; one that was is worth one while it rests. */
static double
rank_interface(const struct table_input *in, const struct series *s, uint32_t id)
{
	double rate =
	    latest_value(in->latest, id) + table_devices_sibling(in, s, METRIC_NET_TX_BYTES);
	double ever =
	    count_sibling(in, s, METRIC_NET_RX_BYTES) + count_sibling(in, s, METRIC_NET_TX_BYTES);

	return ever <= 0 ? NAN : isnan(rate) ? 0 : rate;
}

static void
insert(struct table_devices *d, uint32_t id, double rank)
{
	size_t at;

	if (isnan(rank) ||
	    (d->len == TABLE_DEVICES_MAX && rank <= d->items[TABLE_DEVICES_MAX - 1].rank)) {
		d->hidden++;
		return;
	}
	d->hidden += d->len == TABLE_DEVICES_MAX;
	d->len -= d->len == TABLE_DEVICES_MAX;
	for (at = d->len++; at > 0 && d->items[at - 1].rank < rank; at--)
		d->items[at] = d->items[at - 1];
	d->items[at] = (struct table_device){id, rank};
}

void
table_devices_find(const struct table_input *in, enum table_kind kind, struct table_devices *out)
{
	const struct latest *latest = in->latest;

	out->kind = kind;
	out->len = out->hidden = 0;
	for (uint32_t id = 0; id < series_capacity(latest->series); id++) {
		const struct series *s = series_at(latest->series, id);

		if (s->gen != 0 && s->metric == kinds[kind].metric &&
		    !isnan(latest_value(latest, id)))
			insert(out, id, kinds[kind].rank(in, s, id));
	}
}

int
table_devices_rows(const struct table_devices *d)
{
	return d->len > 0 ? (int)d->len : d->hidden > 0;
}

static const char *
device_name(const struct table_input *in, const struct table_devices *d, size_t i)
{
	return series_label(series_at(in->latest->series, d->items[i].id), 0);
}

static void
add_value(struct line *l, const char *before, enum metric_id metric, double value, double least)
{
	char text[METRIC_VALUE_MAX];

	if (value >= least)
		line_addf(l, "  %s%s", before, metric_format(metrics[metric].unit, value, text));
}

/* "██████████  99.8%   206 KiB free  /mnt/backup" */
static void
write_mount(const struct table_input *in, const struct table_devices *d, size_t i, struct line *l)
{
	const struct series *s = series_at(in->latest->series, d->items[i].id);
	double free_bytes = table_devices_sibling(in, s, METRIC_DISK_AVAILABLE);
	char size[STR_SIZE_MAX];
	int room;

	line_add_bar(l, table_input_colour(in, d->items[i].rank, LIMIT_DISK), d->items[i].rank);
	line_addf(l, " %10s free", isnan(free_bytes) ? "?" : str_size(free_bytes, size));
	room = l->columns - l->at - 2;
	if (room > 0 && line_add(l, "  "))
		line_add_name(l, device_name(in, d, i),
		    room < 2 * NAME_COLUMNS ? room : room - NAME_COLUMNS, false);
	if (table_devices_sibling(in, s, METRIC_DISK_READ_ONLY) > 0)
		line_paint(l, "33", "  read-only");
	add_value(l, "inodes ", METRIC_DISK_INODE_USAGE,
	    table_devices_sibling(in, s, METRIC_DISK_INODE_USAGE), INODES_LEAST);
	if (strlen(series_label(s, 2)) < NAME_COLUMNS && line_add(l, "  "))
		line_add_name(l, series_label(s, 2), NAME_COLUMNS, false);
}

static void
write_disk(const struct table_input *in, const struct table_devices *d, size_t i, struct line *l)
{
	const struct series *s = series_at(in->latest->series, d->items[i].id);

	line_add_bar(
	    l, table_input_colour(in, d->items[i].rank, LIMIT_DISK_BUSY), d->items[i].rank);
	line_add(l, " ");
	line_add_name(l, device_name(in, d, i), NAME_COLUMNS, false);
	add_value(l, "read ", METRIC_DISK_READ_BYTES,
	    table_devices_sibling(in, s, METRIC_DISK_READ_BYTES), LEAST);
	add_value(l, "write ", METRIC_DISK_WRITE_BYTES,
	    table_devices_sibling(in, s, METRIC_DISK_WRITE_BYTES), LEAST);
	add_value(
	    l, "await ", METRIC_DISK_AWAIT, table_devices_sibling(in, s, METRIC_DISK_AWAIT), LEAST);
}

/* Names below each other are as wide as the widest. */
static int
name_columns(const struct table_input *in, const struct table_devices *d)
{
	int widest = 0;

	for (size_t i = 0; i < d->len; i++)
		widest = (int)num_max(widest, line_columns(device_name(in, d, i)));
	return widest < NAME_COLUMNS / 2 ? widest : NAME_COLUMNS / 2;
}

static void
write_interface(
    const struct table_input *in, const struct table_devices *d, size_t i, struct line *l)
{
	const struct series *s = series_at(in->latest->series, d->items[i].id);
	double rx = latest_value(in->latest, d->items[i].id);
	double errors = table_devices_sibling(in, s, METRIC_NET_RX_ERRORS) +
	                table_devices_sibling(in, s, METRIC_NET_TX_ERRORS);
	double drops = table_devices_sibling(in, s, METRIC_NET_RX_DROPS) +
	               table_devices_sibling(in, s, METRIC_NET_TX_DROPS);

	line_add_name(l, device_name(in, d, i), name_columns(in, d), true);
	if (table_devices_sibling(in, s, METRIC_NET_LINK_UP) <= 0)
		line_paint(l, "1;31", "  down");
	add_value(l, "in ", METRIC_NET_RX_BYTES, rx, 0);
	add_value(
	    l, "out ", METRIC_NET_TX_BYTES, table_devices_sibling(in, s, METRIC_NET_TX_BYTES), 0);
	add_value(l, "errors ", METRIC_NET_RX_ERRORS, errors, LEAST);
	add_value(l, "drops ", METRIC_NET_RX_DROPS, drops, LEAST);
}

static const struct kind kinds[TABLE_KINDS] = {
    [TABLE_MOUNTS] = {"DISK", METRIC_DISK_USAGE, "empty", rank_mount, write_mount},
    [TABLE_DISKS] = {"IO", METRIC_DISK_IO_TIME, "idle", rank_disk, write_disk},
    [TABLE_INTERFACES] = {"NET", METRIC_NET_RX_BYTES, "unused", rank_interface, write_interface},
};

/* Behind the last line, or below it: "(2 unused)" */
static void
add_hidden(const struct table_devices *d, struct line *l)
{
	if (d->hidden == 0)
		return;
	if (!line_addf(l, "  (%zu %s)", d->hidden, kinds[d->kind].unused))
		line_addf(l, " +%zu", d->hidden);
}

void
table_devices_write(
    const struct table_input *in, const struct table_devices *d, int rows, struct line *l)
{
	size_t shown = num_min_size(d->len, (size_t)rows);
	bool all = shown == d->len;

	if (!all && shown > 1)
		shown--; /* the last line counts the rest */
	for (size_t i = 0; i < shown; i++) {
		line_label(l, i == 0 ? kinds[d->kind].label : "");
		kinds[d->kind].write(in, d, i, l);
		if (i + 1 == shown && all)
			add_hidden(d, l);
		else if (rows == 1)
			line_addf(l, " +%zu", d->len - shown);
		line_end(l);
	}
	if (d->len == 0 && d->hidden > 0) {
		line_label(l, kinds[d->kind].label);
		line_addf(l, "%zu %s", d->hidden, kinds[d->kind].unused);
		line_end(l);
	}
	if (all || rows == 1)
		return;
	line_label(l, "");
	line_addf(l, "and %zu more", d->len - shown);
	if (kinds[d->kind].write != write_interface)
		line_addf(l, ", up to %.1f%%", d->items[shown].rank);
	add_hidden(d, l);
	line_end(l);
}
