/*
 * The states of the real detectors as bytes: they come back as they were, and whatever the bytes
 * have become, nothing is hurt and nothing fires that no sample says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/states_file.c"

#include <math.h>

#include "detect/detect.h"
#include "tests/unit/random.h"
#include "tests/unit/limits_help.h"

#define STEP_MS 10000

struct rig {
	struct conf_detect conf;
	struct series_table *table;
	struct series_ref ref;
	struct batch batch;
	struct findings findings;
	struct detect *detect;
	struct now now;
	uint8_t bytes[1024];
	size_t len;
};

/* Built-in rules alone, which wait for 30 s. */
static void
rig_init(struct rig *r)
{
	*r = (struct rig){.conf = {.for_secs = 30, .clear_percent = 5},
	    .now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000}};
	take_default_limits(&r->conf);
	r->table = series_table_new(NULL);
	batch_init(&r->batch, r->table, 4);
	findings_init(&r->findings, 16);
	r->detect = detect_new(&r->conf, r->table, NULL, NULL);
}

static void
rig_done(struct rig *r)
{
	detect_free(r->detect);
	findings_done(&r->findings);
	batch_done(&r->batch);
	series_table_free(r->table);
}

/* The state of the only finding; FINDING_CLEAR: there is none. */
static enum finding_state
cycle(struct rig *r, enum metric_id metric, double value)
{
	const char *const values[] = {"/a", "x", "ext4"};

	r->now.boot_ns += STEP_MS * NS_PER_MS;
	batch_reset(&r->batch, &r->now);
	findings_reset(&r->findings);
	batch_add_labelled(&r->batch, &r->ref, metric, values, value, NAN);
	detect_feed(r->detect, &r->batch, &r->findings);
	assert_true(r->findings.len <= 1);
	return r->findings.len == 0 ? FINDING_CLEAR : r->findings.items[0].state;
}

static void
save_states(struct rig *r)
{
	struct bytes_out out;

	bytes_out_init(&out, r->bytes, sizeof(r->bytes));
	detect_save_series(r->detect, r->ref.id, &out);
	assert_false(out.full);
	r->len = out.len;
}

static void
load_anew(struct rig *r, int64_t shift_ns)
{
	struct bytes_in in;

	detect_free(r->detect);
	r->detect = detect_new(&r->conf, r->table, NULL, NULL);
	bytes_in_init(&in, r->bytes, r->len);
	detect_load_series(r->detect, r->ref.id, &in, shift_ns);
}

static void
what_waits_to_fire_waits_on(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 3; i++)
		assert_int_equal(cycle(&r, METRIC_DISK_USAGE, 95), FINDING_PENDING);
	save_states(&r);
	load_anew(&r, 5000 * NS_PER_SEC);
	r.now.boot_ns += 5000 * NS_PER_SEC;
	assert_int_equal(cycle(&r, METRIC_DISK_USAGE, 95), FINDING_FIRING);
	rig_done(&r);
}

/*
 * That a file system was writable once is remembered: else it would not be read-only now. After a
 * reboot it is another mount, as a link is one that has not come up yet.
 */
static void
a_transition_remembers_the_opposite_until_a_reboot(void **state)
{
	for (int64_t shift_ns = 0; shift_ns <= 1; shift_ns++) {
		struct rig r;

		(void)state;
		rig_init(&r);
		cycle(&r, METRIC_DISK_READ_ONLY, 0);
		save_states(&r);
		load_anew(&r, shift_ns);
		assert_int_equal(cycle(&r, METRIC_DISK_READ_ONLY, 1),
		    shift_ns == 0 ? FINDING_FIRING : FINDING_CLEAR);
		rig_done(&r);
	}
}

static void
damaged_states_hurt_nobody(void **state)
{
	struct rig r;

	(void)state;
	random_start();
	rig_init(&r);
	for (int i = 0; i < 3; i++)
		cycle(&r, METRIC_DISK_USAGE, 95);
	save_states(&r);
	for (int i = 0; i < 3000; i++) {
		uint8_t was[sizeof(r.bytes)];

		memcpy(was, r.bytes, sizeof(was));
		for (uint64_t n = 1 + draw(20); n > 0; n--)
			r.bytes[draw(r.len)] = draw(4) == 0 ? 0x80 : (uint8_t)draw(256);
		load_anew(&r, draw(2) == 0 ? 0 : (int64_t)draw(1u << 30) * 977777);
		assert_int_equal(cycle(&r, METRIC_DISK_USAGE, 20), FINDING_CLEAR);
		assert_int_not_equal(cycle(&r, METRIC_DISK_USAGE, 95), FINDING_CLEAR);
		memcpy(r.bytes, was, sizeof(was));
	}
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_waits_to_fire_waits_on),
	    cmocka_unit_test(a_transition_remembers_the_opposite_until_a_reboot),
	    cmocka_unit_test(damaged_states_hurt_nobody),
	};

	return cmocka_run_group_tests_name("states_file", tests, NULL, NULL);
}
