/*
 * Silences by name, by hour and by date: what they hold, and what leaves when they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/silence.c"

#include <time.h>

#include "alert/silence_set.h"
#include "tests/unit/alert_rig.h"

static int64_t
local_ms(int year, int month, int day, int hour, int minute, int second)
{
	struct zone_date date = zone_date_of(year, month, day, hour, minute, second, true);

	return zone_date_ms(&date);
}

static void
what_goes_on_after_a_silence_is_one_digest(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_int_equal(rig_silence(&r, "*", 600000, false), 1);
	for (int step = 0; step < 60; step++) {
		rig_found(&r, METRIC_DISK_USAGE, 1, step < 30 ? SEV_WARN : SEV_NONE, 85);
		rig_found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 86);
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
		assert_string_equal(rig_cpu(&r, step < 40 ? SEV_CRITICAL : SEV_NONE), "");
		if (step % 9 == 0)
			rig_restart(&r);
	}
	rig_found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 86);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(rig_apply_places(&r),
	    "webhook digest critical: usage_percent usage_percent/2 usage_percent over; discord "
	    "digest critical: usage_percent usage_percent over");
	assert_int_equal(r.out.items[0]->reason, DIGEST_SILENCE);
	assert_null(silence_set_at(alert_silences(r.table), 0));
	assert_string_equal(rig_apply_places(&r), "");
	rig_done(&r);
}

static void
a_silence_may_let_critical_ones_pass_and_be_removed(void **state)
{
	struct alert_silence past = {.match = "*", .until.wall_ms = 1};
	struct alert_rig r;
	uint32_t id;

	(void)state;
	rig_init(&r);
	id = rig_silence(&r, "cpu.*", 86400000, true);
	assert_int_not_equal(id, 0);
	assert_int_equal(rig_silence(&r, "a{", 1000, false), 0);
	assert_int_equal(silence_set_add(alert_silences(r.table), &past, &r.now), 0);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_NONE),
	    "webhook resolve critical: usage_percent; discord resolve critical: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(silence_set_at(alert_silences(r.table), 0)->match, "cpu.*");
	assert_true(silence_set_remove(alert_silences(r.table), id));
	assert_false(silence_set_remove(alert_silences(r.table), id));
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

/* Nights from 22:00 to 07:00 and all of Sunday, through a change of the clocks. */
static void
weekly_silences_go_by_local_time(void **state)
{
	char all[] = "*";
	struct conf_silence silences[] = {
	    {.match = all, .weekdays = 127, .start_minute = 22 * 60, .end_minute = 7 * 60},
	    {.match = all, .weekdays = 1},
	};
	static const struct {
		int day, hour, minute;
		bool silent;
	} cases[] = {
	    {23, 21, 59, false}, /* a Friday in October 2026 */
	    {23, 22, 0, true},
	    {24, 6, 59, true},
	    {24, 7, 0, false},
	    {25, 12, 0, true}, /* the Sunday on which summer time ends */
	    {26, 6, 59, true},
	    {26, 7, 0, false},
	    {26, 12, 0, false},
	};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.silences = silences;
	r.conf.silence_count = 2;
	rig_configure(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.now.wall_ms = local_ms(2026, 10, cases[i].day, cases[i].hour, cases[i].minute, 0);
		rig_found(&r, METRIC_DISK_USAGE, 0, SEV_EMERGENCY, 1);
		assert_int_equal(rig_apply_places(&r)[0] == '\0', cases[i].silent);
		/* Forgotten again for the next one. */
		alert_free(r.table);
		r.table = rig_new_table(&r);
	}
	rig_done(&r);
}

static void
take_end(void *arg, const struct silence_view *view)
{
	*(int64_t *)arg = view->until_wall_ms;
}

/* When hours end that go on now: at the wall's time, through midnight and a change of clocks. */
static void
weekly_silences_say_when_they_end(void **state)
{
	char all[] = "*";
	const int64_t until = 1893456000000; /* 2030 */
	static const struct {
		unsigned weekdays;
		int start, end, day, hour, end_day, end_hour;
	} cases[] = {
	    {127, 22 * 60, 7 * 60, 23, 22, 24, 7}, {127, 22 * 60, 7 * 60, 24, 6, 24, 7},
	    {127, 22 * 60, 7 * 60, 24, 23, 25, 7}, /* summer time ends in that night */
	    {1, 0, 0, 25, 12, 26, 0}, {1 | 64, 0, 0, 24, 12, 26, 0}, /* two days, one end */
	    {127, 0, 24 * 60, 24, 12, 0, 0},                         /* all the time */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_silence one = {.match = all,
		    .until.ms = until,
		    .weekdays = cases[i].weekdays,
		    .start_minute = cases[i].start,
		    .end_minute = cases[i].end};
		struct alert_rig r;
		int64_t end = 0, expected = until;

		rig_init(&r);
		r.conf.silences = &one;
		r.conf.silence_count = 1;
		rig_configure(&r);
		r.now.wall_ms = local_ms(2026, 10, cases[i].day, cases[i].hour, 17, 5) + 123;
		if (cases[i].end_day != 0)
			expected = local_ms(2026, 10, cases[i].end_day, cases[i].end_hour, 0, 0);
		silence_each(r.table, &r.now, take_end, &end);
		assert_int_equal(end, expected);
		rig_done(&r);
	}
}

static void
dated_silences_begin_and_end(void **state)
{
	char memory[] = "mem.*";
	struct conf_silence one = {.match = memory};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	one.from.ms = r.now.wall_ms + 2 * RIG_STEP_MS;
	one.until.ms = r.now.wall_ms + 5 * RIG_STEP_MS;
	r.conf.silences = &one;
	r.conf.silence_count = 1;
	rig_configure(&r);
	for (int step = 0; step < 7; step++) {
		rig_found(&r, METRIC_MEM_USAGE, 0, step == 1 ? SEV_NONE : SEV_WARN, 85);
		assert_string_equal(rig_apply_places(&r),
		    step == 0 || step == 5 ? "webhook fire warn: usage_percent"
		    : step == 1            ? "webhook resolve warn: usage_percent"
		                           : "");
	}
	rig_done(&r);
}

static void
a_silence_that_comes_twice_is_one(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_silence(&r, "cpu.*", 3600000, false);
	rig_silence(&r, "disk.*", 3600000, false);
	rig_restart(&r);
	rig_load(&r);
	assert_string_equal(silence_set_at(alert_silences(r.table), 0)->match, "cpu.*");
	assert_string_equal(silence_set_at(alert_silences(r.table), 1)->match, "disk.*");
	assert_null(silence_set_at(alert_silences(r.table), 2));
	/* It is on the disk: nothing of it has changed. */
	r.disk.writes = 0;
	rig_save(&r);
	assert_int_equal(r.disk.writes, 0);
	assert_int_equal(rig_silence(&r, "mem.*", 3600000, false), 3);
	rig_done(&r);
}

/* As the keeper's rows come: by the text of their keys, "10" before "2". */
static void
silences_are_listed_by_number(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 12; i++)
		assert_int_equal(rig_silence(&r, "cpu.*", 3600000, false), i + 1);
	rig_save(&r);
	alert_free(r.table);
	r.table = rig_new_table(&r);
	for (size_t i = r.disk.used; i-- > 0;) {
		const char *json = r.disk.rows[i * 7 % r.disk.used].json;

		assert_int_equal(
		    silence_set_load(alert_silences(r.table), json, strlen(json), &r.now),
		    JSON_READ_OK);
	}
	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(silence_set_at(alert_silences(r.table), i)->id, i + 1);
	r.disk.writes = 0;
	rig_save(&r);
	assert_int_equal(r.disk.writes, 0);
	silence_set_mark_all(alert_silences(r.table));
	rig_save(&r);
	assert_int_equal(r.disk.writes, 12);
	rig_done(&r);
}

/* Removed, or over: its row goes, and no other. */
static void
a_silence_that_is_no_more_is_not_kept(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_silence(&r, "cpu.*", 3600000, false);
	rig_silence(&r, "disk.*", 3600000, false);
	rig_silence(&r, "mem.*", RIG_STEP_MS, false);
	rig_save(&r);
	assert_int_equal(fake_disk_count(&r.disk, KEPT_SILENCE), 3);
	assert_true(silence_set_remove(alert_silences(r.table), 1));
	rig_save(&r);
	assert_null(fake_disk_find(&r.disk, KEPT_SILENCE, "1"));
	assert_int_equal(fake_disk_count(&r.disk, KEPT_SILENCE), 2);
	rig_save(&r);
	assert_int_equal(r.disk.deletes, 1); /* once */
	rig_pass(&r, RIG_STEP_MS);
	rig_apply(&r);
	rig_save(&r);
	assert_null(fake_disk_find(&r.disk, KEPT_SILENCE, "3"));
	rig_restart(&r);
	assert_string_equal(silence_set_at(alert_silences(r.table), 0)->match, "disk.*");
	assert_null(silence_set_at(alert_silences(r.table), 1));
	rig_done(&r);
}

/* The disk was slow: one was made before those of the earlier life came, under the same number. */
static void
a_silence_made_before_others_came_costs_none_of_them(void **state)
{
	static const char *const matches[] = {"mem.*", "cpu.*", "disk.*"};
	const struct alert_silence *s;
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_silence(&r, "cpu.*", 3600000, false);
	rig_silence(&r, "disk.*", 3600000, false);
	rig_restart_blind(&r);
	assert_int_equal(rig_silence(&r, "mem.*", 3600000, false), 1);
	rig_load(&r);
	rig_load(&r);
	for (int life = 0; life < 2; life++) {
		for (size_t i = 0; i < JSON_LEN(matches); i++) {
			s = silence_set_at(alert_silences(r.table), i);
			assert_non_null(s);
			assert_int_equal(s->id, i + 1);
			assert_string_equal(s->match, matches[i]);
		}
		assert_null(silence_set_at(alert_silences(r.table), JSON_LEN(matches)));
		rig_restart(&r);
	}
	rig_done(&r);
}

static void
silences_that_make_no_sense_are_damaged(void **state)
{
#define ROW(id, match)                                                          \
	"{\"id\":" id ",\"created_wall_ms\":1,\"until_wall_ms\":1790000600000," \
	"\"allow_critical\":false,\"match\":" match ",\"comment\":\"c\"}"
	static const struct {
		const char *json;
		enum json_read read;
	} cases[] = {
	    {ROW("1", "\"cpu.*\""), JSON_READ_OK},
	    {ROW("1", "\"cpu.*\",\"future\":[]"), JSON_READ_OK},
	    {ROW("0", "\"cpu.*\""), JSON_READ_DAMAGED},
	    {ROW("-1", "\"cpu.*\""), JSON_READ_DAMAGED},
	    {ROW("2", "\"cpu{\""), JSON_READ_DAMAGED},
	    {ROW("2", "\"\""), JSON_READ_DAMAGED},
	    {ROW("2", "7"), JSON_READ_DAMAGED},
	    {"{\"id\":2}", JSON_READ_DAMAGED},
	    {"[]", JSON_READ_DAMAGED},
	    {"", JSON_READ_DAMAGED},
	};
#undef ROW
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (size_t i = 0; i < JSON_LEN(cases); i++) {
		if (silence_set_load(alert_silences(r.table), cases[i].json, strlen(cases[i].json),
		        &r.now) != cases[i].read)
			fail_msg("%s", cases[i].json);
	}
	assert_non_null(silence_set_at(alert_silences(r.table), 0));
	assert_null(silence_set_at(alert_silences(r.table), 1));
	rig_done(&r);
}

/* What is on the disk and finds no room here stays there. */
static void
a_silence_without_room_is_left_where_it_is(void **state)
{
	struct alert_rig r, other;

	(void)state;
	rig_init(&r);
	rig_init(&other);
	for (int i = 0; i < ALERT_SILENCES_MAX; i++)
		assert_int_not_equal(rig_silence(&r, "*", 3600000, false), 0);
	assert_int_equal(rig_silence(&r, "*", 3600000, false), 0);
	rig_silence(&other, "*", 3600000, false);
	silence_set_remove(alert_silences(other.table), 1);
	other.table->silences.last_id = 900;
	rig_silence(&other, "*", 3600000, false);
	rig_save(&other);
	assert_int_equal(
	    silence_set_load(alert_silences(r.table), rig_only_row(&other, KEPT_SILENCE),
	        strlen(rig_only_row(&other, KEPT_SILENCE)), &r.now),
	    JSON_READ_UNKNOWN);
	rig_done(&r);
	rig_done(&other);
}

static void
silences_know_log_lines_by_name_and_label(void **state)
{
	static const struct {
		const char *match;
		bool holds;
	} cases[] = {
	    {"oom_kill", true},
	    {"oom*", true},
	    {"log", true}, /* the rule */
	    {"oom_kill{unit=nginx}", true},
	    {"{unit=ng*}", true},
	    {"oom_kill{unit=apache}", false},
	    {"segfault", false},
	    {"oom_kill{unit=nginx,device=sda}", false},
	};

	(void)state;
	for (size_t i = 0; i < JSON_LEN(cases); i++) {
		struct alert_rig r;

		rig_init(&r);
		assert_int_not_equal(rig_silence(&r, cases[i].match, 600000, false), 0);
		rig_event(&r, "oom_kill", "nginx", SEV_WARN, 60000);
		assert_string_equal(rig_apply(&r), cases[i].holds ? "" : "webhook fire warn");
		rig_done(&r);
	}
}

/* Of several silences any one holds: of the configuration and of those made since. */
static void
any_silence_holds(void **state)
{
	char cpu[] = "cpu.*", mem[] = "mem.*";
	struct conf_silence silences[] = {{.match = cpu}, {.match = mem}};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.silences = silences;
	r.conf.silence_count = 2;
	rig_configure(&r);
	rig_silence(&r, "net.*", 3600000, false);
	rig_silence(&r, "disk.*", 3600000, false);
	rig_found(&r, METRIC_CPU_USAGE, 0, SEV_WARN, 85);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
	rig_found(&r, METRIC_DISK_USAGE, 0, SEV_WARN, 85);
	assert_string_equal(rig_apply_places(&r), "");
	rig_found(&r, METRIC_FD_USAGE, 0, SEV_WARN, 85);
	assert_int_not_equal(rig_apply_places(&r)[0], 0);
	rig_done(&r);
}

static bool
is_silenced_now(struct alert_rig *r)
{
	silence_set_expire(alert_silences(r->table), &r->now);
	return silence_set_at(alert_silences(r->table), 0) != NULL;
}

static void
pass_secs(struct alert_rig *r, int64_t boot_secs, int64_t wall_secs)
{
	r->now.boot_ns += boot_secs * NS_PER_SEC;
	r->now.wall_ms += wall_secs * 1000;
}

/* silence add '*' --for 2m, and then somebody sets the clock: two minutes are two minutes. */
static void
a_silence_lasts_as_long_as_was_said_whatever_the_clock_is_set_to(void **state)
{
	static const int64_t set_by[] = {-9 * 3600, 9 * 3600, -40LL * 365 * 86400, 0};

	(void)state;
	for (size_t i = 0; i < JSON_LEN(set_by); i++) {
		struct alert_rig r;
		int64_t until = 0;

		rig_init(&r);
		r.now.boot = 7;
		assert_int_not_equal(rig_silence(&r, "*", 120000, false), 0);
		pass_secs(&r, 60, 60 + set_by[i]);
		assert_true(is_silenced_now(&r));
		silence_each(r.table, &r.now, take_end, &until);
		assert_int_equal(until, r.now.wall_ms + 60000);
		pass_secs(&r, 59, 59);
		assert_true(is_silenced_now(&r));
		pass_secs(&r, 1, 1);
		assert_false(is_silenced_now(&r));
		rig_done(&r);
	}
}

/* The same through a restart of the agent, before which or after which the clock is set. */
static void
a_silence_is_as_long_through_a_restart(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++) {
		struct alert_rig r;

		rig_init(&r);
		r.now.boot = 7;
		rig_silence(&r, "*", 7200000, false);
		pass_secs(&r, 60, before ? 60 - 9 * 3600 : 60);
		rig_restart(&r); /* takes 777 s by the boot clock alone */
		pass_secs(&r, 0, before ? 777 : 777 + 9 * 3600);
		assert_true(is_silenced_now(&r));
		assert_false(silence_is_doubtful(silence_set_at(alert_silences(r.table), 0)));
		pass_secs(&r, 7200 - 60 - 777 - 1, 0);
		assert_true(is_silenced_now(&r));
		pass_secs(&r, 1, 0);
		assert_false(is_silenced_now(&r));
		rig_done(&r);
	}
}

/* The same boot id and a boot clock that began anew, as in a container that was moved. */
static void
a_silence_is_no_longer_when_the_boot_clock_begins_anew(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.now.boot = 7;
	r.now.boot_ns = 100000000 * NS_PER_SEC;
	rig_silence(&r, "*", 20000, false);
	rig_restart_blind(&r);
	r.now.boot_ns = 100 * NS_PER_SEC;
	rig_load(&r);
	assert_true(is_silenced_now(&r));
	pass_secs(&r, 20, 0);
	assert_false(is_silenced_now(&r));
	rig_done(&r);
}

static void
reboot_with_a_silence(struct alert_rig *r, int64_t wall_secs)
{
	rig_init(r);
	r->now.boot = 7;
	rig_silence(r, "*", 7200000, false);
	rig_restart_blind(r);
	r->now.boot = 8;
	r->now.boot_ns = 20 * NS_PER_SEC;
	r->now.wall_ms += wall_secs * 1000;
	rig_load(r);
}

/* Across a reboot there is only the wall clock; a clock that is set later is believed, too. */
static void
a_silence_goes_by_the_wall_clock_after_a_reboot_and_says_so(void **state)
{
	struct alert_rig r;

	(void)state;
	reboot_with_a_silence(&r, 3600);
	assert_true(is_silenced_now(&r));
	assert_true(silence_is_doubtful(silence_set_at(alert_silences(r.table), 0)));
	pass_secs(&r, 3599, 3599);
	assert_true(is_silenced_now(&r));
	pass_secs(&r, 1, 1);
	assert_false(is_silenced_now(&r));
	rig_done(&r);
	reboot_with_a_silence(&r, -9 * 3600); /* no clock of its own: an old time until NTP */
	pass_secs(&r, 60, 60 + 9 * 3600 + 3600);
	assert_true(is_silenced_now(&r));
	pass_secs(&r, 3600, 3600);
	assert_false(is_silenced_now(&r));
	rig_done(&r);
	reboot_with_a_silence(&r, -9 * 3600); /* and never the right one: no longer than was said */
	pass_secs(&r, 7199, 7199);
	assert_true(is_silenced_now(&r));
	rig_restart(&r); /* which is 777 s more */
	assert_false(is_silenced_now(&r));
	rig_done(&r);
}

/*
 * Central Europe, 2026: 02:00 to 03:00 is skipped on 29 March and comes twice on 25 October, the
 * second time as 01:00Z. Hours go by what the clock on the wall shows.
 */
static void
hours_that_come_twice_or_never_are_silent_as_the_wall_shows_them(void **state)
{
	static const struct {
		int start, end;     /* minutes */
		const char *silent; /* each quarter of an hour from 00:00Z to 02:00Z: # or . */
		bool spring;
	} cases[] = {
	    /* on the wall 01:00, 01:15, 01:30, 01:45, 03:00, ... */
	    {60, 120, "####....", true},
	    {120, 180, "........", true}, /* wholly within the hour that is not there */
	    {150, 210, "....##..", true}, /* 02:30 to 03:30 is 03:00 to 03:30 */
	    {90, 150, "..##....", true},  /* 01:30 to 02:30 ends with the jump */
	    {180, 240, "....####", true},
	    /* 02:00, 02:15, 02:30, 02:45, and 02:00 again */
	    {120, 180, "########", false},
	    {150, 210, "..##..##", false}, /* 02:30 to 03:30: not in the second 02:00 */
	    {90, 150, "##..##..", false},  /* 01:30 to 02:30: again in the second 02:00 */
	};
	char all[] = "*";

	(void)state;
	for (size_t i = 0; i < JSON_LEN(cases); i++) {
		struct conf_silence one = {.match = all,
		    .weekdays = 127,
		    .start_minute = cases[i].start,
		    .end_minute = cases[i].end};
		struct zone_date date = zone_date_of(
		    2026, cases[i].spring ? 3 : 10, cases[i].spring ? 29 : 25, 0, 0, 0, false);
		char seen[9] = "";

		for (int quarter = 0; quarter < 8; quarter++) {
			struct now now = {.wall_ms = date.ms + quarter * 15 * MS_PER_MINUTE};

			seen[quarter] = is_on(&one, &now) ? '#' : '.';
		}
		assert_string_equal(seen, cases[i].silent);
	}
}

/* What status says of one that is on is when it is off indeed. */
static void
the_end_that_is_told_is_the_end_when_clocks_change(void **state)
{
	char all[] = "*";

	(void)state;
	for (int spring = 0; spring < 2; spring++) {
		int64_t from =
		    zone_date_of(2026, spring ? 3 : 10, spring ? 28 : 24, 18, 0, 0, false).ms;

		for (int start = 0; start < DAY_MINUTES; start += 30) {
			for (int length = 30; length < DAY_MINUTES; length += 90) {
				struct conf_silence one = {.match = all,
				    .weekdays = 127,
				    .start_minute = start,
				    .end_minute = (start + length) % DAY_MINUTES};

				for (int step = 0; step < 48; step++) {
					int64_t at = from + step * 15 * MS_PER_MINUTE, off = at;
					struct now now = {.wall_ms = at};

					if (!is_on(&one, &now))
						continue;
					while (is_in_week(&one, off))
						off += 15 * MS_PER_MINUTE;
					if (end_of(&one, at) != off)
						fail_msg("spring %d, %d + %d, step %d: %lld s off",
						    spring, start, length, step,
						    (long long)(end_of(&one, at) - off) / 1000);
				}
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_on_after_a_silence_is_one_digest),
	    cmocka_unit_test(a_silence_may_let_critical_ones_pass_and_be_removed),
	    cmocka_unit_test(weekly_silences_go_by_local_time),
	    cmocka_unit_test(weekly_silences_say_when_they_end),
	    cmocka_unit_test(dated_silences_begin_and_end),
	    cmocka_unit_test(a_silence_that_comes_twice_is_one),
	    cmocka_unit_test(silences_are_listed_by_number),
	    cmocka_unit_test(a_silence_that_is_no_more_is_not_kept),
	    cmocka_unit_test(a_silence_made_before_others_came_costs_none_of_them),
	    cmocka_unit_test(silences_that_make_no_sense_are_damaged),
	    cmocka_unit_test(a_silence_without_room_is_left_where_it_is),
	    cmocka_unit_test(silences_know_log_lines_by_name_and_label),
	    cmocka_unit_test(any_silence_holds),
	    cmocka_unit_test(hours_that_come_twice_or_never_are_silent_as_the_wall_shows_them),
	    cmocka_unit_test(the_end_that_is_told_is_the_end_when_clocks_change),
	    cmocka_unit_test(a_silence_lasts_as_long_as_was_said_whatever_the_clock_is_set_to),
	    cmocka_unit_test(a_silence_is_as_long_through_a_restart),
	    cmocka_unit_test(a_silence_is_no_longer_when_the_boot_clock_begins_anew),
	    cmocka_unit_test(a_silence_goes_by_the_wall_clock_after_a_reboot_and_says_so),
	};

	/* Central Europe, without a tz database. */
	if (setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("silence", tests, NULL, NULL);
}
