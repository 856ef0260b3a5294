/*
 * The frames of a host in tests/fixtures, run through all collectors.
 */
#ifndef TESTS_FRAMES_H
#define TESTS_FRAMES_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "collect/collect.h"
#include "tests/unit/recorded.h"

#define SAMPLES_MAX 2000

/* As the configuration has them by default. */
static const char exclude_fstypes[] =
    "proc,sysfs,devtmpfs,devpts,ramfs,cgroup,cgroup2,securityfs,debugfs,autofs,nsfs,overlay,"
    "squashfs,fuse.lxcfs,fuse.gvfsd-fuse";
static const char exclude_mountpoints[] =
    "/dev,/dev/*,/proc,/proc/*,/sys,/sys/*,/run,/run/*,/snap/*";
static const char exclude_devices[] = "loop*,ram*,zram*,sr*,fd*";
static const char exclude_interfaces[] = "lo,veth*,docker*,br-*";

struct run {
	struct conf_collect conf;
	struct host host;
	struct series_table *series;
	struct batch batch;
	struct collect *collect;
};

/* Comma separated words. */
static inline void
split(struct strings *out, const char *text)
{
	out->items = mem_zalloc(32, sizeof(*out->items));
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		assert_true(out->len < 32);
		out->items[out->len++] = mem_strndup(text, len);
		text += len + (text[len] == ',');
	}
}

static inline void
drop(struct strings *strings)
{
	for (size_t i = 0; i < strings->len; i++)
		mem_free(strings->items[i]);
	mem_free(strings->items);
}

static inline void
set_up(struct run *r)
{
	*r = (struct run){
	    .conf = {.cpu_per_core = true, .disk_io_interval_secs = 10, .process_track_top_n = 20}};
	split(&r->conf.disk_exclude_fstypes, exclude_fstypes);
	split(&r->conf.disk_exclude_mountpoints, exclude_mountpoints);
	split(&r->conf.disk_exclude_devices, exclude_devices);
	split(&r->conf.network_exclude_interfaces, exclude_interfaces);
	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		r->conf.each[i].enabled = true;
		r->conf.each[i].interval_secs = 10;
	}
	r->series = series_table_new(NULL);
	batch_init(&r->batch, r->series, SAMPLES_MAX);
}

static inline void
tear_down(struct run *r)
{
	collect_free(r->collect);
	host_close(&r->host);
	batch_done(&r->batch);
	series_table_free(r->series);
	drop(&r->conf.disk_exclude_fstypes);
	drop(&r->conf.disk_exclude_mountpoints);
	drop(&r->conf.disk_exclude_devices);
	drop(&r->conf.network_exclude_interfaces);
}

/* Runs the frames of a host up to the last one; its samples are then in r->batch. */
static inline void
run_frames(struct run *r, const char *name, int frames)
{
	char dir[256];
	struct now now;

	set_up(r);
	for (int i = 0; i < frames; i++) {
		snprintf(dir, sizeof(dir), "tests/fixtures/%s/%03d", name, i);
		if (i > 0)
			host_close(&r->host);
		assert_true(recorded_open(&r->host, dir));
		assert_true(recorded_time(dir, &now));
		if (r->collect == NULL)
			r->collect = collect_new(&r->conf, &r->host);
		collect_all_due(r->collect);
		batch_reset(&r->batch, &now);
		collect_due(r->collect, NULL, &r->batch);
	}
	assert_int_equal(r->batch.dropped, 0);
}

static inline int
count_frames(const char *name)
{
	char dir[256];
	int n = 0;

	do {
		snprintf(dir, sizeof(dir), "tests/fixtures/%s/%03d", name, n);
	} while (access(dir, F_OK) == 0 && ++n > 0);
	return n;
}

#endif
