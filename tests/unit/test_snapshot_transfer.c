/*
 * Snapshots between the agent's end and the real keeper, on a real folder and one loop: whatever
 * dies or fills up in between, what is loaded is one whole snapshot, and rows do not wait for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "src/keeper/keeper.c"

#include "agent/keeper_link.h"
#include "agent/persist.h"
#include "agent/snapshot_transfer.h"
#include "base/io.h"
#include "tests/unit/log_help.h"
#include "tests/unit/wire_help.h"

#define MIB (1024 * 1024)

/* Room of the sockets: as made, or what a kernel allows that allows little. */
static bool small_socket;

static char top[] = "/tmp/test_snapshot_transfer.XXXXXX";

/* A snapshot of some version: the number in its first eight bytes, then bytes that depend on it. */
struct content {
	uint64_t version, size, at;
	int restarts;
};

struct scene {
	struct loop *loop;
	struct role_ctx agent_ctx, keeper_ctx;
	int lifeline[2];
	int launchers_end;     /* of the keeper's wire: its death does not close it */
	struct keeper *keeper; /* NULL: it died */
	struct keeper_link *link;
	struct persist *persist;
	struct snapshot_transfer *transfer;
	struct now now;
	struct content given, taken;
	int saved, failed, loaded, rows_loaded;
	uint64_t saved_bytes, confirmed;
	bool whole;
	size_t take_max; /* the sink takes no more than that */
	char why[256];
};

static uint8_t
byte_at(uint64_t version, uint64_t at)
{
	if (at < 8)
		return (uint8_t)(version >> (8 * at));
	return (uint8_t)((at * 2654435761u + version * 40503u) >> 7);
}

static size_t
give(void *arg, uint8_t *out, size_t cap)
{
	struct content *c = arg;
	size_t len = c->size - c->at < cap ? c->size - c->at : cap;

	assert_true(cap > 0);
	if (len > 10000 && c->at % 3 == 0) /* pieces need not be full */
		len = 10000;
	for (size_t i = 0; i < len; i++)
		out[i] = byte_at(c->version, c->at + i);
	c->at += len;
	return len;
}

static void
give_again(void *arg)
{
	struct content *c = arg;

	c->at = 0;
	c->restarts++;
}

static bool
take(void *arg, const uint8_t *bytes, size_t len)
{
	struct scene *s = arg;
	struct content *c = &s->taken;

	for (size_t i = 0; i < len; i++, c->at++) {
		if (c->at < 8)
			c->version |= (uint64_t)bytes[i] << (8 * c->at);
		else
			assert_int_equal(bytes[i], byte_at(c->version, c->at));
	}
	return c->at <= s->take_max;
}

static void
take_again(void *arg)
{
	struct scene *s = arg;

	s->taken.at = s->taken.version = 0;
	s->taken.restarts++;
}

static void
note_loaded(void *arg, bool whole, const char *why)
{
	struct scene *s = arg;

	s->loaded++;
	s->whole = whole;
	assert_int_equal(whole, *why == '\0');
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static void
note_saved(void *arg, uint64_t bytes)
{
	struct scene *s = arg;

	s->saved++;
	s->saved_bytes = bytes;
	assert_true(snapshot_transfer_idle(s->transfer));
}

static void
note_failed(void *arg, const char *why)
{
	struct scene *s = arg;

	s->failed++;
	snprintf(s->why, sizeof(s->why), "%s", why);
	assert_true(snapshot_transfer_idle(s->transfer));
}

static void
ignore_row(void *arg, enum kept_kind kind, const char *key, const char *blob, size_t len)
{
	(void)arg, (void)kind, (void)key, (void)blob, (void)len;
}

static void
note_rows(void *arg)
{
	((struct scene *)arg)->rows_loaded++;
}

static void
note_confirmed(void *arg, uint64_t txn)
{
	((struct scene *)arg)->confirmed = txn;
}

static void
fail_rows(void *arg, const char *why)
{
	(void)arg;
	fail_msg("rows are not kept: %s", why);
}

static void
ignore(void *arg)
{
	(void)arg;
}

static void
shrink(int fd)
{
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){90000}, sizeof(int)), 0);
}

static void
start_keeper(struct scene *s)
{
	struct keeper *k = mem_zalloc(1, sizeof(*k));

	s->keeper = k;
	k->ctx = &s->keeper_ctx;
	k->loop = s->loop;
	open_services(k);
	wire_anew_to(&k->agent, WIRE_AGENT_TO_KEEPER, &s->agent_ctx, ROLE_KEEPER);
	io_close(&s->launchers_end);
	s->launchers_end = dup(k->agent.fd);
	if (small_socket) {
		shrink(k->agent.fd);
		shrink(s->agent_ctx.peer_fd[ROLE_KEEPER]);
	}
	if (s->link != NULL)
		keeper_link_take_wire(s->link);
	watch_agent(k);
}

/* As a crash: what it did last stays as it is. */
static void
kill_keeper(struct scene *s)
{
	struct keeper *k = s->keeper;

	loop_io_stop(k->loop, &k->agent_io);
	link_done(&k->agent);
	io_close(&k->snapshot.file.writing);
	snapshot_done(&k->snapshot);
	rows_done(&k->rows);
	mem_free(k);
	s->keeper = NULL;
}

static void
start_agent(struct scene *s)
{
	static const struct persist_events rows = {
	    ignore_row, note_rows, note_confirmed, fail_rows, ignore};
	static const struct snapshot_transfer_events events = {note_saved, note_failed};

	s->link = keeper_link_new(s->loop, &s->agent_ctx);
	s->persist = persist_new(s->link, &rows, s);
	s->transfer = snapshot_transfer_new(s->link, &events, s);
}

static struct scene *
begin_in(const char *dir)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	assert_int_equal(chdir(top), 0);
	if (mkdir(dir, 0700) != 0)
		assert_int_equal(errno, EEXIST);
	assert_int_equal(chdir(dir), 0);
	assert_true(wire_pair(s->lifeline));
	s->loop = loop_new();
	s->take_max = SIZE_MAX;
	s->launchers_end = -1;
	s->keeper_ctx = (struct role_ctx){.role = ROLE_KEEPER,
	    .lifeline_fd = s->lifeline[0],
	    .data_dir_fd = open(".", O_RDONLY | O_DIRECTORY)};
	s->agent_ctx = (struct role_ctx){
	    .role = ROLE_AGENT, .peer_fd = {-1, -1, -1}, .lifeline_fd = s->lifeline[0]};
	start_agent(s);
	start_keeper(s);
	return s;
}

static int
begin_scene(void **fixture)
{
	static int count;
	char dir[16];

	snprintf(dir, sizeof(dir), "data%d", count++);
	*fixture = begin_in(dir);
	return 0;
}

static void
free_scene(struct scene *s)
{
	static const char *const files[] = {
	    "state.db", "state.db-wal", "snapshot.bin", "snapshot.bin.new"};
	char accused;

	assert_int_equal(recv(s->lifeline[1], &accused, 1, MSG_DONTWAIT), -1);
	if (s->keeper != NULL)
		kill_keeper(s);
	keeper_link_free(s->link);
	snapshot_transfer_free(s->transfer);
	persist_free(s->persist);
	loop_free(s->loop);
	close(s->lifeline[0]);
	close(s->lifeline[1]);
	io_close(&s->launchers_end);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(s->keeper_ctx.data_dir_fd, files[i], 0);
	close(s->keeper_ctx.data_dir_fd);
	mem_free(s);
}

static int
end_scene(void **fixture)
{
	free_scene(*fixture);
	return 0;
}

static void
turn(struct scene *s)
{
	ev_run((struct ev_loop *)s->loop, EVRUN_NOWAIT);
}

static void
settle(struct scene *s)
{
	for (int i = 0; i < 2000; i++)
		turn(s);
}

static bool
save(struct scene *s, uint64_t version, uint64_t size, bool announced)
{
	struct snapshot_source source = {
	    .next = give, .restart = give_again, .arg = &s->given, .bytes = announced ? size : 0};

	s->given = (struct content){.version = version, .size = size};
	return snapshot_transfer_save(s->transfer, &source, &s->now);
}

static bool
load(struct scene *s)
{
	struct snapshot_sink sink = {
	    .take = take, .restart = take_again, .done = note_loaded, .arg = s};

	s->taken = (struct content){0};
	s->whole = false;
	return snapshot_transfer_load(s->transfer, &sink);
}

/* What is on the disk now. */
static void
expect_loaded(struct scene *s, uint64_t version, uint64_t size)
{
	int before = s->loaded;

	assert_true(load(s));
	settle(s);
	assert_int_equal(s->loaded, before + 1);
	assert_true(s->whole);
	assert_int_equal(s->taken.at, size);
	assert_int_equal(s->taken.version, version);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
}

static void
put_row(struct scene *s, const char *key, uint64_t *txn)
{
	persist_put(s->persist, KEPT_ALERT, key, mem_strdup("{\"state\":\"firing\"}"));
	*txn = persist_commit(s->persist, &s->now);
}

static void
nothing_saved_is_nothing_loaded(void **fixture)
{
	struct scene *s = *fixture;

	expect_loaded(s, 0, 0);
	assert_int_equal(s->taken.restarts, 0);
}

static void
what_is_saved_is_loaded(void **fixture)
{
	struct scene *s = *fixture;
	struct content given;

	assert_true(save(s, 7, 8 * MIB + 123, true));
	given = s->given;
	assert_false(save(s, 8, 100, true)); /* one at a time */
	s->given = given;
	assert_false(load(s));
	assert_false(snapshot_transfer_idle(s->transfer));
	settle(s);
	assert_int_equal(s->saved, 1);
	assert_int_equal(s->saved_bytes, 8 * MIB + 123);
	expect_loaded(s, 7, 8 * MIB + 123);
	assert_true(save(s, 9, 20, false)); /* a smaller one takes its place */
	settle(s);
	expect_loaded(s, 9, 20);
}

/* The socket takes a part at once; the source is asked for the rest only as that is read. */
static void
a_source_is_pulled_no_faster_than_the_keeper_reads(void **fixture)
{
	struct scene *s = *fixture;

	settle(s);
	kill_keeper(s);
	assert_true(save(s, 1, 8 * MIB, true));
	settle(s);
	assert_true(s->given.at > 0 && s->given.at < 4 * MIB);
	start_keeper(s);
	settle(s);
	assert_int_equal(s->given.restarts, 1);
	assert_int_equal(s->saved, 1);
	expect_loaded(s, 1, 8 * MIB);
}

static void
rows_do_not_wait_for_a_snapshot(void **fixture)
{
	struct scene *s = *fixture;
	uint64_t txn, late = 0;
	char key[16];
	int turns = 0;

	settle(s);
	assert_int_equal(s->rows_loaded, 1);
	assert_true(save(s, 3, 8 * MIB, true));
	while (s->saved == 0) {
		snprintf(key, sizeof(key), "row%d", turns++);
		put_row(s, key, &txn);
		turn(s);
		if (s->saved == 0 && s->given.at < 4 * MIB)
			late = txn;
		if (s->given.at > 6 * MIB && s->saved == 0)
			assert_true(s->confirmed >= late); /* put while half was still to come */
		assert_true(turns < 2000);
	}
	assert_true(late >= 5 && s->confirmed >= 10);
	expect_loaded(s, 3, 8 * MIB);
}

static void
rows_do_not_wait_for_the_load_of_a_snapshot(void **fixture)
{
	struct scene *s = *fixture;
	uint64_t txn = 0;

	assert_true(save(s, 3, 8 * MIB, true));
	settle(s);
	assert_true(load(s));
	turn(s);
	assert_in_range(s->taken.at, 0, 6 * MIB);
	put_row(s, "row", &txn);
	while (s->confirmed < txn)
		turn(s);
	assert_int_equal(s->loaded, 0);
	settle(s);
	assert_true(s->whole);
	assert_int_equal(s->taken.at, 8 * MIB);
}

static void
a_keeper_that_dies_amid_a_save_costs_nothing(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 1, 1000, true));
	settle(s);
	assert_true(save(s, 2, 8 * MIB, true));
	while (s->given.at < 4 * MIB)
		turn(s);
	kill_keeper(s);
	assert_int_equal(access("snapshot.bin.new", F_OK), 0);
	start_keeper(s);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1); /* its room is given back */
	settle(s);
	assert_int_equal(s->given.restarts, 1);
	assert_int_equal(s->saved, 2);
	expect_loaded(s, 2, 8 * MIB);
}

/* The bytes may be what kills them. */
static void
keepers_that_die_again_and_again_end_the_save(void **fixture)
{
	struct scene *s = *fixture;
	int deaths = 0;

	assert_true(save(s, 1, 8 * MIB, true));
	while (s->failed == 0 && deaths < 20) {
		for (int i = 0; i < 5; i++)
			turn(s);
		kill_keeper(s);
		start_keeper(s);
		deaths++;
		turn(s);
	}
	assert_in_range(deaths, 3, 6);
	assert_string_equal(s->why, "the keeper died in the middle");
	assert_true(save(s, 2, 1000, true));
	settle(s);
	expect_loaded(s, 2, 1000);
}

static void
a_load_goes_on_with_another_keeper(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 5, 8 * MIB, true));
	settle(s);
	assert_true(load(s));
	while (s->taken.at < MIB)
		turn(s);
	kill_keeper(s);
	start_keeper(s);
	settle(s);
	assert_int_equal(s->loaded, 1);
	assert_int_equal(s->taken.restarts, 1);
	assert_true(s->whole);
	assert_int_equal(s->taken.at, 8 * MIB);
	assert_int_equal(s->taken.version, 5);
}

static void
a_load_given_up_does_not_stop_the_next(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 5, 8 * MIB, true));
	settle(s);
	s->take_max = MIB;
	assert_true(load(s));
	settle(s);
	assert_false(s->whole);
	assert_int_equal(s->loaded, 1);
	assert_in_range(s->taken.at, MIB, MIB + WIRE_PIECE_MAX);
	s->take_max = SIZE_MAX;
	assert_true(load(s));
	turn(s);
	snapshot_transfer_stop_load(s->transfer);
	assert_int_equal(s->loaded, 2);
	assert_string_equal(s->why, "it took too long");
	assert_false(load(s)); /* the rest of this one is still on its way */
	assert_true(save(s, 6, 100, true));
	settle(s);
	assert_int_equal(s->loaded, 2);
	expect_loaded(s, 6, 100);
}

static void
a_snapshot_that_is_too_large_is_refused(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 1, 1000, true));
	settle(s);
	assert_true(save(s, 2, SNAPSHOT_BYTES_MAX + 1, true));
	settle(s);
	assert_int_equal(s->failed, 1);
	assert_string_equal(s->why, "larger than 32 MiB");
	assert_true(s->given.at < 4 * MIB); /* it is not sent to the end */
	assert_true(save(s, 2, SNAPSHOT_BYTES_MAX + 1, false));
	settle(s);
	assert_int_equal(s->failed, 2);
	assert_string_equal(s->why, "larger than 32 MiB");
	expect_loaded(s, 1, 1000);
}

static void
saves_at_a_high_rate_are_refused(void **fixture)
{
	struct scene *s = *fixture;

	for (int i = 1; i <= SNAPSHOT_BURST; i++) {
		assert_true(save(s, (uint64_t)i, 1000, true));
		settle(s);
		assert_int_equal(s->saved, i);
	}
	assert_true(save(s, 9, 1000, true));
	settle(s);
	assert_int_equal(s->failed, 1);
	assert_string_equal(s->why, "too often");
	expect_loaded(s, SNAPSHOT_BURST, 1000);
}

static void
without_a_keeper_a_save_fails_in_time(void **fixture)
{
	struct scene *s = *fixture;

	kill_keeper(s);
	assert_true(save(s, 1, 1000, true));
	s->now.boot_ns += 59 * NS_PER_SEC;
	snapshot_transfer_tick(s->transfer, &s->now);
	assert_int_equal(s->failed, 0);
	s->now.boot_ns += NS_PER_SEC;
	snapshot_transfer_tick(s->transfer, &s->now);
	assert_int_equal(s->failed, 1);
	assert_true(save(s, 2, 2000, true));
	start_keeper(s);
	settle(s);
	expect_loaded(s, 2, 2000);
}

static void
a_write_that_fails_leaves_the_older_one(void **fixture)
{
	struct scene *s = *fixture;
	struct rlimit before, small;
	uint64_t txn = 0;

	assert_true(save(s, 1, 1000, true));
	settle(s);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 2 * MIB; /* more than state.db has */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(save(s, 2, 8 * MIB, true));
	put_row(s, "row", &txn);
	settle(s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(s->failed, 1);
	assert_non_null(strstr(s->why, strerror(EFBIG)));
	assert_int_equal(s->confirmed, txn);
	expect_loaded(s, 1, 1000);
}

/* What is left on the disk is for the rows. */
static void
a_disk_that_is_nearly_full_takes_rows_only(void **fixture)
{
	struct scene *s;
	uint64_t txn = 0;
	int fd;

	(void)fixture;
	assert_int_equal(chdir(top), 0);
	assert_int_equal(mkdir("small", 0700), 0);
	if (mount("none", "small", "tmpfs", MS_NOSUID | MS_NODEV, "size=40m") != 0) {
		print_message("skip: no small file system: %s\n", strerror(errno));
		assert_int_equal(rmdir("small"), 0);
		return;
	}
	s = begin_in("small");
	settle(s);
	assert_true(save(s, 1, 8 * MIB, true));
	settle(s);
	assert_int_equal(s->saved, 1);
	fd = open("filler", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(posix_fallocate(fd, 0, 10 * MIB), 0);
	assert_true(save(s, 2, 8 * MIB, true)); /* some 20 MiB are free: 8 would fit */
	put_row(s, "row", &txn);
	settle(s);
	assert_int_equal(s->failed, 1);
	assert_string_equal(s->why, "not enough room on the disk of data_dir");
	assert_int_equal(s->confirmed, txn);
	assert_true(save(s, 3, 8 * MIB, false)); /* not announced: noticed on the way */
	settle(s);
	assert_int_equal(s->failed, 2);
	assert_string_equal(s->why, "not enough room on the disk of data_dir");
	expect_loaded(s, 1, 8 * MIB);
	close(fd);
	free_scene(s);
	assert_int_equal(chdir(top), 0);
	assert_int_equal(umount("small"), 0);
	assert_int_equal(rmdir("small"), 0);
}

/* Keepers die at any moment: what is on the disk is the last one saved or a newer one, whole. */
static void
what_is_loaded_is_whole_whatever_happens(void **fixture)
{
	struct scene *s = *fixture;
	unsigned seed = (unsigned)clock_seed();
	uint64_t version = 0, kept = 0, size = 0;
	int saved = 0;

	print_message("seed: %u\n", seed);
	for (int round = 0; round < 60; round++) {
		if (snapshot_transfer_idle(s->transfer)) {
			size = 8 + (uint64_t)rand_r(&seed) % MIB;
			if (save(s, version + 1, size, rand_r(&seed) % 2 == 0))
				version++;
		}
		for (int turns = rand_r(&seed) % 12; turns > 0; turns--)
			turn(s);
		if (s->saved > saved) {
			saved = s->saved;
			kept = version;
		}
		if (rand_r(&seed) % 3 == 0 || s->keeper->rows.state == NULL) {
			kill_keeper(s);
			start_keeper(s);
		}
		if (rand_r(&seed) % 4 == 0 && load(s)) {
			for (int turns = rand_r(&seed) % 12; turns > 0; turns--)
				turn(s);
			kill_keeper(s);
			start_keeper(s);
			settle(s);
			assert_true(s->whole);
			assert_in_range(s->taken.version, kept, version);
		}
	}
	assert_true(saved > 5);
}

int
main(void)
{
	int failed;
#define IN_SCENE(f) cmocka_unit_test_setup_teardown(f, begin_scene, end_scene)
	const struct CMUnitTest tests[] = {
	    IN_SCENE(nothing_saved_is_nothing_loaded),
	    IN_SCENE(what_is_saved_is_loaded),
	    IN_SCENE(a_source_is_pulled_no_faster_than_the_keeper_reads),
	    IN_SCENE(rows_do_not_wait_for_a_snapshot),
	    IN_SCENE(rows_do_not_wait_for_the_load_of_a_snapshot),
	    IN_SCENE(a_keeper_that_dies_amid_a_save_costs_nothing),
	    IN_SCENE(keepers_that_die_again_and_again_end_the_save),
	    IN_SCENE(a_load_goes_on_with_another_keeper),
	    IN_SCENE(a_load_given_up_does_not_stop_the_next),
	    IN_SCENE(a_snapshot_that_is_too_large_is_refused),
	    IN_SCENE(saves_at_a_high_rate_are_refused),
	    IN_SCENE(without_a_keeper_a_save_fails_in_time),
	    IN_SCENE(a_write_that_fails_leaves_the_older_one),
	    cmocka_unit_test(a_disk_that_is_nearly_full_takes_rows_only),
	    IN_SCENE(what_is_loaded_is_whole_whatever_happens),
	};

	if (mkdtemp(top) == NULL)
		return 1;
	set_log_level(LOGL_ERROR + 1);
	failed = cmocka_run_group_tests_name("snapshot_transfer", tests, NULL, NULL);
	small_socket = true;
	return failed + cmocka_run_group_tests_name("small socket", tests, NULL, NULL);
}
