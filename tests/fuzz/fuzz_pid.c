/*
 * Everything read of one process, the mount table and the disks: the first byte says which.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "collect/diskstats.h"
#include "collect/hidepid.h"
#include "collect/mountinfo.h"
#include "collect/mount_select.h"
#include "collect/pidstat.h"
#include "collect/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOUNTS 256
#define PICKED 16

static volatile size_t sink;

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
fuzz_stat(char *text, size_t len)
{
	char label[PIDSTAT_NAME_MAX];
	struct pidstat st;

	uint64_t ticks;

	sink += pidstat_reaped(text, len, &ticks);
	if (!pidstat_parse(text, len, &st))
		return;
	need(st.name[PIDSTAT_NAME_MAX - 1] == '\0');
	need(strlen(pidstat_label(st.name, label)) == strlen(st.name));
}

static void
fuzz_small(char *text, size_t len)
{
	struct pidio io;
	uint64_t n;

	sink += pidstat_file_limit(text, len, &n);
	sink += pidstat_io(text, len, &io);
}

static void
check_mounts(struct mountinfo *m, size_t n)
{
	char *types[] = {(char[]){"tmpfs"}, (char[]){"fuse.*"}};
	char *paths[] = {(char[]){"/mnt/*"}};
	const struct strings no_types = {types, 2}, no_paths = {paths, 1};
	size_t picked = 0;

	need(mount_select(m, n, &no_types, &no_paths, PICKED) <= n);
	for (size_t i = 0; i < n; i++) {
		need(m[i].mountpoint[0] == '/');
		need(i == 0 || m[i].order > m[i - 1].order);
		need(!m[i].picked || (!m[i].hidden && strcmp(m[i].fstype, "autofs") != 0));
		picked += m[i].picked;
		sink += strlen(m[i].root) + strlen(m[i].source) + strlen(m[i].super_options);
		sink += hidepid_parse(m[i].super_options).level;
	}
	need(picked <= PICKED);
}

static void
fuzz_mountinfo(char *text, size_t len)
{
	static struct mountinfo m[MOUNTS];
	bool malformed;
	size_t lines = mountinfo_count(text, len),
	       n = mountinfo_parse(text, len, m, MOUNTS, &malformed);

	need(n <= lines);
	check_mounts(m, n);
}

static void
fuzz_mounts(char *text, size_t len)
{
	static struct mountinfo m[MOUNTS];
	bool malformed;

	check_mounts(m, mountinfo_parse_mounts(text, len, m, MOUNTS, &malformed));
}

static void
fuzz_diskstats(char *text, size_t len)
{
	const char *p = text, *line, *line_end;
	char whole[DISKSTATS_NAME_MAX] = "";
	struct diskstats d;

	while (scan_line(&p, text + len, &line, &line_end)) {
		if (!diskstats_parse_line(line, line_end, &d))
			continue;
		need(d.name[0] != '\0' && d.name[DISKSTATS_NAME_MAX - 1] == '\0');
		if (!diskstats_is_partition(d.name, whole))
			memcpy(whole, d.name, sizeof(whole));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(char *, size_t) = {
	    fuzz_stat, fuzz_small, fuzz_mountinfo, fuzz_mounts, fuzz_diskstats};
	char *text;

	if (size == 0)
		return 0;
	/* With its NUL, as host_read() leaves it, and exactly as long. */
	text = mem_strndup((const char *)data + 1, size - 1);
	targets[data[0] % (sizeof(targets) / sizeof(targets[0]))](text, size - 1);
	mem_free(text);
	return 0;
}

#include "tests/fuzz/replay_main.h"
