/*
 * What is noted with an alert for who asks later: the cause that its message named, and which
 * services refused its words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert.c"

#include "tests/unit/alert_rig.h"

static void
note_cause(void *arg, const struct alert_view *view)
{
	str_copy(arg, NOTICE_CAUSE_MAX, view->cause);
}

static const char *
cause_of_all(struct alert_rig *r)
{
	static char cause[NOTICE_CAUSE_MAX];

	alert_each(r->table, note_cause, cause);
	return cause;
}

/* The words that its message has, as another module puts them there. */
static void
explain(struct alert_rig *r, const char *cause)
{
	str_copy(r->out.items[0]->facts[0].cause, NOTICE_CAUSE_MAX, cause);
	alert_note_causes(r->table, &r->out);
}

/* Who asks hours later is told what the message said; but not of another firing. */
static void
the_cause_that_was_told_stays_with_the_alert(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(cause_of_all(&r), "");
	explain(&r, "rsyslogd (pid 812)");
	assert_string_equal(cause_of_all(&r), "rsyslogd (pid 812)");
	rig_fires(&r, SEV_CRITICAL);
	explain(&r, ""); /* nobody stands out now: that takes nothing back */
	rig_restart(&r);
	assert_string_equal(cause_of_all(&r), "rsyslogd (pid 812)");
	rig_restart_blind(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_load(&r);
	assert_string_equal(cause_of_all(&r), "rsyslogd (pid 812)");
	rig_clears(&r);
	explain(&r, "the end has none");
	rig_fires(&r, SEV_WARN);
	assert_string_equal(cause_of_all(&r), "");
	rig_done(&r);
}

static void
note_refusers(void *arg, const struct alert_view *view)
{
	*(unsigned *)arg = view->refused;
}

/* Channels whose service refused the words of the only alert. */
static unsigned
refusers(struct alert_rig *r)
{
	unsigned refused = 0;

	alert_each(r->table, note_refusers, &refused);
	return refused;
}

/* Known until the channel is told anew: of that, nothing is known yet. */
static void
who_refused_its_words_is_remembered(void **state)
{
	struct alert_rig r;
	uint64_t fingerprint;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	fingerprint = r.out.items[0]->facts[0].fingerprint;
	alert_note_refused(r.table, fingerprint + 1, CHANNEL_WEBHOOK);
	alert_note_refused(r.table, fingerprint, CHANNEL_DISCORD); /* it takes no warnings */
	assert_int_equal(refusers(&r), 0);
	alert_note_refused(r.table, fingerprint, CHANNEL_WEBHOOK);
	assert_int_equal(refusers(&r), 1u << CHANNEL_WEBHOOK);
	rig_restart(&r);
	assert_int_equal(refusers(&r), 1u << CHANNEL_WEBHOOK);
	rig_fires(&r, SEV_CRITICAL);
	assert_int_equal(refusers(&r), 0);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_cause_that_was_told_stays_with_the_alert),
	    cmocka_unit_test(who_refused_its_words_is_remembered),
	};

	return cmocka_run_group_tests_name("alert_notes", tests, NULL, NULL);
}
