/*
 * Unix time to what clocks on the wall show, and back. The C library knows zones, and takes the one
 * to go by from TZ; which files that leads to is looked at again and again, for they are the
 * system's to change. A name from outside leads to the tz database and nowhere else.
 */
#include "base/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define DAY_MS 86400000LL
#define LOOK_NS (2 * NS_PER_SEC)

static struct {
	bool begun;
	char name[ZONE_NAME_MAX];                          /* "": the system's */
	char started_with[256];                            /* TZ as we found it, where it fits */
	bool has_tz;                                       /* there was one */
	char file[ZONE_NAME_MAX + sizeof(ZONE_FILES) + 1]; /* to be looked at; "": none */
	struct stat seen;
	int64_t looked_ns;
} zone;

static void
name_file(void)
{
	zone.file[0] = '\0';
	if (zone.name[0] != '\0')
		snprintf(zone.file, sizeof(zone.file), ZONE_FILES "/%s", zone.name);
	else if (!zone.has_tz)
		str_copy(zone.file, sizeof(zone.file), ZONE_SYSTEM);
}

/* C libraries read a zone again only when TZ is another. */
static void
read_zone(void)
{
	char tz[sizeof(zone.file) + 1];

	zone.begun = true;
	zone.looked_ns = clock_monotonic_ns();
	if (zone.file[0] == '\0' || stat(zone.file, &zone.seen) != 0)
		zone.seen = (struct stat){.st_ino = 0};
	setenv("TZ", "UTC0", 1);
	tzset();
	snprintf(tz, sizeof(tz), ":%s", zone.file);
	if (zone.file[0] == '\0')
		setenv("TZ", zone.started_with, 1);
	else if (zone.seen.st_ino != 0)
		setenv("TZ", tz, 1);
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
	int64_t now_ns = clock_monotonic_ns();

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
	return !begins && strlen(name) < ZONE_NAME_MAX;
}

void
zone_set(const char *name)
{
	if (!zone.begun)
		begin_zone();
	if (!is_name(name) || !str_copy(zone.name, sizeof(zone.name), name))
		zone.name[0] = '\0';
	name_file();
	read_zone();
}

bool
zone_exists(const char *name)
{
	char path[sizeof(zone.file)], magic[4];
	bool is_zone;
	int fd;

	if (!is_name(name))
		return false;
	snprintf(path, sizeof(path), ZONE_FILES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	is_zone = read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
	close(fd);
	return is_zone;
}

const char *
zone_trouble(void)
{
	follow_zone();
	if (zone.file[0] == '\0' || zone.seen.st_ino != 0)
		return NULL;
	return zone.name[0] != '\0' ? "that of agent.timezone is not in " ZONE_FILES
	                            : "/etc/localtime leads to none";
}

const char *
zone_name(char out[ZONE_NAME_MAX])
{
	char path[256];
	const char *name;
	ssize_t n;

	follow_zone();
	if (zone.file[0] != '\0' && zone.seen.st_ino == 0)
		return "UTC";
	if (str_copy(out, ZONE_NAME_MAX, zone.name) && *out != '\0')
		return out;
	n = zone.has_tz ? -1 : readlink(ZONE_SYSTEM, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	name = strstr(path, "/zoneinfo/");
	if (zone.has_tz && is_name(zone.started_with))
		str_copy(out, ZONE_NAME_MAX, zone.started_with);
	else if (name == NULL || !str_copy(out, ZONE_NAME_MAX, name + strlen("/zoneinfo/")))
		str_copy(out, ZONE_NAME_MAX, "local time");
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
zone_rfc3339(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
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
zone_text(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	return format(wall_ms, 0, 19, out);
}

const char *
zone_short(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	return format(wall_ms, 0, 16, out);
}

const char *
zone_hms(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	return format(wall_ms, 11, 8, out);
}

int
zone_minute(int64_t wall_ms, int *weekday)
{
	struct tm tm;

	*weekday = 0;
	if (!split(wall_ms, &tm))
		return 0;
	*weekday = tm.tm_wday;
	return tm.tm_hour * 60 + tm.tm_min;
}

struct zone_date
zone_date_of(int year, int month, int day, int hour, int minute, int second, bool local)
{
	struct tm tm = {.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = minute,
	    .tm_sec = second};

	return (struct zone_date){(int64_t)timegm(&tm) * 1000, local};
}

static int64_t
offset_ms(int64_t wall_ms)
{
	struct tm tm;

	return split(wall_ms, &tm) ? (int64_t)tm.tm_gmtoff * 1000 : 0;
}

/* No zone changes its offset twice in two days. */
int64_t
zone_date_ms(const struct zone_date *date)
{
	int64_t before, after, first, second;

	if (!date->local)
		return date->ms;
	before = offset_ms(date->ms - DAY_MS);
	after = offset_ms(date->ms + DAY_MS);
	first = date->ms - before;
	second = date->ms - after;
	if (first + offset_ms(first) == date->ms)
		return first;
	return second + offset_ms(second) == date->ms ? second : first;
}
