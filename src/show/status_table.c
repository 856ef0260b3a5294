/*
 * The agent's state to lines for a person: first the verdict, then what is wrong, then who was
 * told, then what it costs. Texts of the host and of services are shown with control bytes made
 * visible; errors and causes are whole, on as many lines as they take, other texts are cut where
 * they would run over the line.
 */
#include "show/status.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "notify/escape.h"
#include "notify/fact_text.h"
#include "show/status_alert.h"
#include "show/status_gaps.h"
#include "show/status_silences.h"
#include "show/verdict.h"
#include "show/wrap.h"

#define LABEL_COLUMNS 15
#define ALERT_COLUMNS 12 /* the severity, before an alert's words */
#define TABLE_ALERTS_MAX 40

static void
paint(const struct status_input *in, const char *code, struct buf *b)
{
	if (in->colour)
		buf_addf(b, "\033[%sm", code);
}

static void
add_label(const struct status_input *in, const char *label, struct buf *b)
{
	paint(in, "1", b);
	buf_addf(b, "%-*s", LABEL_COLUMNS, label);
	paint(in, "0", b);
}

/* Visible text in at most so many columns, its end replaced by an ellipsis. */
static void
add_cut(const char *text, size_t columns, struct buf *b)
{
	escape_add(b, buf_add_visible, text, columns);
}

static void
write_head(const struct status_input *in, struct buf *b)
{
	buf_adds(b, "sysops-agent " SYSOPS_VERSION " on ");
	add_cut(in->core->conf->agent.hostname, 40, b);
	if (in->launcher_pid != 0)
		buf_addf(b, ", process %d", (int)in->launcher_pid);
	if (in->launched_at.wall_ms != 0) {
		buf_adds(b, ", up ");
		fact_text_add_since(b, &in->launched_at, &in->now);
	}
	buf_addc(b, '\n');
}

static void
write_running(const struct status_input *in, struct buf *b)
{
	const struct core *core = in->core;
	struct store_stats store;
	char size[STR_SIZE_MAX];

	store_stats(core->store, &store);
	add_label(in, "configuration", b);
	add_cut(in->conf_origin != NULL ? in->conf_origin : "the defaults", 45, b);
	if (in->configured_at.wall_ms != 0) {
		buf_adds(b, ", taken ");
		fact_text_add_since(b, &in->configured_at, &in->now);
		buf_adds(b, " ago");
	}
	buf_addc(b, '\n');
	add_label(in, "history", b);
	buf_addf(b, "%u series, %llu samples in %s", series_live(core->series),
	    (unsigned long long)store.samples, str_size((double)store.bytes, size));
	if (core->batch.dropped > 0)
		buf_addf(b, ", %llu dropped", (unsigned long long)core->batch.dropped);
	buf_addc(b, '\n');
	add_label(in, "state", b);
	buf_adds(b, in->kept ? "kept on disk\n" : "NOT kept on disk: a restart would lose it\n");
}

static void
write_gaps(const struct status_input *in, struct buf *b)
{
	size_t start = b->len, begun;

	add_label(in, "not watched", b);
	begun = b->len;
	status_gaps_write(in, LABEL_COLUMNS, b);
	if (b->len == begun)
		b->len = start;
}

static void
write_cost(const struct status_input *in, struct buf *b)
{
	const struct process_tree *cost = &in->cost;
	char size[STR_SIZE_MAX], text[160];
	struct buf line;

	buf_init(&line, text, sizeof(text));
	buf_addf(&line, "%u processes", cost->processes);
	if (!isnan(cost->cpu_percent))
		buf_addf(&line, ", %.2f%% of a core", cost->cpu_percent);
	if (!isnan(cost->rss_bytes))
		buf_addf(&line, ", %s", str_size(cost->rss_bytes, size));
	if (!isnan(cost->wakeups_rate))
		buf_addf(&line, ", %.2f wakeups/s", cost->wakeups_rate);
	buf_addf(&line, ", %.2f ms a cycle", (double)in->cycle_cpu_ns / NS_PER_MS);
	add_label(in, "own cost", b);
	wrap_add(b, text, LABEL_COLUMNS, LABEL_COLUMNS, in->columns);
}

static const char *
severity_colour(enum severity severity)
{
	return severity >= SEV_CRITICAL ? "1;31" : severity == SEV_WARN ? "33" : "36";
}

/* A text below an alert, or a channel. */
static void
add_below(const struct status_input *in, int indent, const char *text, struct buf *b)
{
	buf_addf(b, "%*s", indent, "");
	wrap_add(b, text, indent, indent, in->columns);
}

/* "CRITICAL disk usage of /var is 95.2% (limit 90%)", below it for how long, who knows, and why. */
static void
write_alert(const struct status_input *in, const struct alert_view *view, struct buf *b)
{
	const struct alert_facts *f = view->facts;
	char text[512];
	struct buf line;

	buf_init(&line, text, sizeof(text));
	status_alert_add(f, &line);
	buf_adds(b, "  ");
	paint(in, view->state == ALERT_FIRING ? severity_colour(f->severity) : "2", b);
	buf_addf(b, "%-10s", severity_name(f->severity));
	paint(in, "0", b);
	add_cut(text, (size_t)in->columns - ALERT_COLUMNS, b);
	buf_addc(b, '\n');
	buf_init(&line, text, sizeof(text));
	add_cut(f->rule, 30, &line);
	buf_adds(&line, ", for ");
	fact_text_add_since(&line, &f->since, &in->now);
	buf_adds(&line, ", ");
	status_alert_add_told(view, in->core->outbox, &line);
	add_below(in, ALERT_COLUMNS, text, b);
	if (view->cause[0] == '\0')
		return;
	snprintf(text, sizeof(text), "likely cause: %s", view->cause);
	add_below(in, ALERT_COLUMNS, text, b);
}

static void
write_alerts(const struct status_input *in, struct buf *b)
{
	struct status_alerts *list = mem_zalloc(1, sizeof(*list));
	size_t without = alert_without_room(in->core->alerts), shown, all;

	status_alerts(in->core, list);
	all = list->firing + list->pending;
	shown = list->len < TABLE_ALERTS_MAX ? list->len : TABLE_ALERTS_MAX;
	add_label(in, "alerts", b);
	if (all == 0)
		buf_adds(b, "none");
	else
		buf_addf(b, "%zu firing, %zu pending", list->firing, list->pending);
	if (without > 0) {
		paint(in, "1;31", b);
		buf_addf(b, ", no room for %zu more (not told)", without);
		paint(in, "0", b);
	}
	buf_addc(b, '\n');
	for (size_t i = 0; i < shown; i++)
		write_alert(in, &list->items[i], b);
	if (all > shown)
		buf_addf(b, "  and %zu more\n", all - shown);
	mem_free(list);
}

static void
write_silences(const struct status_input *in, struct buf *b)
{
	struct buf_mark start = buf_mark(b);

	add_label(in, "silences", b);
	buf_addc(b, '\n');
	if (status_silences_write(in->core, &in->now, 0, in->columns, b) == 0)
		buf_rewind(b, start);
}

static void
write_clock(const struct status_input *in, int64_t ahead_ms, struct buf *b)
{
	char ahead[STR_AHEAD_MAX];

	if (ahead_ms == 0)
		return;
	buf_addf(b, "  %-13s", "");
	paint(in, "1;33", b);
	buf_addf(b, "this host's clock is %s the service's", str_ahead(ahead_ms, ahead));
	paint(in, "0", b);
	buf_addc(b, '\n');
}

static void
write_error(const struct status_input *in, const char *what, const char *error, struct buf *b)
{
	char text[OUTBOX_ERROR_MAX + 16];

	if (error[0] == '\0')
		return;
	snprintf(text, sizeof(text), "%s: %s", what, error);
	add_below(in, LABEL_COLUMNS, text, b);
}

static void
write_channel(const struct status_input *in, int id, const struct outbox_channel *ch, struct buf *b)
{
	char span[STR_SPAN_MAX];

	buf_addf(b, "  %-13s%llu sent, ", channel_name((enum channel_id)id),
	    (unsigned long long)ch->sent);
	if (ch->queued > 0) {
		buf_addf(b, "%zu waiting", ch->queued);
		buf_adds(b, " since ");
		buf_adds(b, str_span((in->now.boot_ns - outbox_oldest_ns(in->core->outbox, id)) /
		                         NS_PER_SEC,
		                span));
	} else {
		buf_adds(b, "none waiting");
	}
	if (ch->failures > 0)
		buf_addf(b, ", %llu failed attempts", (unsigned long long)ch->failures);
	if (ch->set_aside > 0)
		buf_addf(b, ", %llu refused", (unsigned long long)ch->set_aside);
	if (outbox_channel_is_stuck(ch)) {
		paint(in, "1;31", b);
		buf_adds(b, ch->paused ? ", PAUSED" : ", FAILING");
		paint(in, "0", b);
	}
	buf_addc(b, '\n');
	write_clock(in, outbox_channel_ahead_ms(ch, &in->now), b);
	write_error(in, "not to all", ch->not_all, b);
	write_error(in, "last error", ch->last_error, b);
}

static void
write_channels(const struct status_input *in, struct buf *b)
{
	add_label(in, "channels", b);
	buf_addc(b, '\n');
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if (in->core->conf->channels[id].enabled)
			write_channel(in, id, outbox_channel(in->core->outbox, id), b);
	}
}

static void
write_heartbeat(const struct status_input *in, struct buf *b)
{
	const struct heartbeat *h = in->heartbeat;

	if (!h->enabled)
		return;
	add_label(in, "heartbeat", b);
	buf_addf(b, "%llu answered", (unsigned long long)h->answered);
	if (h->last_ok.wall_ms != 0) {
		buf_adds(b, ", the last ");
		fact_text_add_since(b, &h->last_ok, &in->now);
		buf_adds(b, " ago");
	}
	if (h->fault != NULL)
		buf_addf(b, "\n%-*sHELD BACK: %s", LABEL_COLUMNS, "", h->fault);
	buf_addc(b, '\n');
	write_error(in, "last error", h->last_error, b);
}

static void
write_verdict(const struct status_input *in, struct buf *b)
{
	static const char *const colours[] = {"32", "1;33", "1;31"};
	char text[STATUS_VERDICT_MAX];
	struct verdict v;
	struct buf line;

	verdict_make(in, &v);
	buf_init(&line, text, sizeof(text));
	verdict_add(in, &v, &line);
	paint(in, colours[v.level], b);
	wrap_add(b, text, 0, 0, in->columns);
	paint(in, "0", b);
}

void
status_write_table(const struct status_input *in, struct buf *out)
{
	write_verdict(in, out);
	write_head(in, out);
	write_alerts(in, out);
	write_silences(in, out);
	write_channels(in, out);
	write_heartbeat(in, out);
	write_running(in, out);
	write_gaps(in, out);
	write_cost(in, out);
}
