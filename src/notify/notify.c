/*
 * Finds the row of a channel and renders by it. Each row is the last thing in the channel's own
 * file; a channel of conf/channel.h without one does not link. A body that does not fit is none.
 */
#include "notify/notify.h"

#include "base/mem.h"

static const struct notify_channel *const rows[CHANNEL_COUNT] = {
#define X(id, name, title) [CHANNEL_##id] = &notify_##id,
    CHANNELS(X)
#undef X
};

const struct notify_channel *
notify_channel(int channel)
{
	return channel >= 0 && channel < CHANNEL_COUNT ? rows[channel] : NULL;
}

/* One alert alone is itself: "1 alert could not be delivered in time" tells nobody anything. */
static struct notice
as_told(const struct notice *n)
{
	struct notice told = *n;

	if (n->kind == NOTICE_DIGEST && n->fact_count == 1 && notice_total(n) == 1)
		told.kind = facts_is_resolved(n->facts) ? NOTICE_RESOLVE : NOTICE_FIRE;
	return told;
}

/* What is left of it: what it is about, its numbers, and whose they are. */
static void
strip(struct alert_facts *f)
{
	f->subject.labels.count = 0;
	f->message[0] = f->cause[0] = f->also[0] = '\0';
	f->also_count = 0;
}

/*
 * The notice without text from outside: of the worst alert, and of each one for a program, which
 * waits for the end of those that it heard of. The facts are the caller's, to be freed.
 */
static struct alert_facts *
make_bare(const struct notify_channel *row, const struct notice *n, struct notice *told)
{
	size_t count = row->traits.alerts_max > 1 ? n->fact_count : 1;
	struct alert_facts *facts = mem_zalloc(count, sizeof(*facts));

	for (size_t i = 0; i < count; i++) {
		facts[i] = count == 1 ? *notice_worst(n) : n->facts[i];
		strip(&facts[i]);
	}
	told->total = notice_total(n);
	told->kind = told->total > 1 ? NOTICE_DIGEST : told->kind;
	told->facts = facts;
	told->fact_count = count;
	return facts;
}

bool
notify_render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct notify_channel *row = notify_channel(n->channel);
	struct notice told = as_told(n);
	struct alert_facts *bare = NULL;
	bool fits;

	if (row == NULL)
		return false;
	if (ctx->bare && n->fact_count > 0)
		bare = make_bare(row, n, &told);
	fits = row->render(&told, ctx, body) && !body->full && body->len <= NOTIFY_BODY_MAX;
	mem_free(bare);
	return fits;
}
