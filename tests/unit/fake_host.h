/*
 * A made-up proc and sys in a temporary folder, and one collector run on it by hand: for the tests
 * of the collectors.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "collect/collect.h"

struct fake {
	char dir[64];
	struct host host;
	struct conf_collect conf;
	struct series_table *series;
	struct batch batch;
	const struct collector *row;
	void *state;
};

static inline void
fake_write_bytes(const struct fake *f, const char *path, const char *bytes, size_t len)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", f->dir, path);
	for (char *p = full + strlen(f->dir) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, bytes, len), 0);
	close(fd);
}

/* path: "proc/stat", "sys/class/net/eth0/operstate" */
static inline void
fake_write(const struct fake *f, const char *path, const char *text)
{
	fake_write_bytes(f, path, text, strlen(text));
}

static inline void
fake_remove(const struct fake *f, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", f->dir, path);
	assert_int_equal(unlink(full), 0);
}

/* Empty roots, every section on, ten seconds each. */
static inline void
fake_init(struct fake *f)
{
	char proc[96], sys[96];

	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/sysops-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	fake_write(f, "proc/here", "");
	fake_write(f, "sys/here", "");
	snprintf(proc, sizeof(proc), "%s/proc", f->dir);
	snprintf(sys, sizeof(sys), "%s/sys", f->dir);
	assert_true(host_open(&f->host, proc, sys));
	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		f->conf.each[i].enabled = true;
		f->conf.each[i].interval_secs = 10;
	}
	f->conf.cpu_per_core = true;
	f->conf.disk_io_interval_secs = 10;
	f->series = series_table_new(NULL);
	batch_init(&f->batch, f->series, 4096);
}

static inline void
fake_open(struct fake *f, const struct collector *row)
{
	f->row = row;
	f->state = row->open(&f->conf, &f->host);
	assert_non_null(f->state);
}

static inline int
fake_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
fake_done(struct fake *f)
{
	if (f->row != NULL)
		f->row->close(f->state);
	host_close(&f->host);
	batch_done(&f->batch);
	series_table_free(f->series);
	nftw(f->dir, fake_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* One collection, at so many seconds of the boot clock. */
static inline void
fake_collect(struct fake *f, double boot_secs)
{
	struct now now = {.boot_ns = (int64_t)(boot_secs * 1e9), .wall_ms = 1700000000000};

	batch_reset(&f->batch, &now);
	f->batch.interval_ms = 10000;
	host_look(&f->host, now.boot_ns);
	f->row->collect(f->state, &f->host, &f->batch);
}

/* The sample of a metric (and first label, or NULL) in the batch; NULL when absent. */
static inline const struct sample *
fake_sample(const struct fake *f, enum metric_id metric, const char *label)
{
	for (size_t i = 0; i < f->batch.len; i++) {
		const struct series *s = series_at(f->series, f->batch.samples[i].series);

		if (s->metric == metric &&
		    (label == NULL || strcmp(series_label(s, 0), label) == 0))
			return &f->batch.samples[i];
	}
	return NULL;
}

static inline bool
fake_has(const struct fake *f, enum metric_id metric, const char *label)
{
	return fake_sample(f, metric, label) != NULL;
}

/* Samples of a metric, of all its series. */
static inline int
fake_count(const struct fake *f, enum metric_id metric)
{
	int n = 0;

	for (size_t i = 0; i < f->batch.len; i++)
		n += series_at(f->series, f->batch.samples[i].series)->metric == metric;
	return n;
}

/* NAN when absent. */
static inline double
fake_value(const struct fake *f, enum metric_id metric, const char *label)
{
	const struct sample *s = fake_sample(f, metric, label);

	return s != NULL ? s->value : NAN;
}

#define assert_near(a, b)                                                            \
	do {                                                                         \
		double near_a = (a), near_b = (b);                                   \
		if (!(fabs(near_a - near_b) <= 1e-9 * fmax(1, fabs(near_b)))) {      \
			print_error("%s is %.12g, not %.12g\n", #a, near_a, near_b); \
			fail();                                                      \
		}                                                                    \
	} while (0)

#endif
