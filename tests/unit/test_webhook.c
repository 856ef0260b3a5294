/*
 * What programs are told in every form of a message: which alerts begin and which end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/notify/webhook.c"

#include "base/mem.h"
#include "payload_help.h"

static struct alert_facts *
fact_at(struct notice *n, size_t i)
{
	assert_true(i < n->fact_count);
	return &n->facts[i];
}

/* Alerts of numbers of their own: every second one has ended, the last before it was told. */
static struct notice *
make_numbered(size_t count)
{
	struct notice *n = notice_new(count > 1 ? NOTICE_DIGEST : NOTICE_FIRE, 0, count);

	n->channel = CHANNEL_WEBHOOK;
	n->severity = SEV_CRITICAL;
	n->created.wall_ms = NOW_MS;
	for (size_t i = 0; i < count; i++) {
		*fact_at(n, i) = disk_facts("/var", 95.2, SEV_CRITICAL);
		fact_at(n, i)->fingerprint = 0x100 + i;
		fact_at(n, i)->resolved.wall_ms = i % 2 == 1 ? NOW_MS : 0;
	}
	fact_at(n, count - 1)->unheard = facts_is_resolved(fact_at(n, count - 1));
	return n;
}

static void
check_one(const json_t *told, size_t i, bool unheard)
{
	char fingerprint[FINGERPRINT_TEXT_MAX];
	const char *status = i % 2 == 1 ? "resolved" : "firing";

	snprintf(fingerprint, sizeof(fingerprint), "%016zx", 0x100 + i);
	assert_string_equal(text_of(told, "fingerprint", 16, 16), fingerprint);
	assert_string_equal(text_of(told, "status", 6, 8), status);
	assert_int_equal(json_is_true(json_object_get(told, "fired_and_resolved")), unheard);
}

static void
check_named(struct notice *n, bool minimal, bool bare)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_WEBHOOK);
	struct buf body;
	json_t *root, *alerts;

	ctx.minimal = minimal;
	ctx.bare = bare;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	assert_non_null(root);
	alerts = json_object_get(root, "alerts");
	if (n->fact_count == 1)
		check_one(root, 0, false);
	else
		assert_int_equal(json_array_size(alerts), n->fact_count);
	for (size_t i = 0; i < json_array_size(alerts); i++)
		check_one(json_array_get(alerts, i), i, i + 1 == n->fact_count);
	json_decref(root);
}

/* A gateway in between that answers 400 for a while must cost nobody an end. */
static void
a_program_hears_which_alerts_in_every_form(void **state)
{
	(void)state;
	for (size_t count = 1; count <= 20; count = count == 1 ? 2 : count * 10) {
		struct notice *n = make_numbered(count);

		check_named(n, false, false);
		check_named(n, true, false);
		check_named(n, true, true);
		notice_free(n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_hears_which_alerts_in_every_form),
	};

	return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
