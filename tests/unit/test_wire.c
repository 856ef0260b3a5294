#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/priv/wire.c"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/kept_kind.h"

static struct wire_msg out, in;
static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	return wire_pair(ends) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return 0;
}

static void
a_job_arrives_as_it_was_sent(void **state)
{
	static const char body[] = "{\"text\":\"disk \0 full\"}";
	const uint8_t *bytes;
	size_t len;

	(void)state;
	wire_begin(&out, WIRE_JOB);
	wire_put_u8(&out, 255);
	wire_put_u32(&out, 49);
	wire_put_u64(&out, UINT64_MAX - 1);
	wire_put_u32(&out, 3);
	wire_put_u32(&out, 10000);
	wire_put_str(&out, "application/json");
	wire_put_str(&out, "");
	wire_put_bytes(&out, body, sizeof(body));
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK);

	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_COURIER), WIRE_OK);
	assert_int_equal(wire_id(&in), WIRE_JOB);
	assert_int_equal(wire_get_u8(&in), 255);
	assert_int_equal(wire_get_u32(&in), 49);
	assert_true(wire_get_u64(&in) == UINT64_MAX - 1);
	assert_int_equal(wire_get_u32(&in), 3);
	assert_int_equal(wire_get_u32(&in), 10000);
	assert_string_equal(wire_get_str(&in), "application/json");
	assert_string_equal(wire_get_str(&in), "");
	bytes = wire_get_bytes(&in, &len);
	assert_int_equal(len, sizeof(body));
	assert_memory_equal(bytes, body, len);
	assert_true(wire_end(&in));
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_COURIER), WIRE_AGAIN);
}

/* Any sequence of fields comes back the same; one read too many, or too few, is an error. */
static void
any_fields_survive_the_trip(void **state)
{
	enum { FIELDS = 12, BLOB = 300 };
	unsigned seed = (unsigned)clock_seed();
	unsigned char blob[BLOB];

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		unsigned kinds[FIELDS], lens[FIELDS], start = seed;
		int n = (int)(rand_r(&seed) % FIELDS);

		memset(blob, 'a' + round % 26, sizeof(blob));
		blob[BLOB - 1] = '\0';
		wire_begin(&out, WIRE_ROW);
		for (int i = 0; i < n; i++) {
			kinds[i] = (unsigned)rand_r(&seed) % 5;
			lens[i] = (unsigned)rand_r(&seed) % BLOB;
			switch (kinds[i]) {
			case 0:
				wire_put_u8(&out, (uint8_t)lens[i]);
				break;
			case 1:
				wire_put_u32(&out, lens[i] * 7919u);
				break;
			case 2:
				wire_put_u64(&out, lens[i] * 0x100000001ULL);
				break;
			case 3:
				wire_put_str(&out, (const char *)blob + BLOB - 1 - lens[i]);
				break;
			default:
				wire_put_bytes(&out, blob, lens[i]);
			}
		}
		memcpy(&in, &out, offsetof(struct wire_msg, data) + out.len);
		if (!wire_check(&in, WIRE_KEEPER_TO_AGENT))
			fail_msg("round of seed %u refused", start);
		for (int i = 0; i < n; i++) {
			size_t len = 0;

			assert_false(wire_end(&in));
			switch (kinds[i]) {
			case 0:
				assert_int_equal(wire_get_u8(&in), (uint8_t)lens[i]);
				break;
			case 1:
				assert_int_equal(wire_get_u32(&in), lens[i] * 7919u);
				break;
			case 2:
				assert_true(wire_get_u64(&in) == lens[i] * 0x100000001ULL);
				break;
			case 3:
				assert_int_equal(strlen(wire_get_str(&in)), lens[i]);
				break;
			default:
				assert_memory_equal(wire_get_bytes(&in, &len), blob, lens[i]);
				assert_int_equal(len, lens[i]);
			}
		}
		assert_true(wire_end(&in));
		assert_int_equal(wire_get_u8(&in), 0);
		assert_false(wire_end(&in));
	}
}

static void
every_cut_of_a_message_is_noticed(void **state)
{
	size_t whole, len;

	(void)state;
	wire_begin(&out, WIRE_PUT);
	wire_put_u8(&out, KEPT_NOTICE);
	wire_put_str(&out, "key");
	wire_put_bytes(&out, "blob", 4);
	whole = out.len;
	for (size_t cut = 0; cut <= whole + 1; cut++) {
		memcpy(&in, &out, offsetof(struct wire_msg, data) + whole + 1);
		in.len = cut;
		assert_int_equal(wire_check(&in, WIRE_AGENT_TO_KEEPER), cut > 0);
		(void)wire_get_u8(&in);
		(void)wire_get_str(&in);
		(void)wire_get_bytes(&in, &len);
		assert_int_equal(wire_end(&in), cut == whole);
	}
}

static void
text_with_a_nul_inside_or_none_at_its_end_is_refused(void **state)
{
	static const uint8_t packets[][8] = {
	    {WIRE_DEL, 1, 3, 0, 'a', 0, 'b', 0},
	    {WIRE_DEL, 1, 3, 0, 'a', 'b', 'c', 'd'},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		memcpy(in.data, packets[i], 8);
		in.len = 8;
		assert_true(wire_check(&in, WIRE_AGENT_TO_KEEPER));
		assert_int_equal(wire_get_u8(&in), 1);
		assert_string_equal(wire_get_str(&in), "");
		assert_false(wire_end(&in));
		assert_int_equal(wire_id(&in), WIRE_NOTHING);
	}
}

static void
a_message_goes_in_its_direction_only(void **state)
{
	static const enum wire_dir dirs[] = {WIRE_AGENT_TO_KEEPER, WIRE_KEEPER_TO_AGENT,
	    WIRE_AGENT_TO_COURIER, WIRE_COURIER_TO_AGENT};

	(void)state;
	for (int id = 0; id < 256; id++) {
		int ways = 0;

		for (size_t d = 0; d < 4; d++) {
			in.data[0] = (uint8_t)id;
			in.len = 1;
			ways += wire_check(&in, dirs[d]);
		}
		assert_int_equal(ways, id == 0 || id >= WIRE_IDS ? 0 : 1);
	}
	wire_begin(&out, WIRE_JOB);
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK);
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_KEEPER), WIRE_VIOLATION);
}

static void
what_does_not_fit_is_not_sent(void **state)
{
	static char big[WIRE_PACKET_MAX];

	(void)state;
	wire_begin(&out, WIRE_JOB);
	wire_put_bytes(&out, big, sizeof(big));
	wire_put_u8(&out, 1);
	assert_int_equal(wire_send(ends[0], &out), WIRE_VIOLATION);
	wire_begin(&out, WIRE_DEL); /* its row allows less than a packet */
	wire_put_bytes(&out, big, 2000);
	assert_int_equal(wire_send(ends[0], &out), WIRE_VIOLATION);
	wire_begin(&out, WIRE_JOB); /* the largest that fits does */
	wire_put_bytes(&out, big, WIRE_PACKET_MAX - 5);
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK);
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_COURIER), WIRE_OK);
	assert_int_equal(in.len, WIRE_PACKET_MAX);
	memset(big, 'x', sizeof(big) - 1); /* a text's length has two bytes */
	wire_begin(&out, WIRE_JOB);
	wire_put_str(&out, big);
	assert_int_equal(wire_send(ends[0], &out), WIRE_VIOLATION);
}

static void
bytes_made_in_place_are_bytes(void **state)
{
	size_t len;
	uint8_t *room;

	(void)state;
	wire_begin(&out, WIRE_SNAP_DATA);
	room = wire_put_bytes_begin(&out, WIRE_PIECE_MAX);
	assert_non_null(room);
	memset(room, 'p', 1000);
	wire_put_bytes_end(&out, 1000);
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK);
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_KEEPER), WIRE_OK);
	assert_memory_equal(wire_get_bytes(&in, &len), room, 1000);
	assert_int_equal(len, 1000);
	assert_true(wire_end(&in));
	wire_begin(&out, WIRE_SNAP_DATA); /* its row allows one byte less */
	assert_null(wire_put_bytes_begin(&out, WIRE_PIECE_MAX + 1));
	assert_int_equal(wire_send(ends[0], &out), WIRE_VIOLATION);
}

static void
packets_that_break_the_table_are_violations(void **state)
{
	static uint8_t big[WIRE_PACKET_MAX + 1] = {WIRE_JOB};
	static const struct {
		uint8_t id;
		size_t len;
	} cases[] = {{WIRE_JOB, sizeof(big)}, {WIRE_RECEIPT, 10}, {200, 1}, {0, 5}, {WIRE_JOB, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		big[0] = cases[i].id;
		assert_int_equal(send(ends[0], big, cases[i].len, 0), cases[i].len);
		assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_COURIER), WIRE_VIOLATION);
		assert_int_equal(wire_id(&in), WIRE_NOTHING);
		assert_false(wire_end(&in));
	}
	wire_begin(&out, WIRE_JOB);
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK); /* the socket still works */
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_COURIER), WIRE_OK);
}

static unsigned
count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
descriptors_are_not_taken(void **state)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	uint8_t packet[] = {WIRE_LOAD};
	struct iovec iov = {packet, 1};
	struct msghdr hdr = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
	unsigned before = count_fds();
	int fd = 0;

	(void)state;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	assert_int_equal(sendmsg(ends[0], &hdr, 0), 1);
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_KEEPER), WIRE_VIOLATION);
	assert_int_equal(count_fds(), before);
}

static void
a_peer_that_does_not_read_blocks_nobody(void **state)
{
	static char big[WIRE_PACKET_MAX];
	int sent = 0, received = 0;
	enum wire_io io;

	(void)state;
	wire_begin(&out, WIRE_JOB);
	wire_put_bytes(&out, big, WIRE_PACKET_MAX - 5);
	while ((io = wire_send(ends[0], &out)) == WIRE_OK && sent < 10000)
		sent++;
	assert_int_equal(io, WIRE_AGAIN);
	assert_true(sent >= 2);
	while (wire_recv(ends[1], &in, WIRE_AGENT_TO_COURIER) == WIRE_OK)
		received++;
	assert_int_equal(received, sent);
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK);
}

static void
a_peer_that_is_gone_is_reported(void **state)
{
	(void)state;
	wire_begin(&out, WIRE_LOAD);
	assert_int_equal(wire_send(ends[0], &out), WIRE_OK);
	close(ends[0]);
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_KEEPER), WIRE_OK); /* said before */
	assert_int_equal(wire_recv(ends[1], &in, WIRE_AGENT_TO_KEEPER), WIRE_GONE);
	assert_int_equal(wire_send(ends[1], &out), WIRE_GONE);
	ends[0] = -1;
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(a_job_arrives_as_it_was_sent),
	    ROW(any_fields_survive_the_trip),
	    ROW(every_cut_of_a_message_is_noticed),
	    ROW(text_with_a_nul_inside_or_none_at_its_end_is_refused),
	    ROW(a_message_goes_in_its_direction_only),
	    ROW(what_does_not_fit_is_not_sent),
	    ROW(bytes_made_in_place_are_bytes),
	    ROW(packets_that_break_the_table_are_violations),
	    ROW(descriptors_are_not_taken),
	    ROW(a_peer_that_does_not_read_blocks_nobody),
	    ROW(a_peer_that_is_gone_is_reported),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
