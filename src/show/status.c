/*
 * The agent's state to JSON. Everything is read where it is; nothing is counted or kept for this.
 * The answer has an end: alerts past STATUS_ALERTS_MAX are only counted.
 */
#include "show/status.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "notify/jsonw.h"
#include "notify/labels.h"
#include "show/status_alert.h"
#include "show/status_gaps.h"
#include "show/status_silences.h"
#include "show/verdict.h"

#define ROOM_FOR_REST (96u * 1024) /* for one more alert, and what follows them */

static int
compare_items(const void *left, const void *right)
{
	return status_alert_compare(left, right);
}

static void
take_view(void *arg, const struct alert_view *view)
{
	struct status_alerts *out = arg;
	size_t mildest;

	if (view->state == ALERT_RESOLVED)
		return;
	out->firing += view->state == ALERT_FIRING;
	out->pending += view->state == ALERT_PENDING;
	if (out->len < STATUS_ALERTS_MAX) {
		out->items[out->len++] = *view;
		return;
	}
	mildest = 0;
	for (size_t i = 1; i < out->len; i++) {
		if (status_alert_compare(&out->items[i], &out->items[mildest]) > 0)
			mildest = i;
	}
	if (status_alert_compare(view, &out->items[mildest]) < 0)
		out->items[mildest] = *view;
}

void
status_alerts(const struct core *core, struct status_alerts *out)
{
	*out = (struct status_alerts){.len = 0};
	alert_each(core->alerts, take_view, out);
	qsort(out->items, out->len, sizeof(out->items[0]), compare_items);
}

static void
put_verdict(const struct status_input *in, struct buf *b)
{
	char text[STATUS_VERDICT_MAX];
	struct verdict v;
	struct buf words;

	verdict_make(in, &v);
	buf_init(&words, text, sizeof(text));
	verdict_add(in, &v, &words);
	jsonw_open(b, "verdict", '{');
	jsonw_text(b, "level", verdict_word(v.level));
	jsonw_text(b, "text", text);
	jsonw_close(b, '}');
}

static void
put_configuration(const struct status_input *in, struct buf *b)
{
	jsonw_open(b, "configuration", '{');
	if (in->conf_origin != NULL)
		jsonw_text(b, "path", in->conf_origin);
	jsonw_time(b, "loaded", clock_shown_ms(&in->configured_at, &in->now));
	jsonw_close(b, '}');
}

static void
put_series(const struct core *core, struct buf *b)
{
	struct store_stats store;

	store_stats(core->store, &store);
	jsonw_open(b, "series", '{');
	jsonw_integer(b, "live", series_live(core->series));
	jsonw_integer(b, "refused", (int64_t)series_refused(core->series));
	jsonw_close(b, '}');
	jsonw_open(b, "samples", '{');
	jsonw_integer(b, "kept", (int64_t)store.samples);
	jsonw_integer(b, "bytes", (int64_t)store.bytes);
	jsonw_integer(b, "dropped", (int64_t)core->batch.dropped);
	jsonw_close(b, '}');
	jsonw_open(b, "detectors", '{');
	jsonw_integer(b, "bytes", (int64_t)detect_bytes(core->detect));
	jsonw_close(b, '}');
}

static void
put_channel_names(const char *key, unsigned channels, struct buf *b)
{
	jsonw_open(b, key, '[');
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if ((channels & 1u << id) != 0)
			jsonw_text(b, NULL, channel_name((enum channel_id)id));
	}
	jsonw_close(b, ']');
}

static void
put_alert(const struct status_input *in, const struct alert_view *view, struct buf *b)
{
	const struct alert_facts *f = view->facts;
	static const char *const keys[WAYS] = {"told", "refused", "on_its_way", "waiting"};
	char fingerprint[FINGERPRINT_TEXT_MAX];
	unsigned ways[WAYS];

	status_alert_ways(view, in->core->outbox, ways);
	jsonw_open(b, NULL, '{');
	jsonw_text(b, "rule", f->rule);
	if (f->subject.name[0] != '\0') {
		jsonw_text(b, "metric", f->subject.name);
		jsonw_text(b, "unit", metric_unit_name(f->subject.unit));
	}
	labels_add_json(&f->subject.labels, &in->core->conf->agent.labels, b);
	jsonw_text(b, "fingerprint", facts_case_text(f, fingerprint));
	jsonw_text(b, "severity", severity_name(f->severity));
	jsonw_text(b, "state", status_alert_word(view, ways));
	if (view->held_by != NULL)
		jsonw_text(b, "held_by", view->held_by);
	jsonw_time(b, "since", clock_shown_ms(&f->since, &in->now));
	jsonw_number(b, "value", f->value);
	jsonw_number(b, "limit", f->limit);
	jsonw_number(b, "worst", f->worst);
	jsonw_text(b, "cause", view->cause);
	for (int way = 0; way < WAYS; way++)
		put_channel_names(keys[way], ways[way], b);
	jsonw_close(b, '}');
}

static void
put_alerts(const struct status_input *in, struct buf *b)
{
	struct status_alerts *list = mem_zalloc(1, sizeof(*list));
	size_t i = 0;

	status_alerts(in->core, list);
	jsonw_open(b, "alerts", '{');
	jsonw_integer(b, "firing", (int64_t)list->firing);
	jsonw_integer(b, "pending", (int64_t)list->pending);
	jsonw_integer(b, "without_room", (int64_t)alert_without_room(in->core->alerts));
	jsonw_open(b, "items", '[');
	for (; i < list->len && b->cap - b->len > ROOM_FOR_REST; i++)
		put_alert(in, &list->items[i], b);
	jsonw_close(b, ']');
	jsonw_integer(b, "left_out", (int64_t)(list->firing + list->pending - i));
	jsonw_close(b, '}');
	mem_free(list);
}

static void
put_channels(const struct core *core, const struct now *now, struct buf *b)
{
	jsonw_open(b, "channels", '[');
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(core->outbox, id);
		int64_t oldest_ns = outbox_oldest_ns(core->outbox, id);

		if (!core->conf->channels[id].enabled)
			continue;
		jsonw_open(b, NULL, '{');
		jsonw_text(b, "name", channel_name((enum channel_id)id));
		jsonw_integer(b, "queued", (int64_t)ch->queued);
		if (oldest_ns != INT64_MAX)
			jsonw_integer(b, "oldest_secs", (now->boot_ns - oldest_ns) / NS_PER_SEC);
		jsonw_integer(b, "sent", (int64_t)ch->sent);
		jsonw_integer(b, "failures", (int64_t)ch->failures);
		jsonw_integer(b, "set_aside", (int64_t)ch->set_aside);
		jsonw_integer(b, "folded", (int64_t)ch->folded);
		jsonw_integer(b, "clock_ahead_secs", outbox_channel_ahead_ms(ch, now) / 1000);
		jsonw_bool(b, "paused", ch->paused);
		jsonw_bool(b, "failing", ch->failing);
		jsonw_text(b, "last_error", ch->last_error);
		jsonw_text(b, "not_all", ch->not_all);
		jsonw_close(b, '}');
	}
	jsonw_close(b, ']');
}

static void
put_heartbeat(const struct heartbeat *h, const struct now *now, struct buf *b)
{
	if (!h->enabled)
		return;
	jsonw_open(b, "heartbeat", '{');
	jsonw_integer(b, "interval_secs", h->interval_ns / NS_PER_SEC);
	jsonw_integer(b, "answered", (int64_t)h->answered);
	jsonw_integer(b, "failed", (int64_t)h->failed);
	jsonw_time(b, "last_ok", clock_shown_ms(&h->last_ok, now));
	jsonw_text(b, "held_back", h->fault != NULL ? h->fault : "");
	jsonw_text(b, "last_error", h->last_error);
	jsonw_close(b, '}');
}

static void
put_cost(const struct status_input *in, struct buf *b)
{
	jsonw_open(b, "cost", '{');
	jsonw_integer(b, "pid", getpid());
	jsonw_integer(b, "processes", in->cost.processes);
	jsonw_number(b, "cpu_percent", in->cost.cpu_percent);
	jsonw_number(b, "rss_bytes", in->cost.rss_bytes);
	jsonw_number(b, "cycle_ms", (double)in->cycle_cpu_ns / NS_PER_MS);
	jsonw_number(b, "wakeups_per_sec", in->cost.wakeups_rate);
	jsonw_close(b, '}');
}

void
status_write_json(const struct status_input *in, struct buf *out)
{
	const struct core *core = in->core;
	size_t start = out->len;
	struct buf b;

	/* A buffer of its own: commas go by what is in it. */
	buf_init(&b, out->data + start, out->cap - start);
	jsonw_open(&b, NULL, '{');
	put_verdict(in, &b);
	jsonw_text(&b, "version", SYSOPS_VERSION);
	jsonw_text(&b, "hostname", core->conf->agent.hostname);
	jsonw_time(&b, "time", in->now.wall_ms);
	jsonw_integer(&b, "pid", in->launcher_pid);
	jsonw_time(&b, "started", clock_shown_ms(&in->launched_at, &in->now));
	jsonw_integer(&b, "agent_up_secs", (in->now.boot_ns - in->started_ns) / NS_PER_SEC);
	put_configuration(in, &b);
	put_series(core, &b);
	jsonw_bool(&b, "state_kept", in->kept);
	put_alerts(in, &b);
	status_silences_put(core, &in->now, &b);
	put_channels(core, &in->now, &b);
	put_heartbeat(in->heartbeat, &in->now, &b);
	status_gaps_put(in, &b);
	put_cost(in, &b);
	jsonw_close(&b, '}');
	buf_addc(&b, '\n');
	out->len = start + b.len;
	out->full = b.full;
}
