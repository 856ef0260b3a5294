/*
 * Latest values in, lines for a person out. A row whose values are absent is left out, and so is a
 * part of a row; zero is not worth a word. What fires is on top, bars stand in one column. Names of
 * devices and processes are untrusted: they come out visible.
 */
#include "show/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "base/zone.h"
#include "show/table_alerts.h"
#include "show/table_devices.h"

#define LEAST 0.05 /* less is shown as zero */
#define HOST_COLUMNS 60

/* From top to bottom. */
enum section {
	SECTION_HEAD,
	SECTION_ALERTS,
	SECTION_CPU,
	SECTION_MEMORY,
	SECTION_MOUNTS,
	SECTION_DISKS,
	SECTION_INTERFACES,
	SECTION_TCP,
	SECTION_PROCESSES,
	SECTION_TOP_CPU,
	SECTION_TOP_MEMORY,
	SECTIONS
};

struct table {
	const struct table_input *in;
	struct line line;
	struct table_devices devices[TABLE_KINDS];
	int needs[SECTIONS], rows[SECTIONS];
};

/* Who is given room first, and how much of it before the others are asked. */
static const struct {
	enum section section;
	int least;
} order[] = {
    {SECTION_HEAD, 1},
    {SECTION_ALERTS, 6},
    {SECTION_CPU, 1},
    {SECTION_MEMORY, 1},
    {SECTION_MOUNTS, 2},
    {SECTION_INTERFACES, 1},
    {SECTION_TOP_CPU, 1},
    {SECTION_TOP_MEMORY, 1},
    {SECTION_DISKS, 1},
    {SECTION_PROCESSES, 1},
    {SECTION_TCP, 1},
};

static double
plain(const struct table *t, enum metric_id metric)
{
	return latest_plain(t->in->latest, metric);
}

/* "  name value", unless the value is absent or zero. */
static void
add_value(struct table *t, const char *before, enum metric_id metric)
{
	double value = plain(t, metric);
	char text[METRIC_VALUE_MAX];

	if (value >= LEAST)
		line_addf(
		    &t->line, "  %s%s", before, metric_format(metrics[metric].unit, value, text));
}

/* "web-01  up 42 min  18:35:02  every 10 s            4 ALERTS" */
static void
write_head(struct table *t)
{
	const struct table_input *in = t->in;
	char when[CLOCK_ISO8601_MAX], up[STR_SPAN_MAX], right[64] = "";
	struct line *l = &t->line;
	int columns = l->columns;

	if (in->alerts != NULL && in->alerts->firing > 0)
		snprintf(right, sizeof(right), " %zu ALERT%s ", in->alerts->firing,
		    in->alerts->firing == 1 ? "" : "S");
	l->columns -= line_columns(right);
	if (in->colour)
		buf_adds(l->out, "\033[7m");
	line_add(l, " ");
	line_add_name(l, in->hostname, (int)num_min(HOST_COLUMNS, l->columns / 2), false);
	if (!isnan(in->uptime_secs))
		line_addf(l, "  up %s", str_span((int64_t)in->uptime_secs, up));
	line_addf(l, "  %s", zone_hms(in->now.wall_ms, when));
	if (in->interval_secs > 0)
		line_addf(l, "  every %g s", in->interval_secs);
	line_add(l, "  sysops-agent " SYSOPS_VERSION);
	l->columns = columns;
	if (in->colour || right[0] != '\0')
		line_pad(l, columns - line_columns(right));
	line_paint(l, "7;1;31", right);
	if (in->colour)
		buf_adds(l->out, "\033[0m");
	line_end(l);
}

/* The series of cores are those that are online. */
static unsigned
count_cores(const struct table *t)
{
	const struct latest *latest = t->in->latest;
	unsigned cores = 0;

	for (uint32_t id = 0; id < series_capacity(latest->series); id++) {
		const struct series *s = series_at(latest->series, id);

		cores += s->gen != 0 && s->metric == METRIC_CPU_CORE_USAGE &&
		         !isnan(latest_value(latest, id));
	}
	return cores;
}

static void
write_cpu(struct table *t)
{
	double usage = plain(t, METRIC_CPU_USAGE), load = plain(t, METRIC_CPU_LOAD_1M);
	unsigned cores = count_cores(t);

	line_label(&t->line, "CPU");
	if (!isnan(usage))
		line_add_bar(&t->line, table_input_colour(t->in, usage, LIMIT_CPU), usage);
	if (!isnan(load))
		line_addf(&t->line, "  load %.2f %.2f %.2f", load, plain(t, METRIC_CPU_LOAD_5M),
		    plain(t, METRIC_CPU_LOAD_15M));
	if (cores > 0)
		line_addf(&t->line, " / %u core%s", cores, cores == 1 ? "" : "s");
	add_value(t, "iowait ", METRIC_CPU_IOWAIT);
	add_value(t, "steal ", METRIC_CPU_STEAL);
	add_value(t, "user ", METRIC_CPU_USER);
	add_value(t, "system ", METRIC_CPU_SYSTEM);
	line_end(&t->line);
}

static void
write_memory(struct table *t)
{
	double usage = plain(t, METRIC_MEM_USAGE), used = plain(t, METRIC_MEM_USED);
	double available = plain(t, METRIC_MEM_AVAILABLE), swap = plain(t, METRIC_MEM_SWAP_USAGE);
	char text[STR_SIZE_MAX], total[STR_SIZE_MAX];

	line_label(&t->line, "MEM");
	line_add_bar(&t->line, table_input_colour(t->in, usage, LIMIT_MEMORY), usage);
	if (!isnan(used) && !isnan(available))
		line_addf(&t->line, "  %s of %s", str_size(used, text),
		    str_size(used + available, total));
	if (isnan(swap))
		line_add(&t->line, "  no swap");
	else
		line_addf(&t->line, "  swap %.1f%%", swap);
	add_value(t, "pressure ", METRIC_MEM_PRESSURE_SOME);
	add_value(t, "available ", METRIC_MEM_AVAILABLE);
	add_value(t, "cached ", METRIC_MEM_CACHED);
	line_end(&t->line);
}

static void
write_tcp(struct table *t)
{
	line_label(&t->line, "TCP");
	line_addf(&t->line, "%.0f connections", plain(t, METRIC_NET_TCP_CONNECTIONS));
	add_value(t, "listen overflows ", METRIC_NET_LISTEN_OVERFLOWS);
	add_value(t, "retransmits ", METRIC_NET_TCP_RETRANSMITS);
	add_value(t, "conntrack ", METRIC_NET_CONNTRACK_USAGE);
	add_value(t, "time-wait ", METRIC_NET_TCP_TIME_WAIT);
	line_end(&t->line);
}

static void
write_processes(struct table *t)
{
	line_label(&t->line, "PROC");
	line_addf(&t->line, "%.0f processes", plain(t, METRIC_PROC_COUNT));
	add_value(t, "zombies ", METRIC_PROC_ZOMBIES);
	add_value(t, "threads ", METRIC_PROC_THREADS);
	add_value(t, "open files ", METRIC_FD_USED);
	line_end(&t->line);
}

static bool
is_worth_cpu(const struct process_view *p)
{
	return p->cpu_percent >= LEAST;
}

/* Of as many as have room. */
static void
write_top(struct table *t, const char *label, const char *of, bool by_cpu)
{
	const struct process_view *top = by_cpu ? t->in->by_cpu : t->in->by_rss;
	size_t n = by_cpu ? t->in->cpu_count : t->in->rss_count;
	struct line *l = &t->line;

	line_label(l, label);
	line_add(l, of);
	for (size_t i = 0; i < n && (!by_cpu || is_worth_cpu(&top[i])); i++) {
		char name[sizeof(top[i].name) * 4], size[STR_SIZE_MAX];
		struct buf b;

		buf_init(&b, name, sizeof(name));
		buf_add_visible(&b, top[i].name, strlen(top[i].name));
		if (!(by_cpu ? line_addf(
		                   l, "%s %s %.1f%%", i > 0 ? "," : "", name, top[i].cpu_percent)
		             : line_addf(l, "%s %s %s", i > 0 ? "," : "", name,
		                   str_size(top[i].rss_bytes, size))))
			break;
	}
	line_end(l);
}

static void
find_needs(struct table *t)
{
	const struct table_input *in = t->in;
	int *needs = t->needs;

	for (int kind = 0; kind < TABLE_KINDS; kind++)
		table_devices_find(in, (enum table_kind)kind, &t->devices[kind]);
	needs[SECTION_HEAD] = 1;
	if (in->alerts != NULL)
		needs[SECTION_ALERTS] = (int)num_min_size(in->alerts->firing, in->alerts->len);
	needs[SECTION_CPU] =
	    !isnan(plain(t, METRIC_CPU_USAGE)) || !isnan(plain(t, METRIC_CPU_LOAD_1M));
	needs[SECTION_MEMORY] = !isnan(plain(t, METRIC_MEM_USAGE));
	needs[SECTION_MOUNTS] = table_devices_rows(&t->devices[TABLE_MOUNTS]);
	needs[SECTION_DISKS] = table_devices_rows(&t->devices[TABLE_DISKS]);
	needs[SECTION_INTERFACES] = table_devices_rows(&t->devices[TABLE_INTERFACES]);
	needs[SECTION_TCP] = plain(t, METRIC_NET_TCP_CONNECTIONS) > 0;
	needs[SECTION_PROCESSES] = !isnan(plain(t, METRIC_PROC_COUNT));
	needs[SECTION_TOP_CPU] = in->cpu_count > 0 && is_worth_cpu(&in->by_cpu[0]);
	needs[SECTION_TOP_MEMORY] = in->rss_count > 0;
}

/* A round for the least that each should have, then one for all that they need. */
static void
give_rows(struct table *t)
{
	int left = t->in->rows > 0 ? t->in->rows : INT16_MAX;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
			int *rows = &t->rows[order[i].section];
			int wanted = t->needs[order[i].section];
			int more;

			if (round == 0)
				wanted = (int)num_min(wanted, order[i].least);
			more = (int)num_min(left, wanted - *rows);
			*rows += more;
			left -= more;
		}
	}
}

void
table_add_world(struct table_input *in, const struct collect *collect)
{
	in->uptime_secs = latest_plain(in->latest, METRIC_KERNEL_UPTIME);
	in->cpu_count = collect_top_processes(collect, true, in->by_cpu, TABLE_TOP_PROCESSES);
	in->rss_count = collect_top_processes(collect, false, in->by_rss, TABLE_TOP_PROCESSES);
}

static void
write_section(struct table *t, enum section section)
{
	static void (*const writers[SECTIONS])(struct table * t) = {
	    [SECTION_HEAD] = write_head,
	    [SECTION_CPU] = write_cpu,
	    [SECTION_MEMORY] = write_memory,
	    [SECTION_TCP] = write_tcp,
	    [SECTION_PROCESSES] = write_processes,
	};
	int rows = t->rows[section];

	if (writers[section] != NULL)
		writers[section](t);
	else if (section == SECTION_ALERTS)
		table_alerts_write(t->in, rows, &t->line);
	else if (section == SECTION_TOP_CPU)
		write_top(t, "TOP", "cpu:", true);
	else if (section == SECTION_TOP_MEMORY)
		write_top(t, t->rows[SECTION_TOP_CPU] > 0 ? "" : "TOP", "mem:", false);
	else
		table_devices_write(
		    t->in, &t->devices[section - SECTION_MOUNTS + TABLE_MOUNTS], rows, &t->line);
}

/* On a terminal for which there is no room the last lines are missing, whole. */
static void
drop_part_of_line(struct buf *out)
{
	const char *end = out->full ? strrchr(out->data, '\n') : NULL;

	if (out->full)
		buf_rewind(
		    out, (struct buf_mark){end == NULL ? 0 : (size_t)(end - out->data) + 1, true});
}

void
table_write(const struct table_input *in, struct buf *out)
{
	struct table t = {
	    .in = in, .line = {.out = out, .columns = in->columns, .colour = in->colour}};

	find_needs(&t);
	give_rows(&t);
	for (int section = 0; section < SECTIONS; section++) {
		if (t.rows[section] > 0)
			write_section(&t, (enum section)section);
	}
	drop_part_of_line(out);
}
