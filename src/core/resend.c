/*
 * The alert table to renewals. An alert goes under the severity it has; where that changed since
 * the last round, or nothing is known of that after a start, others that it was told under are
 * over.
 */
#include "core/resend.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "notify/notify.h"

#define EVERY_NS (60 * NS_PER_SEC)
#define SLACK_NS (NS_PER_SEC / 2) /* cycles come a little early or late */

struct round {
	struct resend *resend;
	const struct conf *conf;
	const struct conf_channel *channel;
	const struct now *now;
	struct notices notices;
	size_t bytes; /* of the alerts in the last of them, at most */
};

void
resend_done(struct resend *r)
{
	mem_free(r->known);
	*r = (struct resend){.known = NULL};
}

static bool
is_before(const struct resend_known *known, int channel, uint64_t fingerprint)
{
	return known->channel < channel ||
	       (known->channel == channel && known->fingerprint < fingerprint);
}

/* The place of the alert, whether it is there or not. */
static size_t
find(const struct resend *r, int channel, uint64_t fingerprint)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(&r->known[middle], channel, fingerprint))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct resend_known *
know(struct resend *r, int channel, uint64_t fingerprint)
{
	size_t at = find(r, channel, fingerprint);

	if (at < r->count && r->known[at].channel == channel &&
	    r->known[at].fingerprint == fingerprint)
		return &r->known[at];
	r->known = mem_grow(r->known, r->count, &r->cap, sizeof(*r->known));
	memmove(&r->known[at + 1], &r->known[at], (r->count - at) * sizeof(*r->known));
	r->count++;
	r->known[at] = (struct resend_known){.channel = channel, .fingerprint = fingerprint};
	return &r->known[at];
}

/* Bytes of it in a body, at most. */
static size_t
count_bytes(const struct round *round, const struct alert_facts *f)
{
	const struct notify_context ctx = {
	    .hostname = round->conf->agent.hostname,
	    .version = SYSOPS_VERSION,
	    .channel = round->channel,
	    .labels = round->conf->agent.labels,
	    .now = *round->now,
	};

	return notify_channel((int)round->channel->id)->alert_bytes(f, &ctx);
}

/* severity: the alert's own, by which its notice ranks. */
static void
add_facts(struct round *round, const struct alert_facts *f, enum severity severity)
{
	struct notices *list = &round->notices;
	size_t bytes = count_bytes(round, f);
	struct notice *n = list->len > 0 ? list->items[list->len - 1] : NULL;

	if (n == NULL || round->bytes + bytes > NOTIFY_ALERTS_BYTES_MAX) {
		n = notice_new(NOTICE_FIRE, (int)round->channel->id, 0);
		n->transient = true;
		n->created = *round->now;
		round->bytes = 0;
		notices_add(list, n);
	}
	round->bytes += bytes;
	n->facts = mem_resize(n->facts, n->fact_count + 1, sizeof(*n->facts));
	n->facts[n->fact_count] = *f;
	n->total = ++n->fact_count;
	if (severity > n->severity)
		n->severity = severity;
}

/* The alert under these severities is over, but for its own. */
static void
add_ends(struct round *round, const struct alert_facts *f, unsigned levels)
{
	struct alert_facts end = *f;

	end.resolved = *round->now;
	for (int sev = SEV_INFO; sev < SEV_COUNT; sev++) {
		if (sev == (int)f->severity ||
		    (round->channel->severities & levels & SEV_BIT(sev)) == 0)
			continue;
		end.severity = (enum severity)sev;
		add_facts(round, &end, f->severity);
	}
}

/* An alert that flaps may be fine just now; until that is told to be over, it counts as firing. */
static void
add_alert(void *arg, const struct alert_view *view)
{
	struct round *round = arg;
	struct alert_facts f;
	struct resend_known *known;

	if ((view->told & 1u << round->channel->id) == 0 ||
	    (view->state != ALERT_FIRING && !view->flapping))
		return;
	known = know(round->resend, (int)round->channel->id, view->facts->fingerprint);
	known->seen = true;
	f = *view->facts;
	f.resolved = (struct now){.wall_ms = 0};
	f.flap = FLAP_NONE;
	f.gone = f.unheard = false;
	if (f.cause[0] == '\0')
		str_copy(f.cause, sizeof(f.cause), view->cause);
	if ((round->channel->severities & SEV_BIT(f.severity)) != 0)
		add_facts(round, &f, f.severity);
	if (known->severity != f.severity || (f.told_levels & ~known->levels) != 0)
		add_ends(round, &f, f.told_levels | SEV_BIT(known->severity));
	known->severity = f.severity;
	known->levels = f.told_levels;
}

/* Where an attempt has failed, what is queued is the next one, and says enough. */
static bool
is_open(const struct outbox_channel *queue)
{
	return queue->queued == 0 || queue->last_error[0] == '\0';
}

/* The round of the channel is over: the next one looks anew. */
static void
forget_unseen(struct resend *r, int channel)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct resend_known known = r->known[i];

		if (known.channel == channel) {
			if (!known.seen)
				continue;
			known.seen = false;
		}
		r->known[kept++] = known;
	}
	r->count = kept;
}

static void
tell_channel(
    struct round *round, const struct alert_table *table, struct outbox *ob, const struct now *now)
{
	alert_each(table, add_alert, round);
	forget_unseen(round->resend, (int)round->channel->id);
	outbox_put(ob, &round->notices, now);
	notices_done(&round->notices);
}

/* A channel that is closed is told nothing: what it knows stays as it is until then. */
void
resend_round(struct resend *r, const struct alert_table *table, struct outbox *ob,
    const struct conf *conf, const struct now *now)
{
	if (r->last_ns != 0 && now->boot_ns - r->last_ns < EVERY_NS - SLACK_NS)
		return;
	r->last_ns = now->boot_ns;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		struct round round = {
		    .resend = r, .conf = conf, .channel = &conf->channels[id], .now = now};

		if (!notify_channel(id)->renews)
			continue;
		if (!conf->channels[id].enabled)
			forget_unseen(r, id);
		else if (is_open(outbox_channel(ob, id)))
			tell_channel(&round, table, ob, now);
	}
}
