/*
 * Reads the kernel's clocks and formats their times. CLOCK_BOOTTIME (Linux 2.6.39) counts time
 * asleep, so that a rate over a suspend is a rate over the real time passed. Where it is refused,
 * CLOCK_MONOTONIC stands in. The zone is the C library's, which takes it from TZ.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_MASK ((1LL << 47) - 1)
#define SPAN_MAX_MS (10LL * 366 * 86400 * 1000)
#define STEP_MS 10000 /* less is how clocks drift apart, not that one was set */
#define DAY_SECS 86400
#define LOOK_NS (2 * NS_PER_SEC)

static int64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0 && clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

/* Where the kernel's is hidden, each start is taken for a boot. */
static int64_t
read_boot(void)
{
	uint64_t seed = clock_seed() ^ (uint64_t)read_ns(CLOCK_REALTIME);
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	char id[64];
	ssize_t n = fd < 0 ? 0 : read(fd, id, sizeof(id));
	uint64_t hash = n > 1 ? str_hash(STR_HASH_SEED, id, (size_t)n)
	                      : str_hash(STR_HASH_SEED, &seed, sizeof(seed));

	if (fd >= 0)
		close(fd);
	return (int64_t)(hash & BOOT_MASK) + 1;
}

struct now
clock_now(void)
{
	static int64_t boot; /* read by the first of our processes; the others are its forks */

	if (boot == 0)
		boot = read_boot();
	return (struct now){
	    .boot_ns = read_ns(CLOCK_BOOTTIME),
	    .wall_ms = read_ns(CLOCK_REALTIME) / NS_PER_MS,
	    .boot = boot,
	};
}

int64_t
clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t
clock_cpu_ns(void)
{
	return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t
clock_seed(void)
{
	return (uint64_t)read_ns(CLOCK_MONOTONIC) ^ ((uint64_t)getpid() << 40);
}

static bool
is_one_boot(const struct now *a, const struct now *b)
{
	return a->boot != 0 && a->boot == b->boot;
}

bool
clock_span_is_sure(const struct now *from, const struct now *to)
{
	return from->boot == to->boot;
}

int64_t
clock_span_ms(const struct now *from, const struct now *to)
{
	int64_t ms;

	if (is_one_boot(from, to) && to->boot_ns >= from->boot_ns)
		return (to->boot_ns - from->boot_ns) / NS_PER_MS;
	ms = to->wall_ms - from->wall_ms;
	return ms < 0 || ms > SPAN_MAX_MS ? 0 : ms;
}

int
clock_compare(const struct now *a, const struct now *b)
{
	if (is_one_boot(a, b))
		return (a->boot_ns > b->boot_ns) - (a->boot_ns < b->boot_ns);
	return (a->wall_ms > b->wall_ms) - (a->wall_ms < b->wall_ms);
}

int64_t
clock_boot_ns(const struct now *then, const struct now *now)
{
	if (is_one_boot(then, now) && then->boot_ns <= now->boot_ns)
		return then->boot_ns;
	return now->boot_ns - clock_span_ms(then, now) * NS_PER_MS;
}

struct now
clock_at(int64_t boot_ns, const struct now *now)
{
	int64_t wall_ms = now->wall_ms - (now->boot_ns - boot_ns) / NS_PER_MS;

	return (struct now){boot_ns, wall_ms < 0 ? 0 : wall_ms, now->boot};
}

int64_t
clock_shown_ms(const struct now *then, const struct now *now)
{
	int64_t set_by = clock_at(then->boot_ns, now).wall_ms - then->wall_ms;

	if (!is_one_boot(then, now) || (set_by > -STEP_MS && set_by < STEP_MS))
		return then->wall_ms;
	return then->wall_ms + set_by;
}

const char *
clock_iso8601(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t secs = (time_t)((wall_ms - ms) / 1000);
	struct tm tm;
	char day[24];

	if (gmtime_r(&secs, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return "1970-01-01T00:00:00.000Z";
	snprintf(out, CLOCK_ISO8601_MAX, "%s.%03dZ", day, (int)ms);
	return out;
}

static struct {
	bool begun;
	char name[CLOCK_ZONE_MAX];                           /* "": the system's */
	char started_with[256];                              /* TZ as we found it, where it fits */
	bool has_tz;                                         /* there was one */
	char file[CLOCK_ZONE_MAX + sizeof(CLOCK_ZONES) + 1]; /* to be looked at; "": none */
	struct stat seen;
	int64_t looked_ns;
} zone;

static void
name_file(void)
{
	zone.file[0] = '\0';
	if (zone.name[0] != '\0')
		snprintf(zone.file, sizeof(zone.file), CLOCK_ZONES "/%s", zone.name);
	else if (!zone.has_tz)
		str_copy(zone.file, sizeof(zone.file), CLOCK_SYSTEM_ZONE);
}

/* C libraries read a zone again only when TZ is another. */
static void
read_zone(void)
{
	char tz[sizeof(zone.file) + 1];

	zone.begun = true;
	zone.looked_ns = read_ns(CLOCK_MONOTONIC);
	if (zone.file[0] == '\0' || stat(zone.file, &zone.seen) != 0)
		zone.seen = (struct stat){.st_ino = 0};
	setenv("TZ", "UTC0", 1);
	tzset();
	snprintf(tz, sizeof(tz), ":%s", zone.file);
	if (zone.name[0] != '\0')
		setenv("TZ", tz, 1);
	else if (zone.has_tz)
		setenv("TZ", zone.started_with, 1);
	else
		unsetenv("TZ");
	tzset();
}

static void
begin_zone(void)
{
	const char *tz = getenv("TZ");

	zone.has_tz = tz != NULL && str_copy(zone.started_with, sizeof(zone.started_with), tz);
	name_file();
	read_zone();
}

static bool
has_changed(void)
{
	struct stat st;

	if (zone.file[0] == '\0')
		return false;
	if (stat(zone.file, &st) != 0)
		st = (struct stat){.st_ino = 0};
	return st.st_ino != zone.seen.st_ino || st.st_dev != zone.seen.st_dev ||
	       st.st_mtim.tv_sec != zone.seen.st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != zone.seen.st_mtim.tv_nsec;
}

/* What every use of the zone begins with. */
static void
follow_zone(void)
{
	int64_t now_ns = read_ns(CLOCK_MONOTONIC);

	if (!zone.begun) {
		begin_zone();
	} else if (now_ns - zone.looked_ns >= LOOK_NS) {
		zone.looked_ns = now_ns;
		if (has_changed())
			read_zone();
	}
}

/* Each part begins with a letter or digit: no way out of the database. */
static bool
is_name(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	bool begins = true;

	for (const char *p = name; *p != '\0'; p++) {
		if (strchr(ok, *p) == NULL && (begins || strchr("+-_/", *p) == NULL))
			return false;
		begins = *p == '/';
	}
	return !begins && strlen(name) < CLOCK_ZONE_MAX;
}

void
clock_set_zone(const char *name)
{
	if (!zone.begun)
		begin_zone();
	if (!is_name(name) || !str_copy(zone.name, sizeof(zone.name), name))
		zone.name[0] = '\0';
	name_file();
	read_zone();
}

bool
clock_has_zone(const char *name)
{
	char path[sizeof(zone.file)], magic[4];
	bool is_zone;
	int fd;

	if (!is_name(name))
		return false;
	snprintf(path, sizeof(path), CLOCK_ZONES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	is_zone = read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
	close(fd);
	return is_zone;
}

const char *
clock_zone_trouble(void)
{
	follow_zone();
	return zone.file[0] != '\0' && zone.seen.st_ino == 0 ? "this host has no " CLOCK_SYSTEM_ZONE
	                                                       " that leads to a time zone"
	                                                     : NULL;
}

const char *
clock_zone_name(char out[CLOCK_ZONE_MAX])
{
	char path[256];
	const char *name;
	ssize_t n;

	follow_zone();
	if (zone.file[0] != '\0' && zone.seen.st_ino == 0)
		return "UTC";
	if (str_copy(out, CLOCK_ZONE_MAX, zone.name) && *out != '\0')
		return out;
	n = zone.has_tz ? -1 : readlink(CLOCK_SYSTEM_ZONE, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	name = strstr(path, "/zoneinfo/");
	if (zone.has_tz && is_name(zone.started_with))
		str_copy(out, CLOCK_ZONE_MAX, zone.started_with);
	else if (name == NULL || !str_copy(out, CLOCK_ZONE_MAX, name + strlen("/zoneinfo/")))
		str_copy(out, CLOCK_ZONE_MAX, "local time");
	return out;
}

static bool
split(int64_t wall_ms, struct tm *tm)
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t secs = (time_t)((wall_ms - ms) / 1000);

	follow_zone();
	return localtime_r(&secs, tm) != NULL;
}

/* " UTC" or " +09:00"; of RFC 3339 "Z" or "+09:00". */
static void
add_zone(const struct tm *tm, bool rfc, char *out, size_t cap)
{
	size_t len = strlen(out);
	long minutes = tm->tm_gmtoff / 60;

	if (minutes == 0 && tm->tm_zone != NULL && str_eq(tm->tm_zone, "UTC"))
		snprintf(out + len, cap - len, rfc ? "Z" : " UTC");
	else
		snprintf(out + len, cap - len, "%s%c%02ld:%02ld", rfc ? "" : " ",
		    minutes < 0 ? '-' : '+', labs(minutes) / 60 % 100, labs(minutes) % 60);
}

/* So many characters of "2026-11-22 20:55:01", and the zone. */
static const char *
format(int64_t wall_ms, size_t from, size_t len, char out[CLOCK_ISO8601_MAX])
{
	char whole[24];
	struct tm tm;

	if (!split(wall_ms, &tm) || strftime(whole, sizeof(whole), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return clock_iso8601(wall_ms, out);
	snprintf(out, CLOCK_ISO8601_MAX, "%.*s", (int)len, whole + from);
	add_zone(&tm, false, out, CLOCK_ISO8601_MAX);
	return out;
}

const char *
clock_local_rfc3339(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	struct tm tm;
	char day[24];

	if (!split(wall_ms, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return clock_iso8601(wall_ms, out);
	snprintf(out, CLOCK_ISO8601_MAX, "%s.%03d", day, (int)ms);
	add_zone(&tm, true, out, CLOCK_ISO8601_MAX);
	return out;
}

const char *
clock_local_text(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	return format(wall_ms, 0, 19, out);
}

const char *
clock_local_date(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	return format(wall_ms, 0, 16, out);
}

const char *
clock_local_hms(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	return format(wall_ms, 11, 8, out);
}

int
clock_local_minute(int64_t wall_ms, int *weekday)
{
	struct tm tm;

	*weekday = 0;
	if (!split(wall_ms, &tm))
		return 0;
	*weekday = tm.tm_wday;
	return tm.tm_hour * 60 + tm.tm_min;
}

struct clock_date
clock_date_of(int year, int month, int day, int hour, int minute, int second, bool local)
{
	struct tm tm = {.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = minute,
	    .tm_sec = second};

	return (struct clock_date){(int64_t)timegm(&tm) * 1000, local};
}

static int64_t
offset_ms(int64_t wall_ms)
{
	struct tm tm;

	return split(wall_ms, &tm) ? (int64_t)tm.tm_gmtoff * 1000 : 0;
}

/* No zone changes its offset twice in two days. */
int64_t
clock_date_ms(const struct clock_date *date)
{
	int64_t before, after, first, second;

	if (!date->local)
		return date->ms;
	before = offset_ms(date->ms - DAY_SECS * 1000LL);
	after = offset_ms(date->ms + DAY_SECS * 1000LL);
	first = date->ms - before;
	second = date->ms - after;
	if (first + offset_ms(first) == date->ms)
		return first;
	return second + offset_ms(second) == date->ms ? second : first;
}
