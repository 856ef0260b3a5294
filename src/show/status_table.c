/*
 * The agent's state to lines for a person: first what is wrong, then who was told, then what it
 * costs. Texts of the host and of services are shown with control bytes made visible, and cut where
 * they would run over the line.
 */
#include "alert/silence_set.h"
#include "show/status.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "notify/escape.h"
#include "notify/fact_text.h"

#define COLUMNS 80
#define LABEL_COLUMNS 15
#define WHERE_COLUMNS 30
#define MATCH_COLUMNS 40
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
add_ago(int64_t then_ms, const struct now *now, struct buf *b)
{
	char span[STR_SPAN_MAX];
	int64_t secs = (now->wall_ms - then_ms) / 1000;

	buf_adds(b, str_span(secs < 0 ? 0 : secs, span));
}

static void
write_head(const struct status_input *in, struct buf *b)
{
	buf_adds(b, "sysops-agent " SYSOPS_VERSION " on ");
	add_cut(in->core->conf->agent.hostname, 40, b);
	if (in->launched_wall_ms != 0) {
		buf_adds(b, ", up ");
		add_ago(in->launched_wall_ms, &in->now, b);
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
	if (in->configured_wall_ms != 0) {
		buf_adds(b, ", taken ");
		add_ago(in->configured_wall_ms, &in->now, b);
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
write_cost(const struct status_input *in, struct buf *b)
{
	const struct core *core = in->core;
	double cpu = latest_plain(&core->latest, METRIC_AGENT_CPU);
	double rss = latest_plain(&core->latest, METRIC_AGENT_RSS);
	double wakeups = status_wakeup_rate(in);
	char size[STR_SIZE_MAX];

	add_label(in, "own cost", b);
	buf_addf(b, "%.2f ms a cycle", (double)in->cycle_cpu_ns / NS_PER_MS);
	if (!isnan(cpu))
		buf_addf(b, ", %.2f%% of a core", cpu);
	if (!isnan(rss))
		buf_addf(b, ", %s", str_size(rss, size));
	if (!isnan(wakeups))
		buf_addf(b, ", %.2f wakeups/s", wakeups);
	buf_addc(b, '\n');
}

static const char *
severity_colour(enum severity severity)
{
	return severity >= SEV_CRITICAL ? "1;31" : severity == SEV_WARN ? "33" : "36";
}

static void
add_told(const struct alert_view *view, struct buf *b)
{
	const char *sep = " ";

	buf_adds(b, status_alert_word(view));
	if (view->held && view->held_by != NULL)
		buf_addf(b, " by %s", view->held_by);
	if (view->held && view->told != 0)
		buf_adds(b, ", told");
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if ((view->told & 1u << id) == 0)
			continue;
		buf_addf(b, "%s%s", sep, channel_name((enum channel_id)id));
		sep = ", ";
	}
}

/* "CRITICAL disk usage of /var is 95.2% (limit 90%)", below it for how long and who knows. */
static void
write_alert(const struct status_input *in, const struct alert_view *view, struct buf *b)
{
	const struct alert_facts *f = view->facts;
	char value[METRIC_VALUE_MAX], limit[METRIC_VALUE_MAX], text[512];
	struct buf line;

	buf_init(&line, text, sizeof(text));
	fact_text_add_subject(f, buf_add_visible, &line);
	if (f->subject.labels.count > 0) {
		buf_adds(&line, " of ");
		fact_text_add_where(f, buf_add_visible, WHERE_COLUMNS, &line);
	}
	fact_text_value(f, f->value, value);
	fact_text_value(f, f->limit, limit);
	if (*value != '\0')
		buf_addf(&line, " is %s", value);
	if (*limit != '\0' && !fact_text_is_state(f))
		buf_addf(&line, " (%s %s)", fact_text_limit_name(f), limit);
	buf_adds(b, "  ");
	paint(in, view->state == ALERT_FIRING ? severity_colour(f->severity) : "2", b);
	buf_addf(b, "%-10s", severity_name(f->severity));
	paint(in, "0", b);
	add_cut(text, COLUMNS - 12, b);
	buf_addf(b, "\n  %-10s", "");
	add_cut(f->rule, 30, b);
	buf_adds(b, ", for ");
	add_ago(f->since_wall_ms, &in->now, b);
	buf_adds(b, ", ");
	add_told(view, b);
	buf_addc(b, '\n');
}

static void
write_alerts(const struct status_input *in, struct buf *b)
{
	struct status_alerts *list = mem_zalloc(1, sizeof(*list));
	size_t shown, all;

	status_alerts(in->core, list);
	all = list->firing + list->pending;
	shown = list->len < TABLE_ALERTS_MAX ? list->len : TABLE_ALERTS_MAX;
	add_label(in, "alerts", b);
	if (all == 0)
		buf_adds(b, "none\n");
	else
		buf_addf(b, "%zu firing, %zu pending\n", list->firing, list->pending);
	for (size_t i = 0; i < shown; i++)
		write_alert(in, &list->items[i], b);
	if (all > shown)
		buf_addf(b, "  and %zu more\n", all - shown);
	mem_free(list);
}

void
status_write_silence(const struct alert_silence *silence, const struct now *now, struct buf *out)
{
	char when[CLOCK_ISO8601_MAX], span[STR_SPAN_MAX];
	int64_t secs = (silence->until_wall_ms - now->wall_ms) / 1000;

	buf_addf(out, "  %-4u ", (unsigned)silence->id);
	add_cut(silence->match, MATCH_COLUMNS, out);
	buf_addf(out, " until %s (%s)%s", clock_local_hms(silence->until_wall_ms, when),
	    str_span(secs < 0 ? 0 : secs, span),
	    silence->allow_critical ? ", critical passes" : "");
	if (silence->comment[0] != '\0') {
		buf_adds(out, ": ");
		add_cut(silence->comment, ALERT_COMMENT_MAX, out);
	}
	buf_addc(out, '\n');
}

static void
write_silences(const struct status_input *in, struct buf *b)
{
	const struct alert_silence *s = silence_set_at(alert_silences(in->core->alerts), 0);

	if (s == NULL)
		return;
	add_label(in, "silences", b);
	buf_addc(b, '\n');
	for (size_t i = 0; (s = silence_set_at(alert_silences(in->core->alerts), i)) != NULL; i++)
		status_write_silence(s, &in->now, b);
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
write_channel(const struct status_input *in, int id, const struct outbox_channel *ch, struct buf *b)
{
	buf_addf(b, "  %-13s%llu sent, ", channel_name((enum channel_id)id),
	    (unsigned long long)ch->sent);
	if (ch->queued > 0) {
		buf_addf(b, "%zu waiting", ch->queued);
		buf_adds(b, " since ");
		add_ago(in->now.wall_ms -
		            (in->now.boot_ns - outbox_oldest_ns(in->core->outbox, id)) / NS_PER_MS,
		    &in->now, b);
	} else {
		buf_adds(b, "none waiting");
	}
	if (ch->failures > 0)
		buf_addf(b, ", %llu failed attempts", (unsigned long long)ch->failures);
	if (ch->set_aside > 0)
		buf_addf(b, ", %llu refused", (unsigned long long)ch->set_aside);
	if (ch->paused) {
		paint(in, "1;31", b);
		buf_adds(b, ", PAUSED");
		paint(in, "0", b);
	}
	buf_addc(b, '\n');
	write_clock(in, outbox_channel_ahead_ms(ch, &in->now), b);
	if (ch->last_error[0] == '\0')
		return;
	buf_addf(b, "  %-13slast error: ", "");
	add_cut(ch->last_error, COLUMNS - LABEL_COLUMNS - 12, b);
	buf_addc(b, '\n');
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
		add_ago(h->last_ok.wall_ms, &in->now, b);
		buf_adds(b, " ago");
	}
	if (h->fault != NULL)
		buf_addf(b, "\n%-*sHELD BACK: %s", LABEL_COLUMNS, "", h->fault);
	buf_addc(b, '\n');
	if (h->last_error[0] == '\0')
		return;
	buf_addf(b, "%-*slast error: ", LABEL_COLUMNS, "");
	add_cut(h->last_error, COLUMNS - LABEL_COLUMNS - 12, b);
	buf_addc(b, '\n');
}

void
status_write_table(const struct status_input *in, struct buf *out)
{
	write_head(in, out);
	write_alerts(in, out);
	write_silences(in, out);
	write_channels(in, out);
	write_heartbeat(in, out);
	write_running(in, out);
	write_cost(in, out);
}
