/*
 * A courier as its peers see it: a real process behind a real wire, with deliveries that behave as
 * the body of the job says. Includes the courier and its runners whole.
 */
#ifndef TESTS_COURIER_RIG_H
#define TESTS_COURIER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define conf_decode fake_decode
#define conf_free fake_free
#define deliver_run fake_deliver_run
#include "src/courier/courier.c"
#include "src/courier/runner.c"

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "priv/lifeline.h"
#include "tests/unit/wire_help.h"

#define WAIT_MS 10000
#define DEADLINE_MS 5000
#define SHORT_MS 120

/* What the runners tell the test, over all processes. */
struct traces {
	_Atomic int deliveries;
	pid_t runner;
	int64_t timeout_ms;
};

static struct traces *traces;
static const struct destination console = {DESTINATION_CHANNEL, CHANNEL_CONSOLE},
                                webhook = {DESTINATION_CHANNEL, CHANNEL_WEBHOOK},
                                discord = {DESTINATION_CHANNEL, CHANNEL_DISCORD},
                                heartbeat = {DESTINATION_HEARTBEAT, 0};
static struct wire_msg msg;

struct peer {
	pid_t pid;
	int lifeline;
	struct link link;
};

struct receipt {
	unsigned kind;
	uint32_t index;
	uint64_t id;
	uint32_t attempt, status, retry_after_ms;
	int64_t ahead_ms;
	enum delivery_outcome outcome;
	char text[DELIVERY_TEXT_MAX];
	uint64_t left[4];
	size_t left_count;
};

static const uint64_t owed[1] = {0x1122334455667788}; /* of every job here */

struct conf *
fake_decode(const char *blob, size_t len)
{
	static struct conf conf;
	static char url[] = "http://example.org/", none[] = "";

	(void)len;
	if (strcmp(blob, "blob") != 0)
		return NULL;
	for (int id = 0; id < CHANNEL_COUNT; id++)
		conf.channels[id].url = id == CHANNEL_CONSOLE ? none : url;
	conf.heartbeat.channel.url = url;
	return &conf;
}

void
fake_free(struct conf *conf)
{
	(void)conf;
}

static inline void
hang(void)
{
	for (;;)
		pause();
}

void
fake_deliver_run(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out)
{
	if (channel->url[0] == '\0' || !str_eq(job->content_type, "text/plain"))
		abort();
	traces->deliveries++;
	traces->timeout_ms = job->timeout_ms;
	traces->runner = getpid();
	*out = (struct delivery){
	    .outcome = DELIVERY_DELIVERED, .status = 204, .retry_after_ms = 250, .ahead_ms = -777};
	if (memcmp(job->body, "ok", 2) == 0)
		return;
	if (memcmp(job->body, "rest", 4) == 0) {
		out->left_count = (uint32_t)job->owed_count;
		memcpy(out->left, job->owed, job->owed_count * sizeof(job->owed[0]));
		return;
	}
	if (memcmp(job->body, "hang", 4) == 0)
		hang();
	if (memcmp(job->body, "abort", 5) == 0)
		abort();
	if (memcmp(job->body, "crash", 5) == 0)
		raise(SIGKILL);
	if (memcmp(job->body, "exit", 4) == 0)
		_exit(0);
	if (memcmp(job->body, "nonsense", 8) == 0)
		memset(out, 0xff, sizeof(*out));
	if (memcmp(job->body, "slow", 4) == 0)
		poll(NULL, 0, SHORT_MS);
}

/* Another agent, whose wire comes over the lifeline. */
static inline void
replace_agent(struct peer *p)
{
	int fd = wire_anew(&p->link, WIRE_COURIER_TO_AGENT);

	assert_true(lifeline_hand_wire(p->lifeline, ROLE_AGENT, fd));
	close(fd);
	assert_int_equal(link_recv(&p->link, &msg), LINK_FRESH);
}

static inline enum link_event
next_event(struct peer *p)
{
	for (int64_t end = clock_now().boot_ns + WAIT_MS * NS_PER_MS; clock_now().boot_ns < end;) {
		struct pollfd fd = {.fd = p->link.fd, .events = POLLIN};
		enum link_event event = link_recv(&p->link, &msg);

		if (event != LINK_NOTHING)
			return event;
		poll(&fd, 1, 100);
	}
	return LINK_NOTHING;
}

static inline void
start(struct peer *p)
{
	int wire, lifeline[2];

	traces->deliveries = 0;
	traces->runner = 0;
	*p = (struct peer){0};
	wire = wire_anew(&p->link, WIRE_COURIER_TO_AGENT);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, lifeline), 0);
	p->pid = fork();
	if (p->pid == 0) {
		struct role_ctx ctx = {.role = ROLE_COURIER,
		    .blob = mem_strdup("blob"),
		    .blob_len = 4,
		    .peer_fd = {wire, -1, -1},
		    .lifeline_fd = lifeline[1],
		    .data_dir_fd = -1};

		link_done(&p->link);
		close(lifeline[0]);
		_exit(courier_main(&ctx));
	}
	close(wire);
	close(lifeline[1]);
	p->lifeline = lifeline[0];
	assert_int_equal(next_event(p), LINK_FRESH);
}

/* Ends the courier; its exit status. */
static inline int
stop(struct peer *p, int signum)
{
	int status;

	kill(p->pid, signum);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	link_done(&p->link);
	close(p->lifeline);
	return status;
}

static inline void
send_job(struct peer *p, uint64_t id, uint32_t attempt, uint32_t deadline_ms, struct destination to,
    const char *body)
{
	wire_begin(&msg, WIRE_JOB);
	wire_put_u8(&msg, (uint8_t)to.kind);
	wire_put_u32(&msg, to.index);
	wire_put_u64(&msg, id);
	wire_put_u32(&msg, attempt);
	wire_put_u32(&msg, deadline_ms);
	wire_put_str(&msg, "text/plain");
	wire_put_bytes(&msg, body, strlen(body));
	wire_put_numbers(&msg, owed, 1);
	assert_int_equal(link_send(&p->link, &msg), WIRE_OK);
}

static inline struct receipt
next_receipt(struct peer *p)
{
	struct receipt r;

	assert_int_equal(next_event(p), LINK_MESSAGE);
	assert_int_equal(wire_id(&msg), WIRE_RECEIPT);
	r.kind = wire_get_u8(&msg);
	r.index = wire_get_u32(&msg);
	r.id = wire_get_u64(&msg);
	r.attempt = wire_get_u32(&msg);
	r.outcome = wire_get_u8(&msg);
	r.status = wire_get_u32(&msg);
	r.retry_after_ms = wire_get_u32(&msg);
	r.ahead_ms = (int64_t)wire_get_u64(&msg);
	str_copy(r.text, sizeof(r.text), wire_get_str(&msg));
	r.left_count = wire_get_numbers(&msg, r.left, 4);
	assert_true(wire_end(&msg));
	return r;
}

/* For a group of tests. */
static inline int
open_traces(void **state)
{
	(void)state;
	log_init(STDERR_FILENO, LOGL_ERROR, false, "test");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	traces =
	    mmap(NULL, sizeof(*traces), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return traces != MAP_FAILED ? 0 : -1;
}

#endif
