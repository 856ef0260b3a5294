/*
 * A host without a clock of its own begins in 1970, and is set right by the network later: what was
 * raised before that is told with its real time, as soon as it can be told.
 */
#include "tests/unit/core_scene.h"

#include <stdlib.h>
#include <unistd.h>

#include "notify/notify.h"
#include "show/status.h"

#define EARLY_MS (60 * 1000LL) /* what the clock says at first */
#define REAL_MS 1790000000000LL
#define THIS_BOOT 7
#define STATUS_ROOM 262144

/* Raised this long before the clock is set. */
#define AGO_MS 20000

static struct scene *
begin_in_1970(int channel)
{
	struct scene *s = scene_begin();
	struct conf *conf = make_conf_of(channel, channel);
	static char sender[] = "host@example.org", reader[] = "ops@example.org";
	static char *readers[] = {reader};

	conf->channels[CHANNEL_EMAIL].from = sender;
	conf->channels[CHANNEL_EMAIL].to = (struct strings){.items = readers, .len = 1};
	scene_configure(s, conf);
	s->now = (struct now){90 * NS_PER_SEC, EARLY_MS, THIS_BOOT};
	core_start_judging(&s->core);
	return s;
}

/* It is kept; a try to tell it fails. */
static void
raise_without_network(struct scene *s)
{
	struct outbox_job job;

	scene_judge(s, 95);
	core_help_save(&s->core, &s->disk, ++s->txn);
	while (outbox_next(s->core.outbox, &s->now, &job)) {
		struct delivery_receipt receipt = {.id = job.id,
		    .attempt = job.attempt,
		    .outcome = DELIVERY_TEMPORARY,
		    .text = "no network"};

		outbox_receipt(s->core.outbox, job.channel, &receipt, &s->now);
	}
	core_help_save(&s->core, &s->disk, ++s->txn);
}

/* After so long of this boot. */
static void
set_clock(struct scene *s)
{
	s->now.boot_ns += AGO_MS * NS_PER_MS;
	s->now.wall_ms = REAL_MS;
}

static int64_t
raised_ms(void)
{
	return REAL_MS - AGO_MS;
}

static int64_t
since_ms(const struct scene *s, const struct outbox_job *job)
{
	return clock_shown_ms(&job->notice->facts[0].since, &s->now);
}

/* What leaves now, as its channel says it; "": nothing. */
static const char *
leaving(struct scene *s, struct outbox_job *job)
{
	static char body[NOTIFY_BODY_MAX + 1];
	struct buf b;

	buf_init(&b, body, sizeof(body));
	core_help_save(&s->core, &s->disk, ++s->txn);
	if (outbox_next(s->core.outbox, &s->now, job)) {
		const struct notify_context ctx = {.hostname = "web-1",
		    .version = "1",
		    .channel = &s->conf->channels[job->channel],
		    .username = "",
		    .labels = s->conf->agent.labels,
		    .now = s->now};

		assert_true(notify_render(job->notice, &ctx, &b));
	}
	return body;
}

/* In whatever form a service wants it, a time of that day. */
static void
check_told_right(struct scene *s, int channel)
{
	struct outbox_job job;
	const char *body = leaving(s, &job);

	assert_string_not_equal(body, "");
	assert_int_equal(job.channel, channel);
	assert_int_equal(job.notice->kind, NOTICE_FIRE);
	assert_int_equal(since_ms(s, &job), raised_ms());
	assert_int_equal(clock_shown_ms(&job.notice->created, &s->now), raised_ms());
	if (strstr(body, "1970") != NULL || strstr(body, "56 y") != NULL ||
	    strstr(body, "20000 d") != NULL)
		fail_msg("%s", body);
}

static void
what_was_raised_in_1970_is_told_with_its_real_time_on_every_channel(void **state)
{
	(void)state;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct scene *s = begin_in_1970(channel);

		raise_without_network(s);
		set_clock(s);
		outbox_try_all(s->core.outbox);
		check_told_right(s, channel);
		scene_end(s);
	}
}

/* Killed before the clock was set, or after it; in the same boot. */
static void
a_restart_in_between_does_not_make_it_a_digest_of_what_came_too_late(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++) {
		struct scene *s = begin_in_1970(CHANNEL_WEBHOOK);

		raise_without_network(s);
		if (after == 1) {
			set_clock(s);
			scene_judge(s, 95);
			core_help_save(&s->core, &s->disk, ++s->txn);
			s->now.boot_ns -= SCENE_STEP_MS * NS_PER_MS;
			s->now.wall_ms -= SCENE_STEP_MS;
		}
		core_done(&s->core);
		scene_start(s);
		if (after == 0)
			set_clock(s);
		core_help_load(&s->core, &s->disk, &s->now);
		check_told_right(s, CHANNEL_WEBHOOK);
		scene_end(s);
	}
}

/* The boot clock has begun anew, so nobody knows when that was: it counts as now. */
static void
what_another_boot_left_from_1970_is_told_as_itself(void **state)
{
	struct scene *s = begin_in_1970(CHANNEL_WEBHOOK);
	struct outbox_job job;

	(void)state;
	raise_without_network(s);
	core_done(&s->core);
	scene_start(s);
	s->now = (struct now){30 * NS_PER_SEC, REAL_MS, THIS_BOOT + 1};
	core_help_load(&s->core, &s->disk, &s->now);
	assert_string_not_equal(leaving(s, &job), "");
	assert_int_equal(job.notice->kind, NOTICE_FIRE);
	assert_int_equal(since_ms(s, &job), REAL_MS);
	scene_end(s);
}

/* What an earlier boot kept by a right clock stays, whatever the clock says at the start of this.
 */
static void
a_clock_that_is_wrong_at_start_changes_no_time_of_an_earlier_boot(void **state)
{
	struct scene *s = begin_in_1970(CHANNEL_WEBHOOK);
	struct outbox_job job;

	(void)state;
	s->now.wall_ms = REAL_MS - 3600000;
	raise_without_network(s);
	core_done(&s->core);
	scene_start(s);
	s->now = (struct now){30 * NS_PER_SEC, EARLY_MS, THIS_BOOT + 1};
	core_help_load(&s->core, &s->disk, &s->now);
	set_clock(s);
	assert_string_not_equal(leaving(s, &job), "");
	assert_int_equal(since_ms(s, &job), REAL_MS - 3600000 + SCENE_STEP_MS);
	scene_end(s);
}

/* The message of its end names that of its beginning, which went out under the wrong time. */
static void
a_mail_and_its_end_stay_a_thread_through_a_set_clock(void **state)
{
	struct scene *s = begin_in_1970(CHANNEL_EMAIL);
	struct outbox_job job;
	char name[256];
	const char *at;

	(void)state;
	scene_judge(s, 95);
	at = strstr(leaving(s, &job), "Message-ID: <");
	assert_non_null(at);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 12, "\r\n"), at + 12);
	scene_deliver(s, &job);
	set_clock(s);
	for (int i = 0; i < 100; i++) {
		scene_judge(s, 10);
		at = leaving(s, &job);
		if (*at != '\0')
			break;
	}
	assert_int_equal(job.notice->kind, NOTICE_RESOLVE);
	assert_int_equal(since_ms(s, &job), raised_ms());
	assert_non_null(strstr(strstr(at, "References: "), name));
	scene_end(s);
}

/* Between two cycles too. */
static void
status_has_the_real_time_at_once(void **state)
{
	struct scene *s = begin_in_1970(CHANNEL_WEBHOOK);
	const struct heartbeat heartbeat = {.enabled = false};
	struct status_input in = {.core = &s->core, .heartbeat = &heartbeat, .columns = 80};
	char *text = mem_zalloc(1, STATUS_ROOM);
	struct buf b;

	(void)state;
	in.launched_at = s->now;
	raise_without_network(s);
	set_clock(s);
	in.now = s->now;
	buf_init(&b, text, STATUS_ROOM);
	status_write_json(&in, &b);
	status_write_table(&in, &b);
	assert_null(strstr(text, "1970"));
	assert_non_null(strstr(text, "up 30s"));
	assert_non_null(strstr(text, "\"since\":\"2026-09-21T"));
	mem_free(text);
	scene_end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_raised_in_1970_is_told_with_its_real_time_on_every_channel),
	    cmocka_unit_test(a_restart_in_between_does_not_make_it_a_digest_of_what_came_too_late),
	    cmocka_unit_test(what_another_boot_left_from_1970_is_told_as_itself),
	    cmocka_unit_test(a_clock_that_is_wrong_at_start_changes_no_time_of_an_earlier_boot),
	    cmocka_unit_test(a_mail_and_its_end_stay_a_thread_through_a_set_clock),
	    cmocka_unit_test(status_has_the_real_time_at_once),
	};

	log_init(STDERR_FILENO, LOGL_ERROR + 1, false, "test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
