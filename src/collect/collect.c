/*
 * The list of collectors and when each is due. Intervals are cut along the boot clock, so that
 * collectors of equal (or multiple) intervals wake the machine together, and one call that comes
 * late moves no later one.
 */
#include "collect/collect.h"

#include "base/mem.h"
#include "base/num.h"

#define COLLECTORS(X) \
	X(cpu)        \
	X(memory)     \
	X(mounts)     \
	X(diskio)     \
	X(network)    \
	X(tcp)        \
	X(process)    \
	X(fd)         \
	X(kernel)     \
	X(self)

#define X(name) extern const struct collector collector_##name;
COLLECTORS(X)
#undef X

#define X(name) &collector_##name,
static const struct collector *const rows[] = {COLLECTORS(X)};
#undef X

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define ALONE_SECS 10 /* interval of what always runs when all else is disabled */

struct item {
	const struct collector *row;
	void *state;
	int64_t interval_ns;
	int64_t slot; /* of the boot clock, in intervals, in which it last ran */
	bool ran;
	/* What it gave when all its files last answered; kept only where some may not. */
	struct series_ref *gave;
	size_t gave_len, gave_cap;
};

struct collect {
	struct host *host;
	int64_t early_ns; /* a timer may fire this much before its time */
	struct item items[ROWS];
	size_t len;
};

static bool
is_enabled(const struct collector *row, const struct conf_collect *conf)
{
	return row->section == COLLECTOR_ALWAYS || conf->each[row->section].enabled;
}

/* Of a collector that always runs: with the most frequent of the others. */
static int64_t
shortest_interval(const struct conf_collect *conf)
{
	int64_t secs = conf_collect_shortest_secs(conf);

	return secs == 0 ? ALONE_SECS : secs;
}

/* At least 1, whatever the configuration says. */
static int64_t
interval_of(const struct collector *row, const struct conf_collect *conf)
{
	int64_t secs;

	if (row->interval_secs != NULL)
		secs = row->interval_secs(conf);
	else if (row->section == COLLECTOR_ALWAYS)
		secs = shortest_interval(conf);
	else
		secs = conf->each[row->section].interval_secs;
	return num_max(1, secs);
}

struct collect *
collect_new(const struct conf_collect *conf, struct host *host)
{
	struct collect *c = mem_zalloc(1, sizeof(*c));

	c->host = host;
	host->gaps.len = 0; /* what collectors of before noted */
	c->early_ns = collect_tick_secs(conf) * NS_PER_SEC / 8;
	for (size_t i = 0; i < ROWS; i++) {
		void *state = is_enabled(rows[i], conf) ? rows[i]->open(conf, host) : NULL;

		if (state == NULL)
			continue;
		c->items[c->len++] = (struct item){.row = rows[i],
		    .state = state,
		    .interval_ns = interval_of(rows[i], conf) * NS_PER_SEC};
	}
	return c;
}

void
collect_free(struct collect *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->len; i++) {
		c->items[i].row->close(c->items[i].state);
		mem_free(c->items[i].gave);
	}
	mem_free(c);
}

/* first: of its samples in the batch. */
static void
note_given(struct item *item, const struct batch *batch, size_t first)
{
	item->gave_len = 0;
	for (size_t i = first; i < batch->len; i++) {
		uint32_t id = batch->samples[i].series;

		item->gave =
		    mem_grow(item->gave, item->gave_len, &item->gave_cap, sizeof(*item->gave));
		item->gave[item->gave_len++] =
		    (struct series_ref){id, series_at(batch->series, id)->gen};
	}
}

/* What has no sample, since its file does not answer, is held as it was. */
static void
hold_given(const struct item *item, const struct batch *batch)
{
	for (size_t i = 0; i < item->gave_len; i++) {
		struct series_ref ref = item->gave[i];

		if (series_at(batch->series, ref.id)->seen_ns != batch->now.boot_ns)
			series_hold_ref(batch->series, ref, batch->now.boot_ns);
	}
}

static void
run(struct collect *c, struct item *item, struct batch *batch)
{
	struct host *host = c->host;
	uint64_t unanswered = host->unanswered;
	size_t first = batch->len;

	gaps_begin(&host->gaps, (unsigned)(item - c->items) + 1);
	item->row->collect(item->state, host, batch);
	gaps_end(&host->gaps);
	if (host->unanswered != unanswered)
		hold_given(item, batch);
	else if (host->aside != NULL)
		note_given(item, batch, first);
}

void
collect_due(struct collect *c, const struct collect_self *self, struct batch *batch)
{
	host_look(c->host, batch->now.boot_ns);
	for (size_t i = 0; i < c->len; i++) {
		struct item *item = &c->items[i];
		int64_t slot = (batch->now.boot_ns + c->early_ns) / item->interval_ns;

		if (item->ran && slot == item->slot)
			continue;
		item->ran = true;
		item->slot = slot;
		batch->interval_ms = item->interval_ns / NS_PER_MS;
		if (self != NULL && item->row->inform != NULL)
			item->row->inform(item->state, self);
		run(c, item, batch);
	}
}

void
collect_all_due(struct collect *c)
{
	for (size_t i = 0; i < c->len; i++)
		c->items[i].ran = false;
}

int64_t
collect_tick_secs(const struct conf_collect *conf)
{
	int64_t tick = 0;

	for (size_t i = 0; i < ROWS; i++) {
		int64_t b = is_enabled(rows[i], conf) ? interval_of(rows[i], conf) : 0;

		while (b != 0) {
			int64_t rest = tick % b;

			tick = b;
			b = rest;
		}
	}
	return tick;
}

size_t
collect_top_processes(const struct collect *c, bool by_cpu, struct process_view *out, size_t n)
{
	for (size_t i = 0; i < c->len; i++)
		if (c->items[i].row->top != NULL)
			return c->items[i].row->top(c->items[i].state, by_cpu, out, n);
	return 0;
}

size_t
collect_growth(
    struct collect *c, const struct growth_query *query, struct process_growth *out, size_t n)
{
	for (size_t i = 0; i < c->len; i++)
		if (c->items[i].row->growth != NULL)
			return c->items[i].row->growth(c->items[i].state, c->host, query, out, n);
	return 0;
}
