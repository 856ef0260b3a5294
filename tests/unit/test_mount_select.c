/*
 * mount_select: one mount a file system, the one that its path leads to, and who may hang.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "src/collect/mount_select.c"

#include "base/mem.h"
#include "tests/unit/random.h"

#define MAX 64

struct table {
	char text[8192];
	struct mountinfo m[MAX];
	size_t n, wanted;
};

static struct strings none;

static void
pick_with(struct table *t, const char *text, const struct strings *types,
    const struct strings *paths, size_t max)
{
	bool malformed;

	snprintf(t->text, sizeof(t->text), "%s", text);
	t->n = mountinfo_parse(t->text, strlen(t->text), t->m, MAX, &malformed);
	assert_false(malformed);
	t->wanted = mount_select(t->m, t->n, types, paths, max);
}

static void
pick(struct table *t, const char *text)
{
	pick_with(t, text, &none, &none, MAX);
}

/* "/a /b!": mount points picked, in the order of lines, those that may hang with a mark. */
static void
assert_picked(const struct table *t, const char *want)
{
	char got[1024] = "";

	for (size_t i = 0; i < t->n; i++) {
		size_t len = strlen(got);

		if (i > 0)
			assert_true(t->m[i].order > t->m[i - 1].order);
		if (t->m[i].picked)
			snprintf(got + len, sizeof(got) - len, "%s%s%s", len > 0 ? " " : "",
			    t->m[i].mountpoint, t->m[i].risky ? "!" : "");
	}
	assert_string_equal(got, want);
}

static void
test_one_a_file_system(void **state)
{
	struct table t;

	(void)state;
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 1 8:1 /srv/x /short rw - ext4 /dev/sda1 rw\n"
	         "3 1 8:2 /sub /a rw - xfs /dev/sda2 rw\n"
	         "4 1 8:2 / /very/long rw - xfs /dev/sda2 rw\n"
	         "5 1 8:3 /x /etc/hosts rw - ext4 /dev/sda3 rw\n"
	         "6 1 8:3 /y /etc/resolv.conf rw - ext4 /dev/sda3 rw\n"
	         "7 1 0:40 / /srv/a rw - btrfs /dev/sdb rw,subvol=/\n"
	         "8 1 0:41 /home /srv/home rw - btrfs /dev/sdb rw,subvol=/home\n"
	         "9 1 0:42 / /t1 rw - tmpfs tmpfs rw\n"
	         "10 1 0:43 / /t2 rw - tmpfs tmpfs rw\n");
	assert_picked(&t, "/ /very/long /etc/hosts /srv/a /t1 /t2");
}

static void
test_mounted_over(void **state)
{
	struct table t;

	(void)state;
	/* The same path twice, and a path whose way is covered by a later mount. */
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 1 8:2 / /data rw - ext4 /dev/sda2 rw\n"
	         "3 2 8:3 / /data rw - ext4 /dev/sda3 rw\n"
	         "4 1 8:4 / /mnt/usb rw - ext4 /dev/sda4 rw\n"
	         "5 4 8:5 / /mnt/usb/deep rw - ext4 /dev/sda5 rw\n"
	         "6 1 8:6 / /mnt rw - ext4 /dev/sda6 rw\n"
	         "7 6 8:7 / /mnt/new rw - ext4 /dev/sda7 rw\n"
	         "8 1 8:8 / /mntx rw - ext4 /dev/sda8 rw\n");
	assert_picked(&t, "/ /data /mnt /mnt/new /mntx");
	/* Slipped in beneath: later in the list, yet not on top. */
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 3 8:2 / /data rw - ext4 /dev/sda2 rw\n"
	         "3 1 8:3 / /data rw - ext4 /dev/sda3 rw\n");
	assert_string_equal(t.m[1].source, "/dev/sda2");
	assert_true(t.m[1].picked);
	assert_false(t.m[2].picked);
	/* The root of an initial ram disk is below the real one. */
	pick(&t, "1 1 0:2 / / rw - rootfs rootfs rw\n"
	         "2 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "3 2 8:2 / /home rw - ext4 /dev/sda2 rw\n");
	assert_picked(&t, "/ /home");
	/* None is the other's parent: the latest is seen. */
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 1 8:2 / /a rw - ext4 /dev/sda2 rw\n"
	         "3 1 8:3 / /a rw - ext4 /dev/sda3 rw\n"
	         "4 1 8:4 / /a rw - ext4 /dev/sda4 rw\n");
	assert_picked(&t, "/ /a");
	assert_true(t.m[3].picked);
}

/* A device of that name was replaced, and the old one is still mounted: two file systems. */
static void
test_the_same_source_twice(void **state)
{
	struct table t;

	(void)state;
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 1 8:16 / /old rw - ext4 /dev/sdb rw\n"
	         "3 1 8:32 / /new rw - ext4 /dev/sdb rw\n");
	assert_picked(&t, "/ /old /new");
}

static void
test_risky(void **state)
{
	struct table t;

	(void)state;
	/* A server's mount over a disk's, and the other way round: the one on top is on the way. */
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 1 8:2 / /a rw - ext4 /dev/sda2 rw\n"
	         "3 2 0:30 / /a rw - nfs4 srv:/a rw\n"
	         "4 3 8:3 / /a/x rw - ext4 /dev/sda3 rw\n"
	         "5 1 0:31 / /b rw - nfs4 srv:/b rw\n"
	         "6 5 8:4 / /b rw - ext4 /dev/sda4 rw\n"
	         "7 6 8:5 / /b/x rw - ext4 /dev/sda5 rw\n");
	assert_picked(&t, "/ /a! /a/x! /b /b/x");
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	         "2 1 0:5 / /proc rw - proc proc rw\n"
	         "3 1 0:30 / /nfs rw - nfs4 srv:/a rw\n"
	         "4 3 8:2 / /nfs/disk rw - ext4 /dev/sda2 rw\n"
	         "5 4 0:31 / /nfs/disk/t rw - tmpfs tmpfs rw\n"
	         "6 1 0:32 / /nfsx rw - tmpfs tmpfs rw\n"
	         "7 1 0:33 / /f rw - fuse.sshfs u@h:/ rw\n"
	         "8 1 0:34 / /auto rw - autofs systemd-1 rw\n"
	         "9 8 8:3 / /auto/usb rw - vfat /dev/sdc1 rw\n"
	         "10 1 0:35 / /new rw - somethingfs x rw\n");
	assert_picked(&t, "/ /proc /nfs! /nfs/disk! /nfs/disk/t! /nfsx /f! /auto/usb! /new!");
}

static void
test_excluded(void **state)
{
	char *types[] = {(char[]){"tmpfs"}, (char[]){"fuse.*"}, (char[]){"nfs*"}};
	char *paths[] = {(char[]){"/mnt/*"}};
	struct strings no_types = {types, 3}, no_paths = {paths, 1};
	struct table t;

	(void)state;
	pick_with(&t,
	    "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	    "2 1 0:5 / /t rw - tmpfs t rw\n"
	    "3 1 0:6 / /nfs rw - nfs4 srv:/a rw\n"
	    "4 3 8:2 / /nfs/disk rw - ext4 /dev/sda2 rw\n"
	    "5 1 8:3 / /mnt/a rw - ext4 /dev/sda3 rw\n"
	    "6 1 8:3 / /longer/than/that rw - ext4 /dev/sda3 rw\n",
	    &no_types, &no_paths, MAX);
	/* Not asked, an NFS mount is still in the way. */
	assert_picked(&t, "/ /nfs/disk! /longer/than/that");
}

static void
test_bound(void **state)
{
	struct table t;
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < 40; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%d 0 8:%d / /m%02d rw - ext4 /dev/x%d rw\n", i + 1, i, 99 - i, i);
	pick_with(&t, text, &none, &none, 10);
	assert_int_equal(t.wanted, 40);
	for (size_t i = 0; i < t.n; i++)
		assert_int_equal(t.m[i].picked, i < 10);
}

/* Of equals the whole file system, then the shorter path, then the older mount. */
static void
test_the_better_of_two(void **state)
{
	struct table t;

	(void)state;
	pick(&t, "1 0 8:1 / /long/path rw - ext4 /dev/a rw\n2 0 8:1 / /short rw - ext4 /dev/a rw\n"
	         "3 0 8:2 /sub /b rw - ext4 /dev/b rw\n4 0 8:2 /sub /a rw - ext4 /dev/b rw\n"
	         "5 0 8:3 / /d rw - ext4 /dev/c rw\n6 0 8:3 / /c rw - ext4 /dev/c rw\n");
	assert_picked(&t, "/short /b /d");
	/* Another major number, another minor one, another type: others. */
	pick(&t, "1 0 8:1 / /a rw - ext4 x rw\n2 0 9:1 / /b rw - ext4 x rw\n"
	         "3 0 8:2 / /c rw - ext4 x rw\n4 0 0:5 / /d rw - btrfs /dev/z rw\n"
	         "5 0 0:6 / /e rw - xfs /dev/z rw\n6 0 0:7 / /f rw - btrfs /dev/y rw\n");
	assert_picked(&t, "/a /b /c /d /e /f");
}

/* What is missed least goes first when there is no room: images, then what may hang, then disks. */
static void
test_who_stays(void **state)
{
	static const char text[] = "1 5 7:0 / /snap rw - squashfs /dev/loop0 ro\n"
	                           "2 5 0:9 / /mem rw - tmpfs tmpfs rw\n"
	                           "3 5 0:8 / /nfs rw - nfs4 srv:/a rw\n"
	                           "4 5 8:3 / /disk rw - ext4 /dev/c rw\n"
	                           "5 0 0:7 / / rw - overlay overlay rw\n"
	                           "6 5 7:1 / /snap2 rw - squashfs /dev/loop1 ro\n";
	static const char *const want[] = {"", "/", "/disk /", "/nfs! /disk /",
	    "/snap /nfs! /disk /", "/snap /mem /nfs! /disk /", "/snap /mem /nfs! /disk / /snap2"};
	struct table t;

	(void)state;
	for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++) {
		pick_with(&t, text, &none, &none, max);
		assert_int_equal(t.wanted, 6);
		/* With fewer places than there are, max is how many are picked. */
		assert_picked(&t, want[max]);
	}
	assert_int_equal(mount_select(t.m, 0, &none, &none, 5), 0);
}

/* The old form of the table has no numbers: who is whose parent is not known, names tell. */
static void
test_old_form(void **state)
{
	char text[] = "rootfs / rootfs rw 0 0\n/dev/a / ext4 rw 0 0\n/dev/b /data ext4 rw 0 0\n"
	              "/dev/b /again ext4 rw 0 0\n/dev/b /other xfs rw 0 0\n"
	              "tmpfs /t1 tmpfs rw 0 0\ntmpfs /t2 tmpfs rw 0 0\n";
	struct table t;
	bool malformed;

	(void)state;
	t.n = mountinfo_parse_mounts(text, strlen(text), t.m, MAX, &malformed);
	assert_int_equal(mount_select(t.m, t.n, &none, &none, MAX), 5);
	assert_picked(&t, "/ /data /other /t1 /t2");
	for (size_t i = 0; i < t.n; i++)
		if (t.m[i].picked && str_eq(t.m[i].mountpoint, "/"))
			assert_string_equal(t.m[i].source, "/dev/a");
}

/* Several on top of one another, children of what is covered, and children of those. */
static void
test_covered_deeply(void **state)
{
	struct table t;

	(void)state;
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / /d rw - ext4 /dev/b rw\n"
	         "3 2 8:3 / /d rw - ext4 /dev/c rw\n4 3 8:4 / /d rw - ext4 /dev/d rw\n"
	         "5 4 8:5 / /d/x rw - ext4 /dev/e rw\n");
	assert_picked(&t, "/ /d /d/x");
	for (size_t i = 0; i < t.n; i++)
		if (t.m[i].picked && str_eq(t.m[i].mountpoint, "/d"))
			assert_int_equal(t.m[i].id, 4);
	pick(&t, "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / /m/a rw - ext4 /dev/b rw\n"
	         "3 2 8:3 / /m/a/b rw - ext4 /dev/c rw\n4 3 8:4 / /m/a/b/c rw - ext4 /dev/d rw\n"
	         "5 1 8:5 / /m rw - ext4 /dev/e rw\n6 1 8:6 / /n rw - ext4 /dev/f rw\n");
	assert_picked(&t, "/ /m /n");
}

static bool
is_same(const struct mountinfo *a, const struct mountinfo *b)
{
	return is_same_device(a, b) || is_same_source(a, b);
}

/* Any table: of each file system one mount, and none that was left out is better than all of it. */
static void
test_any_table_has_one_a_file_system(void **state)
{
	static const char *const types[] = {"ext4", "btrfs", "xfs"};
	static const char *const roots[] = {"/", "/sub"};
	char text[8192];

	(void)state;
	random_start();
	for (int round = 0; round < 2000; round++) {
		struct table t;
		size_t len = 0;

		for (int i = 0; i < 40; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%d 1 8:%d %s /m%d%.*s rw - %s %s%d rw\n", i + 2, (int)draw(12),
			    roots[draw(2)], i, (int)draw(4), "/xy", types[draw(3)],
			    draw(4) == 0 ? "none" : "/dev/", (int)draw(6));
		pick(&t, text);
		for (size_t i = 0; i < t.n; i++) {
			bool beaten = false;

			for (size_t j = 0; j < t.n; j++) {
				if (i == j || !is_same(&t.m[i], &t.m[j]))
					continue;
				assert_false(t.m[i].picked && t.m[j].picked);
				beaten = beaten || by_worth(&t.m[j], &t.m[i]) < 0;
			}
			assert_true(t.m[i].picked || beaten);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_a_file_system),
	    cmocka_unit_test(test_mounted_over),
	    cmocka_unit_test(test_the_same_source_twice),
	    cmocka_unit_test(test_risky),
	    cmocka_unit_test(test_excluded),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_the_better_of_two),
	    cmocka_unit_test(test_who_stays),
	    cmocka_unit_test(test_old_form),
	    cmocka_unit_test(test_covered_deeply),
	    cmocka_unit_test(test_any_table_has_one_a_file_system),
	};

	return cmocka_run_group_tests_name("mount_select", tests, NULL, NULL);
}
