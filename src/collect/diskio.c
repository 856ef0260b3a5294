/*
 * /proc/diskstats and pressure/io to the disk.* samples of block devices. Only whole devices count:
 * those that sys/block has, or, where there is no such folder, those that are no other's partition.
 * A device that has never been used has no samples. A counter that went backwards, could not be
 * read or leapt starts anew, and so do all of a device that was gone in between or is another by
 * number.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "collect/collect.h"
#include "collect/diskstats.h"
#include "collect/host_lines.h"
#include "collect/psi.h"
#include "collect/rate.h"

#define TELLS                                                               \
	"disk.read_bytes_rate, disk.write_bytes_rate, disk.read_ops_rate, " \
	"disk.write_ops_rate, disk.io_time_percent, disk.await_ms"
#define DEVICES_MAX 96  /* their series fit the default quota of group disk */
#define LINES_MAX 65536 /* remembered, 16 bytes each; further ones are looked at each time */
#define SECTOR 512.0

enum { READ_BYTES, WRITE_BYTES, READ_OPS, WRITE_OPS, IO_TIME, AWAIT, ROWS };

static const enum metric_id rows[ROWS] = {
    [READ_BYTES] = METRIC_DISK_READ_BYTES,
    [WRITE_BYTES] = METRIC_DISK_WRITE_BYTES,
    [READ_OPS] = METRIC_DISK_READ_OPS,
    [WRITE_OPS] = METRIC_DISK_WRITE_OPS,
    [IO_TIME] = METRIC_DISK_IO_TIME,
    [AWAIT] = METRIC_DISK_AWAIT,
};

struct device {
	char name[DISKSTATS_NAME_MAX]; /* empty: place is free */
	bool hardware;                 /* a disk rather than what is made of some */
	uint64_t cycle;                /* in which it was seen last */
	uint64_t major, minor;
	struct rate rates[DISKSTATS_COUNTERS];
	struct series_ref refs[ROWS];
};

/* A line of the file: whether it is of a device to report is found out once. */
struct line {
	uint64_t key;
	struct device *device; /* NULL: not to report, or no place */
	bool wanted;
};

struct diskio {
	const struct strings *exclude;
	struct host_file stats_file;
	struct psi_source pressure;
	uint64_t cycle;
	bool has_sys_block, said_many;
	struct line *lines; /* as the file had them in the cycle before; grows with it */
	size_t line_count, line_cap;
	size_t left_out;                /* devices without a place in this cycle */
	struct device *devices;         /* DEVICES_MAX */
	char whole[DISKSTATS_NAME_MAX]; /* last name of the file that was no partition */
};

static int64_t
interval_secs(const struct conf_collect *conf)
{
	return conf->disk_io_interval_secs;
}

static void *
open_diskio(const struct conf_collect *conf, struct host *host)
{
	struct diskio *s = mem_zalloc(1, sizeof(*s));

	(void)host;
	s->exclude = &conf->disk_exclude_devices;
	s->stats_file = (struct host_file){.path = "diskstats", .tells = TELLS, .fd = -1};
	s->pressure = (struct psi_source)PSI_SOURCE("io", "disk.pressure_some_percent");
	s->devices = mem_zalloc(DEVICES_MAX, sizeof(*s->devices));
	return s;
}

static void
close_diskio(void *state)
{
	struct diskio *s = state;

	host_file_close(&s->stats_file);
	host_file_close(&s->pressure.file);
	mem_free(s->lines);
	mem_free(s->devices);
	mem_free(s);
}

static bool
is_excluded(const struct diskio *s, const char *name)
{
	return str_glob_any(s->exclude->items, s->exclude->len, name);
}

/* Whether sys/block has it, or that below it; in sys a slash in a name is an exclamation mark. */
static bool
has_in_sys(const struct host *host, const char *name, const char *below)
{
	char path[DISKSTATS_NAME_MAX + 32];

	snprintf(path, sizeof(path), "block/%s", name);
	for (char *c = path + sizeof("block/") - 1; *c != '\0'; c++)
		if (*c == '/')
			*c = '!';
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s", below);
	return host_has(host, true, path);
}

static bool
is_whole(const struct diskio *s, const struct host *host, const char *name)
{
	return s->has_sys_block ? has_in_sys(host, name, "") : str_eq(name, s->whole);
}

/* The last place of a device that is no piece of hardware, for one that is; NULL: there is none. */
static struct device *
find_lesser(struct diskio *s)
{
	for (size_t i = DEVICES_MAX; i-- > 0;)
		if (!s->devices[i].hardware)
			return &s->devices[i];
	return NULL;
}

/* The place of a device, kept or new; NULL when all are taken by devices that are there. */
static struct device *
find_device(struct diskio *s, const struct host *host, const char *name)
{
	struct device *spare = NULL;
	bool hardware;

	for (size_t i = 0; i < DEVICES_MAX; i++) {
		struct device *d = &s->devices[i];

		if (str_eq(d->name, name))
			return d;
		if (spare == NULL && (d->name[0] == '\0' || d->cycle + 1 < s->cycle))
			spare = d;
	}
	hardware = has_in_sys(host, name, "/device");
	if (spare == NULL && !s->said_many)
		log_warn("more than %d block devices: further ones are left out, those that are no "
		         "hardware first (see collector.disk.exclude_devices)",
		    DEVICES_MAX);
	s->said_many = s->said_many || spare == NULL;
	if (spare == NULL && hardware)
		spare = find_lesser(s);
	if (spare == NULL)
		return NULL;
	*spare = (struct device){.hardware = hardware};
	str_copy(spare->name, sizeof(spare->name), name);
	return spare;
}

/* The place of what is remembered of line i, which grows as the file does; NULL: none. */
static struct line *
line_at(struct diskio *s, size_t i)
{
	if (i == LINES_MAX)
		return NULL;
	if (i >= s->line_cap)
		s->lines = mem_grow(s->lines, i, &s->line_cap, sizeof(*s->lines));
	return &s->lines[i];
}

/* The device of line i, if it is to be reported. */
static struct device *
device_of(struct diskio *s, const struct host *host, size_t i, const struct diskstats *now)
{
	uint64_t key = str_hash(STR_HASH_SEED, now, offsetof(struct diskstats, have));
	struct line here, *line = line_at(s, i);
	bool known = line != NULL && i < s->line_count && line->key == key &&
	             (line->device == NULL || str_eq(line->device->name, now->name));

	if (!diskstats_is_partition(now->name, s->whole))
		memcpy(s->whole, now->name, sizeof(s->whole));
	line = line != NULL ? line : &here;
	if (!known) {
		*line = (struct line){.key = key};
		line->wanted = !is_excluded(s, now->name) && is_whole(s, host, now->name);
		line->device = line->wanted ? find_device(s, host, now->name) : NULL;
	}
	s->left_out += line->wanted && line->device == NULL;
	return line->device;
}

static void
add(struct batch *batch, struct device *d, int row, double value, double raw)
{
	const char *const labels[] = {d->name};

	batch_add_labelled(batch, &d->refs[row], rows[row], labels, value, raw);
}

/* The change of each counter since the reading before: per second, or percent; NAN: none. */
static void
take_rates(struct device *d, const struct diskstats *now, int64_t boot_ns,
    double rates[DISKSTATS_COUNTERS])
{
	for (size_t i = 0; i < DISKSTATS_COUNTERS; i++) {
		rates[i] = NAN;
		if ((now->have >> i & 1) == 0)
			d->rates[i] = (struct rate){0};
		else if (i == DISKSTATS_IO_MS)
			(void)rate_update_percent(
			    &d->rates[i], now->values[i], 1e3, boot_ns, &rates[i]);
		else
			(void)rate_update(&d->rates[i], now->values[i], boot_ns, &rates[i]);
	}
}

static void
add_rates(struct batch *batch, struct device *d, const struct diskstats *now,
    const double rates[DISKSTATS_COUNTERS])
{
	static const struct {
		int row;
		double unit, raw_parts; /* raw has so many in one */
	} of[DISKSTATS_COUNTERS] = {
	    [DISKSTATS_READS] = {READ_OPS, 1, 1},
	    [DISKSTATS_READ_SECTORS] = {READ_BYTES, SECTOR, 1 / SECTOR},
	    [DISKSTATS_READ_MS] = {ROWS, 0, 1},
	    [DISKSTATS_WRITES] = {WRITE_OPS, 1, 1},
	    [DISKSTATS_WRITE_SECTORS] = {WRITE_BYTES, SECTOR, 1 / SECTOR},
	    [DISKSTATS_WRITE_MS] = {ROWS, 0, 1},
	    [DISKSTATS_IO_MS] = {IO_TIME, 1, 1e3},
	};

	for (size_t i = 0; i < DISKSTATS_COUNTERS; i++)
		if (of[i].row != ROWS && !isnan(rates[i]))
			add(batch, d, of[i].row, rates[i] * of[i].unit,
			    (double)now->values[i] / of[i].raw_parts);
}

/* Needs four counters: without one of them the mean is NAN. */
static void
add_await(struct batch *batch, struct device *d, const double rates[DISKSTATS_COUNTERS])
{
	double requests = rates[DISKSTATS_READS] + rates[DISKSTATS_WRITES];
	double await_ms = (rates[DISKSTATS_READ_MS] + rates[DISKSTATS_WRITE_MS]) / requests;

	if (requests > 0 && !isnan(await_ms))
		add(batch, d, AWAIT, await_ms, NAN);
}

static bool
is_zero(const struct diskstats *now, enum diskstats_counter counter)
{
	return (now->have >> counter & 1) != 0 && now->values[counter] == 0;
}

static void
take_device(struct diskio *s, struct device *d, const struct diskstats *now, struct batch *batch)
{
	double rates[DISKSTATS_COUNTERS];

	if (d->cycle + 1 != s->cycle || now->major != d->major || now->minor != d->minor)
		memset(d->rates, 0, sizeof(d->rates));
	take_rates(d, now, batch->now.boot_ns, rates);
	if (!is_zero(now, DISKSTATS_READS) || !is_zero(now, DISKSTATS_WRITES)) {
		add_rates(batch, d, now, rates);
		add_await(batch, d, rates);
	}
	d->major = now->major;
	d->minor = now->minor;
	d->cycle = s->cycle;
}

static void
collect_devices(struct diskio *s, struct host *host, struct batch *batch)
{
	const char *line, *line_end;
	struct host_lines lines;
	struct diskstats now;
	size_t n = 0;

	s->cycle++;
	s->whole[0] = '\0';
	s->left_out = 0;
	s->has_sys_block = host_has(host, true, "block");
	if (!host_lines_open(&lines, host, &s->stats_file)) {
		s->line_count = 0;
		return;
	}
	while (host_lines_next(&lines, &line, &line_end)) {
		struct device *d;

		if (!diskstats_parse_line(line, line_end, &now)) {
			host_file_say_malformed(&s->stats_file);
			continue;
		}
		if (now.have != DISKSTATS_ALL)
			host_file_say_malformed(&s->stats_file);
		d = device_of(s, host, n, &now);
		n += n < LINES_MAX;
		if (d != NULL)
			take_device(s, d, &now, batch);
	}
	s->line_count = n;
	gaps_note_bound(
	    &host->gaps, "block devices", TELLS, DEVICES_MAX, DEVICES_MAX + s->left_out);
}

static void
collect_diskio(void *state, struct host *host, struct batch *batch)
{
	struct diskio *s = state;

	collect_devices(s, host, batch);
	psi_collect(&s->pressure, host, batch, METRIC_DISK_PRESSURE_SOME, METRIC_COUNT);
}

const struct collector collector_diskio = {
    .name = "diskio",
    .section = COLLECTOR_DISK,
    .interval_secs = interval_secs,
    .open = open_diskio,
    .collect = collect_diskio,
    .close = close_diskio,
};
