/*
 * Works out what several modules ask of a configuration (names of collectors, intervals), and frees
 * it. It trusts the values, which were checked when they were read; all of the memory is wiped,
 * since some of it is secret.
 */
#include "conf/conf.h"

#include "base/arena.h"
#include "base/mem.h"

const char *
conf_collector_name(unsigned id)
{
	return id < COLLECTOR_COUNT ? metric_group_name((enum metric_group)id) : NULL;
}

struct rule
conf_built_in(const struct conf_detect *conf, const struct limit_rule *row)
{
	struct rule rule = row->rule;

	if (row->limit == LIMIT_COUNT)
		return rule;
	rule.warn = conf->warn[row->limit];
	rule.critical = conf->critical[row->limit];
	rule.clear_percent = conf->clear_percent;
	if (conf->for_secs >= 0)
		rule.for_ms = conf->for_secs * 1000;
	return rule;
}

int64_t
conf_collect_shortest_secs(const struct conf_collect *conf)
{
	int64_t shortest = conf->each[COLLECTOR_DISK].enabled ? conf->disk_io_interval_secs : 0;

	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		int64_t secs = conf->each[i].interval_secs;

		if (conf->each[i].enabled && (shortest == 0 || secs < shortest))
			shortest = secs;
	}
	return shortest;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	arena_free(conf->arena);
	mem_wipe(conf, sizeof(*conf));
	mem_free(conf);
}
