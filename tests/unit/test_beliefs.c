/*
 * A host with a hard life: levels change, silences come and go, channels fail, close, are switched
 * off and on, for more than a day, a rule gets another name, the agent restarts, is killed, and has
 * its rows late. (Of a name that changed before late rows come, two cases may be open for a while,
 * and people hear of one.) Whatever happens, in the end each channel's readers believe of each
 * alert what is so, by the name that it has for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alert/silence_set.h"
#include "tests/unit/core_scene.h"
#include "tests/unit/log_help.h"
#include "tests/unit/random.h"

#define MOUNTS 6
#define TOLD 3
#define RUNS 100
#define CASES_MAX 64
#define CALM_CYCLES 720 /* two hours: longer than any silence, window or pause */

static const int told[TOLD] = {CHANNEL_WEBHOOK, CHANNEL_DISCORD, CHANNEL_PAGERDUTY};

/* An alert that somebody believes to fire. */
struct belief {
	uint64_t key; /* its name for others */
	int mount;
};

struct reader {
	struct belief items[CASES_MAX];
	size_t count;
};

struct world {
	struct scene *s;
	struct series_ref mounts[MOUNTS];
	double level[MOUNTS]; /* NAN: it is not there */
	enum delivery_outcome answers[CHANNEL_COUNT];
	bool silent[CHANNEL_COUNT]; /* no answer comes at all */
	struct reader readers[CHANNEL_COUNT];
	bool unkept;          /* no rows are read or written yet */
	bool renames;         /* a rule gets other names; else rows may come late */
	struct conf confs[2]; /* of one arena; their rule has two names */
	struct conf_rule rules[2];
	struct conf *conf; /* the one in force */
};

static bool
chance(uint64_t one_in)
{
	return draw(one_in) == 0;
}

static int
mount_of(const struct alert_facts *f)
{
	return label_set_value(&f->subject.labels, 0)[1] - 'a';
}

static void
forget(struct reader *r, uint64_t key)
{
	for (size_t i = r->count; i-- > 0;) {
		if (r->items[i].key == key)
			r->items[i] = r->items[--r->count];
	}
}

/* The readers of a channel believe the last they were told. */
static void
read_notice(struct world *w, const struct notice *n)
{
	struct reader *r = &w->readers[n->channel];

	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];

		forget(r, facts_case_key(f));
		if (facts_is_resolved(f) && f->flap != FLAP_STARTED)
			continue;
		assert_true(r->count < CASES_MAX);
		r->items[r->count++] = (struct belief){facts_case_key(f), mount_of(f)};
	}
}

static bool
believes(const struct reader *r, int mount)
{
	size_t i = 0;

	while (i < r->count && r->items[i].mount != mount)
		i++;
	return i < r->count;
}

static void
deliver(struct world *w)
{
	struct outbox_job job;

	while (outbox_next(w->s->core.outbox, &w->s->now, &job)) {
		struct delivery_receipt receipt = {.id = job.id,
		    .attempt = job.attempt,
		    .outcome = w->answers[job.channel],
		    .text = ""};

		if (w->silent[job.channel])
			continue;
		if (receipt.outcome == DELIVERY_DELIVERED)
			read_notice(w, job.notice);
		outbox_receipt(w->s->core.outbox, job.channel, &receipt, &w->s->now);
	}
}

static void
save(struct world *w)
{
	core_help_save(&w->s->core, &w->s->disk, ++w->s->txn);
}

/* killed: what was delivered last is not deleted any more. */
static void
cycle(struct world *w, bool killed)
{
	struct scene *s = w->s;

	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	s->core.batch.interval_ms = SCENE_STEP_MS;
	for (int i = 0; i < MOUNTS; i++) {
		const char name[] = {'/', (char)('a' + i), '\0'};
		const char *const values[] = {name, "sda", "ext4"};

		if (!isnan(w->level[i]))
			batch_add_labelled(&s->core.batch, &w->mounts[i], METRIC_DISK_USAGE, values,
			    w->level[i], NAN);
	}
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	if (w->unkept)
		outbox_unkept(s->core.outbox);
	else
		save(w);
	deliver(w);
	if (!w->unkept && !killed)
		save(w);
}

static void
change_level(struct world *w)
{
	static const double levels[] = {50, 50, 50, 77, 82, 82, 87, 95};

	w->level[draw(MOUNTS)] = chance(12) ? (double)NAN : levels[draw(8)];
}

static void
begin_life(struct world *w)
{
	scene_start(w->s);
	core_configure(&w->s->core, w->conf);
	w->s->core.host = (struct core_host){.arg = NULL};
}

/* The keeper takes its time: some cycles are over before the rows come, perhaps twice. */
static void
live_without_rows(struct world *w)
{
	w->unkept = true;
	core_start_judging(&w->s->core);
	for (uint64_t cycles = 1 + draw(20); cycles > 0; cycles--) {
		if (chance(4))
			change_level(w);
		cycle(w, false);
	}
	w->unkept = false;
}

static void
restart(struct world *w)
{
	bool late = !w->renames && chance(2);

	if (chance(2))
		cycle(w, true);
	core_done(&w->s->core);
	memset(w->mounts, 0, sizeof(w->mounts));
	begin_life(w);
	scene_pass(w->s, 5000 + (int64_t)draw(40000));
	if (chance(2)) /* a reboot */
		w->s->now.boot_ns = (100 + (int64_t)draw(1000)) * NS_PER_SEC;
	if (late)
		live_without_rows(w);
	core_help_load(&w->s->core, &w->s->disk, &w->s->now);
	if (late && chance(3))
		core_help_load(&w->s->core, &w->s->disk, &w->s->now);
	if (late)
		kept_mark_all(&w->s->core);
	core_start_judging(&w->s->core);
}

static void
add_silence(struct world *w)
{
	static const char *const matches[] = {"*", "disk*{mountpoint=/a}", "*{mountpoint=/[a-c]}"};
	struct alert_silence silence = {
	    .until.wall_ms = w->s->now.wall_ms + 30000 + (int64_t)draw(600000),
	    .allow_critical = chance(3)};

	str_copy(silence.match, sizeof(silence.match), matches[draw(3)]);
	silence_set_add(alert_silences(w->s->core.alerts), &silence, &w->s->now);
}

static void
change_service(struct world *w)
{
	static const enum delivery_outcome answers[] = {DELIVERY_DELIVERED, DELIVERY_DELIVERED,
	    DELIVERY_TEMPORARY, DELIVERY_DENIED, DELIVERY_REJECTED};
	int channel = told[draw(TOLD)];

	w->answers[channel] = answers[draw(5)];
	w->silent[channel] = chance(6);
	if (chance(2))
		outbox_try_all(w->s->core.outbox);
}

/* What nobody hears any more, nobody believes. */
static void
switch_channel(struct world *w)
{
	int channel = told[draw(TOLD)];
	struct conf_channel *conf = &w->conf->channels[channel];

	conf->enabled = !conf->enabled;
	core_configure(&w->s->core, w->conf);
	if (!conf->enabled)
		w->readers[channel].count = 0;
}

static void
change_filter(struct world *w)
{
	w->conf->channels[CHANNEL_DISCORD].severities =
	    chance(2) ? SEV_DEFAULT_MASK : SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY);
	core_configure(&w->s->core, w->conf);
}

/* A reload that changes nothing but a rule's name, and is kept before anything else happens. */
static void
rename_rule(struct world *w)
{
	struct conf *other = &w->confs[w->conf == &w->confs[0]];

	memcpy(other->channels, w->conf->channels, sizeof(other->channels));
	core_configure(&w->s->core, other);
	w->conf = other;
	save(w);
}

static void
live(struct world *w)
{
	if (chance(12))
		change_level(w);
	if (chance(60))
		add_silence(w);
	if (chance(40))
		change_service(w);
	if (chance(80))
		outbox_new_courier(w->s->core.outbox);
	if (chance(120))
		switch_channel(w);
	if (chance(200))
		change_filter(w);
	if (w->renames && chance(150))
		rename_rule(w);
	if (chance(150))
		restart(w);
	if (chance(400))
		scene_pass(w->s, 25LL * 3600 * 1000);
	cycle(w, false);
}

static void
make_confs(struct world *w)
{
	static char names[2][8] = {"one", "other"}, no_words[] = "";
	struct conf *conf = w->s->conf;

	for (int i = 0; i < TOLD; i++) {
		conf->channels[told[i]].enabled = true;
		conf->channels[told[i]].severities = SEV_DEFAULT_MASK;
	}
	conf->alert.group_window_secs = chance(2) ? 30 : 0;
	conf->alert.rate_limit_per_minute = chance(2) ? 2 : 0;
	conf->alert.rate_limit_per_hour = conf->alert.rate_limit_per_minute * 10;
	conf->alert.escalate_warn_after = chance(3) ? 12 : 0;
	for (int i = 0; i < 2; i++) {
		w->rules[i] = (struct conf_rule){.name = names[i],
		    .metric = METRIC_DISK_USAGE,
		    .op = OP_GE,
		    .warn = 80,
		    .critical = 90,
		    .message = no_words,
		    .enabled = true};
		w->confs[i] = *conf;
		w->confs[i].detect.rules = &w->rules[i];
		w->confs[i].detect.rule_count = 1;
	}
	w->conf = &w->confs[0];
}

static void
begin_world(struct world *w)
{
	*w = (struct world){.s = scene_begin(), .renames = chance(2)};
	set_log_level(LOGL_ERROR + 1);
	for (int i = 0; i < MOUNTS; i++)
		w->level[i] = 50;
	for (int id = 0; id < CHANNEL_COUNT; id++)
		w->answers[id] = DELIVERY_DELIVERED;
	make_confs(w);
	core_done(&w->s->core);
	begin_life(w);
	core_start_judging(&w->s->core);
}

/* All is well with the services, and nothing changes any more. */
static void
calm_down(struct world *w)
{
	for (int i = 0; i < TOLD; i++) {
		w->conf->channels[told[i]].enabled = true;
		w->answers[told[i]] = DELIVERY_DELIVERED;
		w->silent[told[i]] = false;
	}
	core_configure(&w->s->core, w->conf);
	outbox_try_all(w->s->core.outbox);
	for (int i = 0; i < CALM_CYCLES; i++)
		cycle(w, false);
}

static void
note_severity(void *arg, const struct alert_view *view)
{
	if (view->state == ALERT_FIRING)
		((enum severity *)arg)[mount_of(view->facts)] = view->facts->severity;
}

static void
check_beliefs(const struct world *w)
{
	enum severity fires[MOUNTS] = {SEV_NONE};

	alert_each(w->s->core.alerts, note_severity, fires);
	for (int i = 0; i < TOLD; i++) {
		const struct conf_channel *conf = &w->conf->channels[told[i]];

		for (int m = 0; m < MOUNTS; m++) {
			bool fire = believes(&w->readers[told[i]], m);

			/* One that came down to a level it does not take is told at its end. */
			if (fires[m] == SEV_NONE || (conf->severities & SEV_BIT(fires[m])) != 0)
				assert_int_equal(fire, fires[m] != SEV_NONE);
		}
	}
}

static void
in_the_end_all_believe_what_is_so(void **state)
{
	(void)state;
	random_start();
	for (int run = 0; run < RUNS; run++) {
		struct world w;

		begin_world(&w);
		for (uint64_t cycles = 400 + draw(1200); cycles > 0; cycles--)
			live(&w);
		calm_down(&w);
		check_beliefs(&w);
		scene_end(w.s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_the_end_all_believe_what_is_so),
	};

	return cmocka_run_group_tests_name("beliefs", tests, NULL, NULL);
}
