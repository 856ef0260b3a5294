/*
 * Facts and notices survive the way through JSON; damaged text is refused, never half read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "src/model/notice_json.c"

#include "base/clock.h"
#include "notice_help.h"
#include "subject_help.h"

static uint64_t rng;

static uint64_t
draw(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

static void
random_text(char *out, size_t cap)
{
	static const char *const parts[] = {
	    "a", "/var", "\"", "\\", "\n", "\x01", "é", "日本", "@everyone", "</b>"};
	size_t len = draw(cap);

	out[0] = '\0';
	while (strlen(out) < len) {
		const char *part = parts[draw(10)];

		if (strlen(out) + strlen(part) >= cap)
			return;
		memcpy(out + strlen(out), part, strlen(part) + 1);
	}
}

static struct alert_facts
random_facts(void)
{
	char value[90];
	struct alert_facts f = {.fingerprint = draw(UINT32_MAX) << 32 | draw(UINT32_MAX),
	    .subject = metric_subject((enum metric_id)draw(METRIC_COUNT)),
	    .severity = (enum severity)draw(SEV_COUNT),
	    .value = (double)draw(1000000) / 7,
	    .limit = -(double)draw(1000) * 1e12,
	    .worst = draw(4) == 0 ? NAN : 1e-9,
	    .op = (enum rule_op)draw(6),
	    .eta_secs = draw(2) == 0 ? NAN : 3.5,
	    .since.wall_ms = (int64_t)draw(1u << 30) * 1000,
	    .resolved.wall_ms = (int64_t)draw(2) * 1700000000000,
	    .gone = draw(2) == 1,
	    .still = draw(2) == 1,
	    .flap = (enum alert_flap)draw(FLAP_LASTS + 1),
	    .space_known = draw(2) == 1,
	    .free_bytes = (double)draw(1000000),
	    .fill_rate = (double)draw(1000) / 3,
	    .count = (uint32_t)draw(UINT32_MAX),
	    .count_secs = (int64_t)draw(4000)};

	random_text(f.rule, sizeof(f.rule));
	random_text(f.message, sizeof(f.message));
	random_text(f.cause, sizeof(f.cause));
	for (uint64_t n = draw(4); n > 0; n--) {
		random_text(value, sizeof(value));
		assert_true(label_set_add(&f.subject.labels,
		    n == 1   ? "a"
		    : n == 2 ? "b"
		             : "c",
		    value));
	}
	return f;
}

static void
assert_same(double a, double b)
{
	assert_true(a == b || (isnan(a) && isnan(b)));
}

static void
assert_facts_equal(const struct alert_facts *a, const struct alert_facts *b)
{
	char left[LABELS_TEXT_MAX], right[LABELS_TEXT_MAX];

	assert_true(a->fingerprint == b->fingerprint);
	assert_string_equal(a->rule, b->rule);
	assert_string_equal(a->subject.name, b->subject.name);
	assert_int_equal(a->subject.group, b->subject.group);
	assert_int_equal(a->subject.unit, b->subject.unit);
	assert_int_equal(a->subject.order, b->subject.order);
	assert_string_equal(
	    labels_text(&a->subject.labels, left), labels_text(&b->subject.labels, right));
	assert_int_equal(a->severity, b->severity);
	assert_same(a->value, b->value);
	assert_same(a->limit, b->limit);
	assert_same(a->worst, b->worst);
	assert_int_equal(a->op, b->op);
	assert_same(a->eta_secs, b->eta_secs);
	assert_int_equal(a->since.wall_ms, b->since.wall_ms);
	assert_int_equal(a->resolved.wall_ms, b->resolved.wall_ms);
	assert_int_equal(a->gone, b->gone);
	assert_int_equal(a->still, b->still);
	assert_int_equal(a->flap, b->flap);
	assert_int_equal(a->space_known, b->space_known);
	assert_same(a->free_bytes, b->free_bytes);
	assert_same(a->fill_rate, b->fill_rate);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->count_secs, b->count_secs);
	assert_string_equal(a->message, b->message);
	assert_string_equal(a->cause, b->cause);
}

static void
facts_round_trip(void **state)
{
	struct alert_facts back;

	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int i = 0; i < 500; i++) {
		struct alert_facts f = random_facts();
		char *text = facts_to_json(&f);

		assert_true(facts_from_json(text, strlen(text), &back));
		assert_facts_equal(&f, &back);
		mem_free(text);
	}
}

static void
notices_round_trip(void **state)
{
	enum json_read read;
	struct notice *n = notice_new(NOTICE_DIGEST, 2, 3), *back;
	char channel[32], *text;

	(void)state;
	rng = clock_seed();
	n->id = 123456789012;
	n->severity = SEV_EMERGENCY;
	n->created.wall_ms = 1790000000000;
	n->created.boot_ns = 77;
	n->created.boot = 4711;
	n->total = 12;
	for (int i = 0; i < 3; i++)
		n->facts[i] = random_facts();
	text = notice_to_json(n, "discord");
	back = notice_from_json(text, strlen(text), channel, sizeof(channel), &read);
	assert_non_null(back);
	assert_string_equal(channel, "discord");
	assert_int_equal(back->id, n->id);
	assert_int_equal(back->kind, NOTICE_DIGEST);
	assert_int_equal(back->severity, SEV_EMERGENCY);
	assert_int_equal(back->created.wall_ms, n->created.wall_ms);
	assert_int_equal(back->created.boot_ns, 77);
	assert_int_equal(back->created.boot, 4711);
	assert_int_equal(back->total, 12);
	assert_int_equal(back->fact_count, 3);
	for (int i = 0; i < 3; i++)
		assert_facts_equal(&back->facts[i], &n->facts[i]);
	mem_free(text);
	notice_free(n);
	notice_free(back);
}

/* What a terminal or a proc file may throw at us: it must come back, and fit where it came from. */
static void
bytes_that_are_no_text_become_question_marks(void **state)
{
	struct alert_facts f = {.rule = "r",
	                       .value = NAN,
	                       .limit = NAN,
	                       .worst = NAN,
	                       .eta_secs = NAN},
	                   back;
	char value[SERIES_TEXT_MAX], *text;

	(void)state;
	memset(value, 0xff, sizeof(value));
	value[sizeof(value) - 1] = '\0';
	assert_true(label_set_add(&f.subject.labels, "mountpoint", value));
	str_copy(f.cause, sizeof(f.cause), "caf\xc3 na\xc3\xafve");
	text = facts_to_json(&f);
	assert_true(facts_from_json(text, strlen(text), &back));
	assert_int_equal(
	    strspn(label_set_value(&back.subject.labels, 0), "?"), SERIES_TEXT_MAX - 1);
	assert_string_equal(back.cause, "caf? na\xc3\xafve");
	mem_free(text);
}

#define HEAD \
	"{\"fingerprint\":\"00000000000000ff\",\"rule\":\"r\",\"metric\":\"cpu.usage_percent\","
#define TAIL "\"op\":\">=\",\"since_wall_ms\":5}"

static void
only_what_is_needed_is_needed(void **state)
{
	static const char text[] =
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"future\":[1,{}]," TAIL;
	struct alert_facts f;

	(void)state;
	assert_true(facts_from_json(text, strlen(text), &f));
	assert_true(f.fingerprint == 255);
	assert_true(subject_is_metric(&f.subject, METRIC_CPU_USAGE));
	assert_int_equal(f.subject.unit, UNIT_PERCENT);
	assert_true(isnan(f.value) && isnan(f.eta_secs));
	assert_int_equal(f.count, 1);
}

static void
hostile_facts_are_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "null",
	    "[]",
	    "1",
	    "{}",
	    "{\"fingerprint\":1}",
	    "\xff\xfe",
	    "{\"fingerprint\"",
	    HEAD "\"labels\":{},\"severity\":\"warn\"," TAIL " x",
	    HEAD "\"labels\":[],\"severity\":\"warn\"," TAIL,
	    HEAD "\"labels\":{\"a\":1},\"severity\":\"warn\"," TAIL,
	    HEAD "\"labels\":{\"a\":\"1\",\"a\":\"2\"},\"severity\":\"warn\"," TAIL,
	    HEAD "\"labels\":{\"a\":\"x\\u0000y\"},\"severity\":\"warn\"," TAIL,
	    HEAD "\"labels\":{},\"severity\":2," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"value\":\"1\"," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"value\":1e999," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"count\":-1," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"count\":4294967296," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"gone\":1," TAIL,
	    HEAD
	    "\"labels\":{},\"severity\":\"warn\",\"resolved_wall_ms\":9223372036854775807," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"op\":\">=\",\"since_wall_ms\":-5}",
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"op\":\">=\",\"since_wall_ms\":1.5}",
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"op\":\">=\"}",
	};
	struct alert_facts f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (facts_from_json(bad[i], strlen(bad[i]), &f))
			fail_msg("taken: %s", bad[i]);
	}
}

/* A newer version has words that this one has not: they are no damage. */
static void
words_of_a_newer_version_are_unknown(void **state)
{
	static const char *const newer[] = {
	    HEAD "\"labels\":{},\"severity\":\"dire\"," TAIL,
	    HEAD "\"labels\":{},\"severity\":\"warn\",\"op\":\"=>\",\"since_wall_ms\":5}",
	    HEAD "\"labels\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\",\"f\":\"\","
	         "\"g\":\"\",\"h\":\"\",\"i\":\"\"},\"severity\":\"warn\"," TAIL,
	    "{\"fingerprint\":\"00000000000000ff\",\"rule\":\"r\",\"metric\":\"gpu.heat\","
	    "\"labels\":{},\"severity\":\"warn\"," TAIL,
	};
	static const char log_line[] =
	    "{\"fingerprint\":\"00000000000000ff\",\"rule\":\"r\",\"metric\":\"oom_kill\","
	    "\"group\":\"log\",\"unit\":\"count\",\"event\":true,"
	    "\"labels\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\"},\"severity\":\"warn\"," TAIL;
	struct alert_facts f;

	(void)state;
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		assert_int_equal(read_facts(newer[i], strlen(newer[i]), &f), JSON_READ_UNKNOWN);
	assert_int_equal(read_facts(log_line, strlen(log_line), &f), JSON_READ_OK);
	assert_string_equal(f.subject.name, "oom_kill");
	assert_int_equal(f.subject.group, GROUP_LOG);
	assert_int_equal(f.subject.labels.count, 4);
	assert_true(f.event);
}

/* Cut at any byte it is refused; with any byte changed it is refused or still in range. */
static void
damaged_notices_never_hurt(void **state)
{
	enum json_read read;
	struct notice *n = notice_new(NOTICE_FIRE, 0, 2), *back;
	char channel[8], *text;
	size_t len;

	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	n->facts[0] = random_facts();
	n->facts[1] = random_facts();
	text = notice_to_json(n, "a channel whose name is longer than its room");
	len = strlen(text);
	back = notice_from_json(text, len, channel, sizeof(channel), &read);
	assert_string_equal(channel, "a chann");
	notice_free(back);
	for (size_t i = 0; i < len; i++)
		assert_null(notice_from_json(text, i, channel, sizeof(channel), &read));
	for (int i = 0; i < 3000; i++) {
		size_t at = draw(len);
		char was = text[at];

		text[at] = (char)draw(256);
		back = notice_from_json(text, len, channel, sizeof(channel), &read);
		if (back != NULL)
			assert_true(back->total >= back->fact_count && back->severity < SEV_COUNT);
		notice_free(back);
		text[at] = was;
	}
	mem_free(text);
	notice_free(n);
}

static void
a_digest_fits_a_message_whatever_it_holds(void **state)
{
	enum json_read read;
	struct notice *n = notice_new(NOTICE_DIGEST, 0, 60), *back;
	char channel[16], *text;

	(void)state;
	for (size_t i = 0; i < n->fact_count; i++) {
		n->facts[i] = (struct alert_facts){.fingerprint = i};
		memset(n->facts[i].message, 1, RULE_MESSAGE_MAX - 1);
		memset(n->facts[i].cause, 1, NOTICE_CAUSE_MAX - 1);
	}
	text = notice_to_json(n, "console");
	assert_true(strlen(text) <= NOTICE_JSON_MAX);
	back = notice_from_json(text, strlen(text), channel, sizeof(channel), &read);
	assert_true(back->fact_count > 5 && back->fact_count < 60);
	assert_int_equal(back->total, 60);
	notice_free(back);
	mem_free(text);
	notice_free(n);
}

static struct notice *
read_owed(const char *owed, enum json_read *read)
{
	char text[400], channel[32];

	snprintf(text, sizeof(text),
	    "{\"id\":1,\"kind\":\"test\",\"severity\":\"none\",\"created_wall_ms\":1,\"total\":0,"
	    "\"channel\":\"email\",\"facts\":[]%s}",
	    owed);
	return notice_from_json(text, strlen(text), channel, sizeof(channel), read);
}

static void
recipients_that_are_left_round_trip(void **state)
{
	static const char *const bad[] = {",\"owed\":[]", ",\"owed\":[1]", ",\"owed\":[\"1\"]",
	    ",\"owed\":\"0000000000000001\"", ",\"owed\":[\"0000000000000001\",null]"};
	const uint64_t left[] = {1, UINT64_MAX};
	struct notice *n = notice_new(NOTICE_TEST, 0, 0), *back;
	enum json_read read;
	char channel[32], *json;

	(void)state;
	assert_true(notice_owe(n, left, 2));
	json = notice_to_json(n, "email");
	back = notice_from_json(json, strlen(json), channel, sizeof(channel), &read);
	assert_non_null(back);
	assert_int_equal(back->owed_count, 2);
	assert_memory_equal(back->owed, left, sizeof(left));
	assert_true(notice_owe(back, left + 1, 1));
	assert_false(notice_owe(back, left, 1)); /* that one has it */
	assert_int_equal(back->owed_count, 1);
	notice_free(back);
	notice_free(n);
	free(json);
	back = read_owed("", &read);
	assert_int_equal(back->owed_count, 0);
	notice_free(back);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(read_owed(bad[i], &read));
		assert_int_equal(read, JSON_READ_DAMAGED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_round_trip),
	    cmocka_unit_test(notices_round_trip),
	    cmocka_unit_test(recipients_that_are_left_round_trip),
	    cmocka_unit_test(bytes_that_are_no_text_become_question_marks),
	    cmocka_unit_test(only_what_is_needed_is_needed),
	    cmocka_unit_test(hostile_facts_are_refused),
	    cmocka_unit_test(words_of_a_newer_version_are_unknown),
	    cmocka_unit_test(damaged_notices_never_hurt),
	    cmocka_unit_test(a_digest_fits_a_message_whatever_it_holds),
	};

	return cmocka_run_group_tests_name("notice_json", tests, NULL, NULL);
}
