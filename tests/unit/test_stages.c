/*
 * The stages between an alert and its notice, all together: a restart anywhere in them changes
 * nothing, whatever the host does and the operator asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/stage.c"

#include "tests/unit/alert_rig.h"
#include "tests/unit/random.h"

#define HOST_PLACES 6

/* What a host may have wrong with it; some of it is a consequence of the rest. */
static const enum metric_id ills[] = {METRIC_CPU_USAGE, METRIC_CPU_LOAD_PER_CORE, METRIC_MEM_USAGE,
    METRIC_MEM_SWAP_USAGE, METRIC_DISK_USAGE, METRIC_DISK_INODE_USAGE, METRIC_DISK_STALE,
    METRIC_DISK_READ_ONLY, METRIC_NET_LINK_UP, METRIC_PROC_FD_USAGE};
#define ILLS (sizeof(ills) / sizeof(ills[0]))

struct host {
	enum severity now[ILLS][HOST_PLACES];
	int restless[ILLS][HOST_PLACES]; /* of a thousand steps, how many change it */
};

static void
host_step(struct host *h, struct alert_rig *one, struct alert_rig *other)
{
	for (size_t i = 0; i < ILLS; i++) {
		for (int place = 0; place < (metric_label_count(ills[i]) > 0 ? HOST_PLACES : 1);
		     place++) {
			enum severity *now = &h->now[i][place], before = *now;

			if (draw(200) == 0)
				h->restless[i][place] = draw(4) == 0 ? 400 : 10;
			if ((int)draw(1000) < h->restless[i][place])
				*now = draw(2) == 0 ? SEV_NONE : SEV_INFO + (enum severity)draw(3);
			if (*now == SEV_NONE && before == SEV_NONE)
				continue;
			rig_found(one, ills[i], place, *now, 50 + (double)place);
			rig_found(other, ills[i], place, *now, 50 + (double)place);
		}
	}
}

static void
random_silence(struct alert_rig *one, struct alert_rig *other)
{
	static const char *const matches[] = {
	    "*", "disk.*", "cpu.*", "disk.*{mountpoint=/1}", "{name=/2}"};
	const char *match = matches[draw(5)];
	int64_t ms = (int64_t)draw(1200000) + 1;
	bool allow = draw(2) == 0;

	rig_silence(one, match, ms, allow);
	rig_silence(other, match, ms, allow);
}

static void
random_conf(struct conf_alert *conf)
{
	conf->group_window_secs = draw(2) == 0 ? 30 : 0;
	conf->dedup_secs[SEV_INFO] = conf->dedup_secs[SEV_WARN] = draw(2) == 0 ? 300 : 0;
	conf->dedup_secs[SEV_CRITICAL] = 60;
	conf->escalate_warn_after = draw(2) == 0 ? 20 : 0;
	conf->escalate_critical_mins = draw(2) == 0 ? 10 : 0;
	conf->repeat_secs = draw(4) == 0 ? 900 : 0;
	conf->recovery_enabled = draw(4) != 0;
}

static void
a_restart_in_any_stage_changes_nothing(void **state)
{
	size_t told = 0;

	(void)state;
	random_start();
	for (int run = 0; run < 30; run++) {
		static struct alert_rig steady, broken;
		struct host host = {.now = {{SEV_NONE}}};

		rig_init(&steady);
		rig_init(&broken);
		random_conf(&steady.conf);
		broken.conf = steady.conf;
		rig_configure(&steady);
		rig_configure(&broken);
		for (int i = 0; i < 500; i++) {
			host_step(&host, &steady, &broken);
			if (draw(100) == 0)
				random_silence(&steady, &broken);
			rig_apply_places(&steady);
			assert_string_equal(rig_apply_places(&broken), steady.text);
			told += steady.out.len;
			for (size_t n = 0; n < steady.out.len; n++) {
				const struct notice *a = steady.out.items[n],
				                    *b = broken.out.items[n];

				for (size_t k = 0; k < a->fact_count; k++) {
					assert_true(
					    a->facts[k].since.wall_ms == b->facts[k].since.wall_ms);
					if (a->facts[k].count != b->facts[k].count)
						print_message("run %d step %d %s | %s flap %d sev "
						              "%d count %u %u secs %lld %lld\n",
						    run, i, steady.text, a->facts[k].rule,
						    a->facts[k].flap, a->facts[k].severity,
						    a->facts[k].count, b->facts[k].count,
						    (long long)a->facts[k].count_secs,
						    (long long)b->facts[k].count_secs);
					assert_int_equal(a->facts[k].count, b->facts[k].count);
					assert_int_equal(
					    a->facts[k].count_secs, b->facts[k].count_secs);
					assert_true(a->facts[k].worst == b->facts[k].worst);
				}
			}
			if (draw(8) == 0)
				rig_restart(&broken);
		}
		rig_done(&steady);
		rig_done(&broken);
	}
	assert_true(told > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_restart_in_any_stage_changes_nothing),
	};

	return cmocka_run_group_tests_name("stages", tests, NULL, NULL);
}
