/*
 * What the agent costs and how it is doing, to the agent.* samples: also which of the host's files
 * do not answer. Memory and CPU time are those of this process, so a recording has none; the rest
 * the agent tells.
 */
#include "collect/self.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"
#include "collect/collect.h"
#include "collect/rate.h"
#include "collect/scan.h"

#define RECENT_NS (3600 * NS_PER_SEC)

struct self {
	struct host_file statm_file;
	bool informed;
	struct collect_self told;
	struct rate cpu;
	struct series_ref channel_refs[CHANNEL_COUNT];
};

bool
self_parse_statm(const char *text, size_t len, uint64_t *resident_pages)
{
	const char *p = text, *end = text + len;
	uint64_t size;

	return scan_u64(&p, end, &size) && scan_u64(&p, end, resident_pages) && p < end;
}

bool
self_parse_shared(const char *text, size_t len, uint64_t *shared_pages)
{
	const char *p = text, *end = text + len;
	uint64_t size, resident;

	return scan_u64(&p, end, &size) && scan_u64(&p, end, &resident) &&
	       scan_u64(&p, end, shared_pages) && p < end;
}

static void *
open_self(const struct conf_collect *conf, struct host *host)
{
	struct self *self = mem_zalloc(1, sizeof(*self));

	(void)conf;
	(void)host;
	self->statm_file =
	    (struct host_file){.path = "self/statm", .tells = "agent.rss_bytes", .fd = -1};
	return self;
}

static void
inform_self(void *state, const struct collect_self *told)
{
	struct self *self = state;

	self->told = *told;
	self->informed = true;
}

static void
collect_memory(struct self *self, struct host *host, struct batch *batch)
{
	ssize_t len = host_read(host, &self->statm_file);
	uint64_t pages;

	if (len < 0)
		return;
	if (self_parse_statm(host->text, (size_t)len, &pages))
		batch_add(batch, METRIC_AGENT_RSS, (double)pages * (double)host->page_bytes, NAN);
	else
		host_file_say_malformed(&self->statm_file);
}

static void
collect_cpu(struct self *self, struct batch *batch)
{
	double percent;

	if (rate_update_percent(&self->cpu, (uint64_t)clock_cpu_ns(), (double)NS_PER_SEC,
	        batch->now.boot_ns, &percent))
		batch_add(batch, METRIC_AGENT_CPU, percent, NAN);
}

void
collect_restarts(const struct collect_self *self, struct batch *batch)
{
	unsigned recent = 0;

	for (size_t i = 0; i < COLLECT_FAILURES_MAX; i++)
		recent +=
		    self->failed_ns[i] != 0 && batch->now.boot_ns - self->failed_ns[i] < RECENT_NS;
	batch_add(batch, METRIC_AGENT_RESTARTS, recent, NAN);
}

static void
add_told(struct self *self, struct batch *batch)
{
	const struct collect_self *told = &self->told;

	if (told->last_cycle_cpu_ns > 0)
		batch_add(batch, METRIC_AGENT_CYCLE,
		    (double)told->last_cycle_cpu_ns / (double)NS_PER_MS, NAN);
	batch_add(batch, METRIC_AGENT_SAMPLES_DROPPED, (double)told->samples_dropped,
	    (double)told->samples_dropped);
	collect_restarts(told, batch);
	batch_add(batch, METRIC_AGENT_ALERTS_QUEUED, (double)told->alerts_queued, NAN);
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		const char *values[] = {channel_name((enum channel_id)i)};
		double failures = (double)told->channel_failures[i];

		if (told->channel_enabled[i])
			batch_add_labelled(batch, &self->channel_refs[i],
			    METRIC_AGENT_CHANNEL_FAILURES, values, failures, failures);
	}
}

/* After the other collectors, which have read them. */
static void
add_files(const struct host *host, struct batch *batch)
{
	const char *path;
	enum aside_state state;

	for (size_t i = 0; host->aside != NULL && aside_file(host->aside, i, &path, &state); i++) {
		const char *values[] = {path};
		struct series_ref ref = {0};

		if (state == ASIDE_UNKNOWN)
			batch_hold(batch, &ref, METRIC_AGENT_FILE_STALE, values);
		else
			batch_add_labelled(batch, &ref, METRIC_AGENT_FILE_STALE, values,
			    state == ASIDE_SILENT, NAN);
	}
}

static void
collect_self(void *state, struct host *host, struct batch *batch)
{
	struct self *self = state;

	if (host->own_proc) {
		collect_memory(self, host, batch);
		collect_cpu(self, batch);
	}
	add_files(host, batch);
	if (self->informed)
		add_told(self, batch);
}

static void
close_self(void *state)
{
	struct self *self = state;

	host_file_close(&self->statm_file);
	mem_free(self);
}

const struct collector collector_self = {
    .name = "self",
    .section = COLLECTOR_ALWAYS,
    .open = open_self,
    .collect = collect_self,
    .close = close_self,
    .inform = inform_self,
};
