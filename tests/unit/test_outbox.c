/*
 * The outbox as a whole, against a courier that does everything wrong: nothing is lost, no alert is
 * told backwards, nobody is hurried, no channel has two jobs or delays another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/outbox/outbox.c"

#include <utlist.h>

#include "tests/unit/outbox_rig.h"

static void
a_lost_job_leaves_again_and_old_receipts_are_not_believed(void **state)
{
	struct outbox_job first;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	first = r.job;
	assert_int_equal(wait_ms(&r), 15000);
	pass(&r, 15000);
	assert_false(next(&r));
	pass(&r, 1000);
	assert_true(next(&r));
	assert_int_equal(r.job.id, first.id);
	assert_int_equal(r.job.attempt, 2);
	r.job = first;
	answer(&r, DELIVERY_REJECTED, 400, 0);
	assert_int_equal(webhook(&r)->queued, 2);
	answer(&r, (enum delivery_outcome)99, 0, 0);
	r.job.attempt = 2;
	outbox_new_courier(r.ob);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.attempt, 3);
	assert_int_equal(webhook(&r)->failures, 0); /* the service was not asked */
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	r.job = first;
	answer(&r, DELIVERY_DELIVERED, 204, 0); /* late, but it arrived */
	assert_int_equal(webhook(&r)->queued, 1);
	rig_done(&r);
}

/* Only what left can have arrived: of an attempt that was given up, too. */
static void
a_late_delivery_is_believed_of_what_left(void **state)
{
	struct outbox_job first;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	first = r.job;
	assert_true(outbox_in_flight(r.ob));
	pass(&r, 15000);
	assert_false(next(&r)); /* its lease ran out */
	assert_false(outbox_in_flight(r.ob));
	r.job.id++; /* the second, which never left */
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->queued, 2);
	assert_int_equal(webhook(&r)->sent, 0);
	r.job = first;
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->queued, 1);
	assert_int_equal(webhook(&r)->sent, 1);
	pass(&r, 1000);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	rig_done(&r);
}

/* Of another channel, or of none: not believed. */
static void
receipts_are_of_their_channel(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	for (int channel = -1; channel <= CHANNEL_COUNT; channel++) {
		r.job.channel = channel;
		if (channel != CHANNEL_WEBHOOK)
			answer(&r, DELIVERY_REJECTED, 400, 0);
	}
	assert_true(outbox_in_flight(r.ob));
	assert_int_equal(webhook(&r)->failures, 0);
	rig_done(&r);
}

/* What is for no channel at all waits nowhere. */
static void
notices_are_of_a_channel(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_notice_unkept(&r, notice_new(NOTICE_FIRE, -1, 1));
	put_notice_unkept(&r, notice_new(NOTICE_FIRE, CHANNEL_COUNT, 1));
	assert_int_equal(outbox_count(r.ob), 0);
	assert_int_equal(wait_ms(&r), -1);
	rig_done(&r);
}

/* A reload: what a limit holds is summed up by the new settings. */
static void
another_configuration_says_who_gets_digests(void **state)
{
	static const struct {
		unsigned alerts_max;
		size_t queued;
	} cases[] = {{0, 1}, {1, 7}, {3, 3}};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		const struct channel_traits traits[CHANNEL_COUNT] = {
		    [1] = {cases[k].alerts_max, false}};
		struct rig r;

		rig_init(&r, 1, 0);
		for (int channel = 0; channel < 2; channel++) {
			for (uint64_t i = 0; i < 8; i++)
				put(&r, channel, i, NOTICE_FIRE);
		}
		outbox_configure(r.ob, &r.conf, r.channels, traits);
		while (next(&r))
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		assert_int_equal(outbox_channel(r.ob, 0)->queued, 1);
		assert_int_equal(outbox_channel(r.ob, 1)->queued, cases[k].queued);
		rig_done(&r);
	}
}

/* What had left already may still arrive, but does not leave once more. */
static void
a_channel_that_is_disabled_gets_nothing_more(void **state)
{
	(void)state;
	for (int lost = 0; lost < 3; lost++) {
		struct rig r;

		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
		put(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE);
		assert_true(next(&r));
		assert_int_equal(r.job.channel, CHANNEL_WEBHOOK);
		r.channels[CHANNEL_WEBHOOK].enabled = false;
		outbox_configure(r.ob, &r.conf, r.channels, NULL);
		assert_int_equal(webhook(&r)->queued, 1);
		if (lost == 0)
			answer(&r, DELIVERY_TEMPORARY, 503, 0);
		else if (lost == 1)
			outbox_new_courier(r.ob);
		else
			pass(&r, HOUR_MS);
		assert_true(next(&r));
		assert_int_equal(r.job.channel, CHANNEL_DISCORD);
		assert_int_equal(webhook(&r)->queued, 0);
		save_and_confirm(&r);
		assert_int_equal(kept(&r), 1);
		rig_done(&r);
	}
}

/* The world against which random runs are checked. */
#define ALERTS 40

struct flying {
	bool up;
	struct outbox_job job;
	enum severity severity;
	int64_t left_ns;
};

struct world {
	struct rig r;
	int64_t put_seq[CHANNEL_COUNT][ALERTS];  /* newest that was put */
	int64_t got_seq[CHANNEL_COUNT][ALERTS];  /* newest that arrived */
	int64_t told_seq[CHANNEL_COUNT][ALERTS]; /* the same, in this life */
	struct flying flying[CHANNEL_COUNT];
	int64_t not_before_ns[CHANNEL_COUNT];
	int64_t delivered_ns[CHANNEL_COUNT][64]; /* departures of the last delivered, a ring */
	size_t delivered[CHANNEL_COUNT];
	int64_t seq;
};

#define PER_MINUTE 10

static uint64_t rng;

static uint64_t
chance(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

static void
raise(struct world *w)
{
	int channel = (int)chance(CHANNEL_COUNT);
	uint64_t alert = chance(ALERTS);
	enum notice_kind kind = chance(2) == 0 ? NOTICE_FIRE : NOTICE_RESOLVE;

	put_unkept(
	    &w->r, channel, alert, kind, chance(15) == 0 ? SEV_EMERGENCY : SEV_WARN, ++w->seq);
	w->put_seq[channel][alert] = w->seq;
	save(&w->r);
}

static void
arrive(struct world *w, int channel)
{
	const struct notice *n = w->flying[channel].job.notice;

	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];

		assert_true((int64_t)f->value >= w->told_seq[channel][f->fingerprint]);
		w->told_seq[channel][f->fingerprint] = (int64_t)f->value;
		w->got_seq[channel][f->fingerprint] = (int64_t)f->value;
	}
	w->delivered_ns[channel][w->delivered[channel]++ % 64] = w->flying[channel].left_ns;
}

static void
check_rate(const struct world *w, int channel)
{
	size_t n = w->delivered[channel], recent = 0;

	for (size_t i = n > 64 ? n - 64 : 0; i < n; i++)
		recent += w->r.now.boot_ns - w->delivered_ns[channel][i % 64] < 60 * NS_PER_SEC;
	assert_true(recent < PER_MINUTE);
}

static bool
goes_with_an_emergency(const struct channel_queue *queue, const struct notice *n)
{
	const struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		for (size_t i = 0; i < n->fact_count; i++) {
			if (item->notice->severity == SEV_EMERGENCY &&
			    (item->notice == n ||
			        item->notice->facts[0].fingerprint == n->facts[i].fingerprint))
				return true;
		}
	}
	return false;
}

static void
depart(struct world *w)
{
	while (next(&w->r)) {
		const struct notice *n = w->r.job.notice;
		struct flying *f = &w->flying[n->channel];

		assert_false(f->up);
		assert_true(w->r.now.boot_ns >= w->not_before_ns[n->channel]);
		*f = (struct flying){true, w->r.job, n->severity, w->r.now.boot_ns};
		if (!goes_with_an_emergency(&w->r.ob->set.channel[n->channel], n))
			check_rate(w, n->channel);
	}
}

static void
land(struct world *w, int channel, enum delivery_outcome outcome)
{
	struct flying *f = &w->flying[channel];
	uint32_t wait = chance(2) == 0 ? 0 : (uint32_t)chance(100000);

	if (!f->up)
		return;
	w->r.job = f->job;
	/* The notice of the job lives on in the outbox until its receipt. */
	w->flying[channel].job.notice = w->r.ob->set.channel[channel].flight->notice;
	if (outcome == DELIVERY_DELIVERED)
		arrive(w, channel);
	f->up = false;
	answer(&w->r, outcome, 500, wait);
	if (outcome == DELIVERY_RATE_LIMITED || outcome == DELIVERY_TEMPORARY)
		w->not_before_ns[channel] = w->r.now.boot_ns + wait * NS_PER_MS;
}

/* Jobs whose lease ran out are lost to the world, too. */
static void
forget_lost(struct world *w)
{
	for (int c = 0; c < CHANNEL_COUNT; c++) {
		if (w->r.now.boot_ns - w->flying[c].left_ns >= 15 * NS_PER_SEC)
			w->flying[c].up = false;
	}
}

static void
new_life(struct world *w)
{
	restart(&w->r);
	memset(w->flying, 0, sizeof(w->flying));
	memset(w->told_seq, 0, sizeof(w->told_seq));
	memset(w->not_before_ns, 0, sizeof(w->not_before_ns));
	memset(w->delivered, 0, sizeof(w->delivered));
}

static void
live(struct world *w)
{
	/* No refusals here: what is set aside is lost on purpose. */
	static const enum delivery_outcome outcomes[] = {DELIVERY_DELIVERED, DELIVERY_DELIVERED,
	    DELIVERY_DELIVERED, DELIVERY_TEMPORARY, DELIVERY_RATE_LIMITED, DELIVERY_DENIED};

	switch (chance(12)) {
	case 0:
	case 1:
	case 2:
		raise(w);
		break;
	case 3:
		outbox_confirmed(w->r.ob, w->r.txn - chance(2));
		break;
	case 4:
		if (chance(20) == 0)
			new_life(w);
		break;
	case 5:
		if (chance(10) == 0) {
			outbox_new_courier(w->r.ob);
			memset(w->flying, 0, sizeof(w->flying));
		}
		break;
	case 6:
		if (chance(60) == 0)
			pass(&w->r, 25LL * HOUR_MS);
		break;
	case 7:
		save(&w->r);
		break;
	default:
		land(w, (int)chance(CHANNEL_COUNT), outcomes[chance(6)]);
	}
	pass(&w->r, (int64_t)chance(3000));
	forget_lost(w);
	depart(w);
	assert_true(outbox_deadline(w->r.ob, &w->r.now) > w->r.now.boot_ns);
}

static void
drain(struct world *w)
{
	for (int i = 0; i < 100000 && outbox_count(w->r.ob) > 0; i++) {
		int64_t wait;

		for (int c = 0; c < CHANNEL_COUNT; c++)
			land(w, c, DELIVERY_DELIVERED);
		save_and_confirm(&w->r);
		depart(w);
		wait = wait_ms(&w->r);
		if (wait > 0 && !w->flying[0].up && !w->flying[1].up && !w->flying[2].up)
			pass(&w->r, wait + 1);
	}
	save(&w->r);
	assert_int_equal(outbox_count(w->r.ob), 0);
	assert_int_equal(kept(&w->r), 0);
}

static void
nothing_is_lost_or_told_backwards_or_hurried(void **state)
{
	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 12; run++) {
		struct world w = {.seq = 0};

		rig_init(&w.r, PER_MINUTE, 0);
		for (int i = 0; i < 4000; i++)
			live(&w);
		drain(&w);
		for (int c = 0; c < CHANNEL_COUNT; c++)
			assert_memory_equal(w.got_seq[c], w.put_seq[c], sizeof(w.got_seq[c]));
		rig_done(&w.r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_lost_job_leaves_again_and_old_receipts_are_not_believed),
	    cmocka_unit_test(a_late_delivery_is_believed_of_what_left),
	    cmocka_unit_test(receipts_are_of_their_channel),
	    cmocka_unit_test(notices_are_of_a_channel),
	    cmocka_unit_test(a_channel_that_is_disabled_gets_nothing_more),
	    cmocka_unit_test(another_configuration_says_who_gets_digests),
	    cmocka_unit_test(nothing_is_lost_or_told_backwards_or_hurried),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
