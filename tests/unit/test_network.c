/*
 * network: interfaces that come, go and return as others, bounds, and the link.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/network.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

static const char head[] = "Inter-|   Receive     |  Transmit\n face |bytes packets|bytes\n";

struct line {
	const char *name;
	int n; /* every counter */
};

static void
write_dev(const struct fake *f, const struct line *lines, size_t count)
{
	char text[32768];
	int n = snprintf(text, sizeof(text), "%s", head);

	for (size_t i = 0; i < count; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "%6s: %d %d %d %d 0 0 0 0 %d %d %d %d 0 0 0 0\n", lines[i].name, lines[i].n,
		    lines[i].n, lines[i].n, lines[i].n, lines[i].n * 2, lines[i].n, lines[i].n,
		    lines[i].n);
	fake_write(f, "proc/net/dev", text);
}

#define WRITE(f, ...)                              \
	write_dev(f, (struct line[]){__VA_ARGS__}, \
	    sizeof((struct line[]){__VA_ARGS__}) / sizeof(struct line))

static void
test_rates(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.network_exclude_interfaces =
	    (struct strings){.items = (char *[]){(char[]){"lo"}, (char[]){"veth*"}}, .len = 2};
	fake_open(&f, &collector_network);
	WRITE(&f, {"lo", 100}, {"veth1a", 5}, {"eth0", 1000}, {"eth1", 50});
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	WRITE(&f, {"lo", 200}, {"veth1a", 9}, {"eth0", 2000}, {"eth1", 50});
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 16);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0"), 100);
	assert_near(fake_value(&f, METRIC_NET_TX_BYTES, "eth0"), 200);
	assert_near(fake_sample(&f, METRIC_NET_TX_BYTES, "eth0")->raw, 4000);
	assert_near(fake_value(&f, METRIC_NET_RX_DROPS, "eth0"), 100);
	assert_near(fake_value(&f, METRIC_NET_TX_ERRORS, "eth1"), 0);
	fake_done(&f);
}

static void
test_come_and_go(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	WRITE(&f, {"eth0", 100}, {"usb0", 100}, {"eth1", 100});
	fake_collect(&f, 10);
	WRITE(&f, {"eth0", 200}, {"eth1", 200});
	fake_collect(&f, 20);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "usb0"));
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth1"), 10);
	/* Plugged in again: its counters began anew, even if they are larger. */
	WRITE(&f, {"eth0", 300}, {"usb0", 5000}, {"eth1", 300});
	fake_collect(&f, 30);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "usb0"));
	WRITE(&f, {"usb0", 5100}, {"eth1", 400}, {"eth0", 400});
	fake_collect(&f, 40);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "usb0"), 10);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0"), 10);
	/* Reset without being away: no sample, then rates again. */
	WRITE(&f, {"usb0", 3}, {"eth1", 500}, {"eth0", 500});
	fake_collect(&f, 50);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "usb0"));
	WRITE(&f, {"usb0", 13}, {"eth1", 600}, {"eth0", 600});
	fake_collect(&f, 60);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "usb0"), 1);
	fake_done(&f);
}

static void
test_link(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	WRITE(&f, {"eth0", 1}, {"tun0", 1}, {"eth1", 1}, {"odd0", 1});
	fake_write(&f, "sys/class/net/eth0/operstate", "up\n");
	fake_write(&f, "sys/class/net/tun0/operstate", "unknown\n");
	fake_write(&f, "sys/class/net/eth1/operstate", "down\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "eth0"), 1);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "tun0"), 1);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "eth1"), 0);
	assert_false(fake_has(&f, METRIC_NET_LINK_UP, "odd0"));
	fake_done(&f);
}

static void
write_index(const struct fake *f, const char *name, const char *index)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/class/net/%s/ifindex", name);
	fake_write(f, path, index);
}

/* The folder goes with its device, as in sysfs, and with it what is open of it. */
static void
rename_device(const struct fake *f, const char *from, const char *to)
{
	char old[128], new[128];

	snprintf(old, sizeof(old), "%s/sys/class/net/%s", f->dir, from);
	snprintf(new, sizeof(new), "%s/sys/class/net/%s", f->dir, to);
	assert_int_equal(rename(old, new), 0);
}

/* Counters and link are those of the device that has the name now, and no rate is over both. */
static void
test_names_that_swap(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.host.live = true; /* descriptors are kept */
	fake_open(&f, &collector_network);
	write_index(&f, "lanA", "7\n");
	write_index(&f, "lanB", "8\n");
	fake_write(&f, "sys/class/net/lanA/operstate", "up\n");
	fake_write(&f, "sys/class/net/lanB/operstate", "down\n");
	WRITE(&f, {"lanA", 5000}, {"lanB", 10});
	fake_collect(&f, 10);
	WRITE(&f, {"lanA", 5100}, {"lanB", 10});
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "lanA"), 10);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "lanA"), 1);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "lanB"), 0);
	rename_device(&f, "lanA", "tmp");
	rename_device(&f, "lanB", "lanA");
	rename_device(&f, "tmp", "lanB");
	WRITE(&f, {"lanA", 10}, {"lanB", 5200});
	fake_collect(&f, 30);
	assert_int_equal(f.batch.len, 2);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "lanA"), 0);
	assert_near(fake_value(&f, METRIC_NET_LINK_UP, "lanB"), 1);
	WRITE(&f, {"lanA", 20}, {"lanB", 5300});
	fake_collect(&f, 40);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "lanA"), 1);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "lanB"), 10);
	fake_done(&f);
}

/* Unplugged and plugged in again between two cycles. */
static void
test_another_device_of_that_name(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	write_index(&f, "usb0", "3\n");
	WRITE(&f, {"usb0", 100}, {"eth0", 100});
	fake_collect(&f, 10);
	write_index(&f, "usb0", "4\n");
	WRITE(&f, {"usb0", 5000}, {"eth0", 200});
	fake_collect(&f, 20);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "usb0"));
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0"), 10);
	WRITE(&f, {"usb0", 5100}, {"eth0", 300});
	fake_collect(&f, 30);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "usb0"), 10);
	/* No number: which device it is cannot be said. */
	write_index(&f, "usb0", "x\n");
	WRITE(&f, {"usb0", 5200}, {"eth0", 400});
	fake_collect(&f, 40);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "usb0"));
	fake_done(&f);
}

/* Containers make and drop interfaces all day: places are found again, and never run over. */
static void
test_bound(void **state)
{
	enum { MANY = 200 };
	static char names[3 * MANY][16];
	static struct line lines[MANY];
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	log = catch_log(LOGL_WARN);
	for (int i = 0; i < 3 * MANY; i++)
		snprintf(names[i], sizeof(names[i]), "if%d", i);
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < MANY; i++)
			lines[i] = (struct line){names[i + (round >= 10 ? MANY : 0)], round};
		write_dev(&f, lines, MANY);
		fake_collect(&f, 10 * (round + 1));
	}
	/* The others took the places of those that are gone. */
	assert_true(fake_has(&f, METRIC_NET_RX_BYTES, "if200"));
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "if0"));
	assert_int_equal(count_logged(log, "network interfaces: further ones"), 1);
	release_log(log);
	fake_done(&f);
}

/* A host of containers: what is physical comes last in the file, and gets its place all the same.
 */
static void
test_physical_first(void **state)
{
	enum { MANY = 500 };
	static char names[MANY][16];
	static struct line lines[MANY + 4];
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	set_log_level(LOGL_ERROR);
	fake_write(&f, "sys/class/net/eth0/device/vendor", "");
	fake_write(&f, "sys/class/net/eth9/device/vendor", "");
	fake_write(&f, "sys/class/net/bond0/bonding/mode", "");
	fake_write(&f, "sys/class/net/vlan5/uevent", "DEVTYPE=vlan\nINTERFACE=vlan5\n");
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < MANY; i++) {
			snprintf(names[i], sizeof(names[i]), "cali%d", i);
			lines[i] = (struct line){names[i], round};
		}
		lines[MANY] = (struct line){"vlan5", round * 10};
		lines[MANY + 1] = (struct line){"bond0", round * 10};
		lines[MANY + 2] = (struct line){"eth0", round * 10};
		lines[MANY + 3] = (struct line){"eth9", round * 10};
		write_dev(&f, lines, MANY + (round < 6 ? 3 : 4));
		fake_collect(&f, 10 * (round + 1));
		if (round > 0)
			assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0"), 1);
	}
	for (size_t i = 0; i < NETWORK_COUNTERS; i++) {
		assert_true(fake_has(&f, metric_of[i], "eth0"));
		assert_true(fake_has(&f, metric_of[i], "eth9"));
		assert_true(fake_has(&f, metric_of[i], "bond0"));
		assert_true(fake_has(&f, metric_of[i], "vlan5"));
		assert_true(fake_has(&f, metric_of[i], "cali0"));
	}
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "cali499"));
	assert_int_equal(f.batch.len, INTERFACES_MAX * NETWORK_COUNTERS);
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

static void
test_the_same_name_twice(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	WRITE(&f, {"eth0", 100}, {"eth0", 900});
	fake_collect(&f, 10);
	WRITE(&f, {"eth0", 200}, {"eth0", 900});
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 8);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0"), 10);
	fake_done(&f);
}

/* Fills all places but one with interfaces that lead to containers; returns how many. */
static size_t
fill_but_one(struct line lines[INTERFACES_MAX + 2], char names[INTERFACES_MAX][16], int n)
{
	for (size_t i = 0; i < INTERFACES_MAX - 1; i++) {
		snprintf(names[i], sizeof(names[i]), "v%zu", i);
		lines[i] = (struct line){names[i], n};
	}
	return INTERFACES_MAX - 1;
}

/* The place of one that is away is kept for some cycles; then another may have it. */
static void
test_a_place_is_kept_for_a_while(void **state)
{
	static char names[INTERFACES_MAX][16];
	static struct line lines[INTERFACES_MAX + 2];
	struct fake f;
	size_t n = fill_but_one(lines, names, 1);

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	set_log_level(LOGL_ERROR);
	fake_write(&f, "sys/class/net/b/operstate", "up\n");
	fake_write(&f, "sys/class/net/new/operstate", "up\n");
	lines[n] = (struct line){"b", 1};
	lines[n + 1] = (struct line){"new", 1};
	write_dev(&f, lines, n + 2);
	fake_collect(&f, 10);
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "b"));
	assert_false(fake_has(&f, METRIC_NET_LINK_UP, "new"));
	lines[n] = (struct line){"new", 1};
	for (int away = 1; away <= FORGET_CYCLES + 1; away++) {
		write_dev(&f, lines, n + 1);
		fake_collect(&f, 10 + 10 * away);
		assert_false(fake_has(&f, METRIC_NET_LINK_UP, "new"));
	}
	fake_collect(&f, 200);
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "new"));
	assert_false(fake_has(&f, METRIC_NET_LINK_UP, "b"));
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

/* One that found no place is looked at again now and then: by then it may lead to the world. */
static void
test_the_refused_are_looked_at_again(void **state)
{
	static char names[INTERFACES_MAX][16];
	static struct line lines[INTERFACES_MAX + 2];
	struct fake f;
	size_t n = fill_but_one(lines, names, 1);

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	set_log_level(LOGL_ERROR);
	fake_write(&f, "sys/class/net/late/operstate", "up\n");
	lines[n] = (struct line){"w", 1};
	lines[n + 1] = (struct line){"late", 1};
	write_dev(&f, lines, n + 2);
	fake_collect(&f, 10);
	fake_write(&f, "sys/class/net/late/uevent", "DEVTYPE=team\n");
	for (int cycle = 2; cycle <= REFUSED_CYCLES; cycle++) {
		fake_collect(&f, 10 * cycle);
		assert_false(fake_has(&f, METRIC_NET_LINK_UP, "late"));
	}
	fake_collect(&f, 10 * (REFUSED_CYCLES + 1));
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "late"));
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

/* A device displaces a container's before a bond, and neither another device nor an equal. */
static void
test_who_makes_room(void **state)
{
	static struct line lines[INTERFACES_MAX + 1];
	static char names[INTERFACES_MAX][16];
	struct fake f;
	char path[64];

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_network);
	set_log_level(LOGL_ERROR);
	for (size_t i = 0; i < INTERFACES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "p%zu", i);
		lines[i] = (struct line){names[i], 1};
		snprintf(path, sizeof(path), "sys/class/net/p%zu/%s", i,
		    i == 3   ? "bonding"
		    : i == 0 ? "x"
		             : "device");
		fake_write(&f, path, "");
		snprintf(path, sizeof(path), "sys/class/net/p%zu/operstate", i);
		fake_write(&f, path, "up\n");
	}
	for (int late = 1; late <= 3; late++) {
		snprintf(path, sizeof(path), "sys/class/net/late%d/device", late);
		fake_write(&f, path, "");
		snprintf(path, sizeof(path), "sys/class/net/late%d/operstate", late);
		fake_write(&f, path, "up\n");
	}
	write_dev(&f, lines, INTERFACES_MAX);
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, INTERFACES_MAX);
	lines[INTERFACES_MAX] = (struct line){"late1", 1};
	write_dev(&f, lines, INTERFACES_MAX + 1);
	fake_collect(&f, 20);
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "late1"));
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "p3"));
	assert_false(fake_has(&f, METRIC_NET_LINK_UP, "p0"));
	lines[0] = (struct line){"late2", 1};
	write_dev(&f, lines, INTERFACES_MAX + 1);
	fake_collect(&f, 30);
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "late2"));
	assert_false(fake_has(&f, METRIC_NET_LINK_UP, "p3"));
	lines[3] = (struct line){"late3", 1};
	write_dev(&f, lines, INTERFACES_MAX + 1);
	fake_collect(&f, 40);
	assert_false(fake_has(&f, METRIC_NET_LINK_UP, "late3"));
	assert_true(fake_has(&f, METRIC_NET_LINK_UP, "p1"));
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_come_and_go),
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_names_that_swap),
	    cmocka_unit_test(test_another_device_of_that_name),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_physical_first),
	    cmocka_unit_test(test_the_same_name_twice),
	    cmocka_unit_test(test_a_place_is_kept_for_a_while),
	    cmocka_unit_test(test_the_refused_are_looked_at_again),
	    cmocka_unit_test(test_who_makes_room),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
