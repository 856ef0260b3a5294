/* Jobs leave for a courier that may never come: others do not wait for it, and nothing spins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <sys/socket.h>

#include "src/agent/dispatch.c"

#include "base/str.h"
#include "tests/unit/log_help.h"
#include "tests/unit/subject_help.h"
#include "tests/unit/wire_help.h"

struct scene {
	struct conf *conf;
	struct outbox *outbox;
	struct dispatch dispatch;
	struct role_ctx ctx;
	struct loop *loop;
	struct now now;
	int lifeline[2];
	struct heartbeat heartbeat;
	struct link courier; /* the other end, when it comes */
	struct wire_msg msg;
	int64_t ahead_ms; /* in receipts */
	uint64_t left[2]; /* in receipts */
	size_t left_count;
};

static void
nothing_changed(void *arg, const struct now *now)
{
	(void)arg;
	(void)now;
}

static int
begin(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct conf_report *report = mem_zalloc(1, sizeof(*report));

	s->conf = conf_load(NULL, NULL, NULL, report);
	mem_free(report);
	s->conf->channels[CHANNEL_WEBHOOK].enabled = true;
	s->conf->channels[CHANNEL_WEBHOOK].timeout_secs = 10;
	s->outbox = outbox_new(&s->conf->alert, s->conf->channels, NULL, 1);
	s->loop = loop_new();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s->lifeline) != 0)
		return -1;
	s->ctx = (struct role_ctx){
	    .role = ROLE_AGENT, .peer_fd = {-1, -1, -1}, .lifeline_fd = s->lifeline[0]};
	s->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1700000000000};
	heartbeat_init(&s->heartbeat, true, 60);
	s->dispatch = (struct dispatch){.conf = s->conf,
	    .outbox = s->outbox,
	    .heartbeat = &s->heartbeat,
	    .changed = nothing_changed};
	dispatch_init(&s->dispatch, s->loop, &s->ctx);
	*fixture = s;
	return 0;
}

static int
end(void **fixture)
{
	struct scene *s = *fixture;

	dispatch_done(&s->dispatch);
	loop_free(s->loop);
	outbox_free(s->outbox);
	conf_free(s->conf);
	link_done(&s->courier);
	close(s->lifeline[0]);
	close(s->lifeline[1]);
	mem_free(s);
	return 0;
}

static void
raise_alert(struct scene *s, enum channel_id channel)
{
	struct notices list = {0};
	struct notice *n = notice_new(NOTICE_FIRE, (int)channel, 1);

	n->severity = SEV_WARN;
	n->created.wall_ms = s->now.wall_ms;
	n->facts[0] = (struct alert_facts){.fingerprint = 1,
	    .subject = metric_subject(METRIC_CPU_USAGE),
	    .severity = SEV_WARN,
	    .value = 90,
	    .limit = 80,
	    .worst = 90,
	    .eta_secs = NAN,
	    .since.wall_ms = s->now.wall_ms,
	    .count = 1};
	str_copy(n->facts[0].rule, sizeof(n->facts[0].rule), "cpu");
	notices_add(&list, n);
	outbox_put(s->outbox, &list, &s->now);
	outbox_unkept(s->outbox);
	notices_done(&list);
}

static void
pump_later(struct scene *s, int64_t secs)
{
	s->now.boot_ns += secs * NS_PER_SEC;
	s->now.wall_ms += secs * 1000;
	dispatch_pump(&s->dispatch, &s->now);
}

/* Console lines are not for the log of the tests. */
static void
pump_unheard(struct scene *s, int64_t secs)
{
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	pump_later(s, secs);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
}

static void
without_a_courier_the_console_speaks_and_nothing_spins(void **fixture)
{
	struct scene *s = *fixture;

	raise_alert(s, CHANNEL_WEBHOOK);
	pump_unheard(s, 0);
	for (int i = 0; i < 20; i++) {
		raise_alert(s, CHANNEL_CONSOLE);
		pump_unheard(s, 7);
		assert_true(outbox_deadline(s->outbox, &s->now) > s->now.boot_ns);
	}
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_CONSOLE)->queued, 0);
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_WEBHOOK)->queued, 1);
}

/* The courier comes, or another one does, and reads what it is told at once. Returns how many jobs
 * that is. */
static int
meet(struct scene *s)
{
	enum link_event event;
	int jobs = 0;

	wire_anew_to(&s->courier, WIRE_AGENT_TO_COURIER, &s->ctx, ROLE_COURIER);
	dispatch_take_wire(&s->dispatch);
	s->now = clock_now(); /* on_courier() itself looked */
	while ((event = link_recv(&s->courier, &s->msg)) != LINK_NOTHING)
		jobs += event == LINK_MESSAGE && wire_id(&s->msg) == WIRE_JOB;
	return jobs;
}

static void
a_courier_that_comes_late_gets_the_job(void **fixture)
{
	struct scene *s = *fixture;

	raise_alert(s, CHANNEL_WEBHOOK);
	pump_later(s, 0);
	assert_int_equal(meet(s), 1);
}

/* Its death is seen before its successor comes, and costs nothing meanwhile. */
static void
a_courier_that_dies_is_waited_for(void **fixture)
{
	struct scene *s = *fixture;

	assert_int_equal(meet(s), 0);
	raise_alert(s, CHANNEL_WEBHOOK);
	pump_later(s, 0);
	link_done(&s->courier);
	ev_run((struct ev_loop *)s->loop, EVRUN_NOWAIT);
	assert_false(ev_is_active(&s->dispatch.io.ev));
	assert_false(dispatch_ping(&s->dispatch, 1));
	assert_int_equal(read(s->lifeline[1], &(char){0}, 1), -1); /* no accusation */
	assert_int_equal(meet(s), 1);
	assert_int_equal(meet(s), 1); /* and again: no receipt came */
}

static void
send_receipt(struct scene *s, unsigned kind, uint32_t index, uint64_t id, unsigned outcome)
{
	wire_begin(&s->msg, WIRE_RECEIPT);
	wire_put_u8(&s->msg, (uint8_t)kind);
	wire_put_u32(&s->msg, index);
	wire_put_u64(&s->msg, id);
	wire_put_u32(&s->msg, 1);
	wire_put_u8(&s->msg, (uint8_t)outcome);
	wire_put_u32(&s->msg, 200);
	wire_put_u32(&s->msg, 0);
	wire_put_u64(&s->msg, (uint64_t)s->ahead_ms);
	wire_put_str(&s->msg, "");
	wire_put_numbers(&s->msg, s->left, s->left_count);
	assert_int_equal(link_send(&s->courier, &s->msg), WIRE_OK);
	on_courier(&s->dispatch, LOOP_READ);
}

/* The next job's destination, and its id. */
static struct destination
next_job(struct scene *s, uint64_t *id)
{
	struct destination to = {DESTINATION_KINDS, 0};
	unsigned kind;

	assert_int_equal(link_recv(&s->courier, &s->msg), LINK_MESSAGE);
	assert_int_equal(wire_id(&s->msg), WIRE_JOB);
	kind = wire_get_u8(&s->msg);
	assert_true(destination_read(kind, wire_get_u32(&s->msg), &to));
	*id = wire_get_u64(&s->msg);
	return to;
}

static void
expect_owed(struct scene *s, const uint64_t *owed, size_t count)
{
	uint64_t got[4];
	size_t len;

	wire_get_u32(&s->msg); /* attempt, deadline */
	wire_get_u32(&s->msg);
	wire_get_str(&s->msg); /* content type */
	wire_get_bytes(&s->msg, &len);
	assert_int_equal(wire_get_numbers(&s->msg, got, 4), count);
	assert_true(wire_end(&s->msg));
	if (count > 0)
		assert_memory_equal(got, owed, count * sizeof(owed[0]));
}

static void
who_is_left_is_told_alone(void **fixture)
{
	struct scene *s = *fixture;
	uint64_t id, again;

	meet(s);
	raise_alert(s, CHANNEL_WEBHOOK);
	pump_later(s, 0);
	next_job(s, &id);
	expect_owed(s, NULL, 0);
	s->left[0] = UINT64_MAX;
	s->left[1] = 5;
	s->left_count = 2;
	send_receipt(s, DESTINATION_CHANNEL, CHANNEL_WEBHOOK, id, DELIVERY_DELIVERED);
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_WEBHOOK)->rests, 1);
	assert_int_equal(link_recv(&s->courier, &s->msg), LINK_NOTHING);
	pump_later(s, 4000);
	next_job(s, &again);
	assert_true(again == id);
	expect_owed(s, s->left, 2);
}

/* The ping and the notice have one id, and each its own receipt. */
static void
a_receipt_goes_to_the_owner_of_its_destination(void **fixture)
{
	struct heartbeat_health health = {.interval_ns = NS_PER_SEC, .judging = true, .kept = true};
	struct scene *s = *fixture;
	struct destination to;
	uint64_t id;

	meet(s);
	raise_alert(s, CHANNEL_WEBHOOK);
	pump_later(s, 0);
	to = next_job(s, &id);
	assert_int_equal(to.kind, DESTINATION_CHANNEL);
	assert_int_equal(to.index, CHANNEL_WEBHOOK);
	s->heartbeat.id = id - 1;
	health.collected_ns = s->now.boot_ns;
	assert_true(heartbeat_due(&s->heartbeat, &health, &s->now, NS_PER_SEC));
	assert_true(s->heartbeat.id == id);
	assert_true(dispatch_ping(&s->dispatch, id));
	to = next_job(s, &id);
	assert_int_equal(to.kind, DESTINATION_HEARTBEAT);
	assert_int_equal(to.index, 0);
	assert_true(s->heartbeat.id == id);

	send_receipt(s, DESTINATION_CHANNEL, CHANNEL_DISCORD, id, DELIVERY_DELIVERED);
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_WEBHOOK)->queued, 1);
	send_receipt(s, DESTINATION_HEARTBEAT, 0, id, DELIVERY_DELIVERED);
	assert_int_equal(s->heartbeat.answered, 1);
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_WEBHOOK)->queued, 1);
	send_receipt(s, DESTINATION_CHANNEL, CHANNEL_WEBHOOK, id, DELIVERY_DELIVERED);
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_WEBHOOK)->queued, 0);
	assert_int_equal(outbox_channel(s->outbox, CHANNEL_WEBHOOK)->sent, 1);
	assert_int_equal(s->heartbeat.answered, 1);
}

/* The loop has others to serve. */
static void
a_courier_that_never_stops_talking_does_not_hold_the_agent(void **fixture)
{
	struct scene *s = *fixture;
	int said = 0;

	meet(s);
	for (; said < 3 * LINK_TURN_MESSAGES; said++) {
		wire_begin(&s->msg, WIRE_RECEIPT);
		wire_put_u8(&s->msg, DESTINATION_CHANNEL);
		wire_put_u32(&s->msg, CHANNEL_WEBHOOK);
		wire_put_u64(&s->msg, 4711);
		wire_put_u32(&s->msg, 1);
		wire_put_u8(&s->msg, DELIVERY_DELIVERED);
		wire_put_u32(&s->msg, 200);
		wire_put_u32(&s->msg, 0);
		wire_put_u64(&s->msg, 0);
		wire_put_str(&s->msg, "");
		wire_put_numbers(&s->msg, NULL, 0);
		assert_int_equal(link_send(&s->courier, &s->msg), WIRE_OK);
	}
	for (; said > 0; said -= LINK_TURN_MESSAGES) {
		assert_true(
		    recv(s->dispatch.courier.fd, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
		on_courier(&s->dispatch, 0);
	}
	assert_int_equal(recv(s->dispatch.courier.fd, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT), -1);
	assert_int_equal(read(s->lifeline[1], &(char){0}, 1), -1); /* no accusation */
}

static void
a_receipt_that_cannot_be_is_accused(void **fixture)
{
	static const struct {
		unsigned kind;
		uint32_t index;
		unsigned outcome;
		int64_t ahead_ms;
	} bad[] = {
	    {DESTINATION_KINDS, 0, DELIVERY_DELIVERED, 0},
	    {255, 0, DELIVERY_DELIVERED, 0},
	    {DESTINATION_CHANNEL, CHANNEL_COUNT, DELIVERY_DELIVERED, 0},
	    {DESTINATION_CHANNEL, UINT32_MAX, DELIVERY_DELIVERED, 0},
	    {DESTINATION_HEARTBEAT, 1, DELIVERY_DELIVERED, 0},
	    {DESTINATION_CHANNEL, CHANNEL_WEBHOOK, 0, 0},
	    {DESTINATION_CHANNEL, CHANNEL_WEBHOOK, DELIVERY_OUTCOMES, 0},
	    {DESTINATION_CHANNEL, CHANNEL_WEBHOOK, DELIVERY_DELIVERED, INT64_MIN},
	    {DESTINATION_CHANNEL, CHANNEL_WEBHOOK, DELIVERY_DELIVERED, DELIVERY_AHEAD_MAX_MS + 1},
	};
	struct scene *s = *fixture;

	meet(s);
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char byte = -1;

		s->ahead_ms = bad[i].ahead_ms;
		send_receipt(s, bad[i].kind, bad[i].index, 1, bad[i].outcome);
		assert_int_equal(read(s->lifeline[1], &byte, 1), 1);
		assert_int_equal(byte, ROLE_COURIER);
		meet(s);
	}
	s->ahead_ms = -DELIVERY_AHEAD_MAX_MS;
	send_receipt(s, DESTINATION_CHANNEL, CHANNEL_WEBHOOK, 1, DELIVERY_DENIED);
	assert_int_equal(read(s->lifeline[1], &(char){0}, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        without_a_courier_the_console_speaks_and_nothing_spins, begin, end),
	    cmocka_unit_test_setup_teardown(a_courier_that_comes_late_gets_the_job, begin, end),
	    cmocka_unit_test_setup_teardown(a_courier_that_dies_is_waited_for, begin, end),
	    cmocka_unit_test_setup_teardown(
	        a_receipt_goes_to_the_owner_of_its_destination, begin, end),
	    cmocka_unit_test_setup_teardown(who_is_left_is_told_alone, begin, end),
	    cmocka_unit_test_setup_teardown(
	        a_courier_that_never_stops_talking_does_not_hold_the_agent, begin, end),
	    cmocka_unit_test_setup_teardown(a_receipt_that_cannot_be_is_accused, begin, end),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
