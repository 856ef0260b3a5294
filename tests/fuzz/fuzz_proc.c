/*
 * Every parser of kernel files on arbitrary bytes. The first byte selects the parser, the rest is
 * the text; it is copied to a block of its own size, so that a read past its end is seen. What
 * comes out is held to what callers rely on.
 */
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "collect/cgroup.h"
#include "collect/covers.h"
#include "collect/cpu_stat.h"
#include "collect/diskstats.h"
#include "collect/fd.h"
#include "collect/kernel.h"
#include "collect/memory.h"
#include "collect/mountinfo.h"
#include "collect/mount_select.h"
#include "collect/network_line.h"
#include "collect/pidstat.h"
#include "collect/psi.h"
#include "collect/scan.h"
#include "collect/self.h"
#include "collect/tcp.h"
#include "collect/vmstat.h"
#include "tests/unit/recorded.h"
#include "tests/unit/stat_text.h"

#define MOUNTS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_stat(char *text, size_t len)
{
	static struct cpu_stat now;
	const struct cpu_times boot = {{0}};
	struct cpu_usage usage;

	if (!stat_text_take(text, len, true, &now))
		return;
	assert(now.core_count <= CPU_CORES_MAX && now.core_count <= now.online);
	if ((now.have & CPU_STAT_TOTAL) != 0 &&
	    cpu_stat_usage(&boot, &now.total, 4096, INT64_MAX, &usage)) {
		assert(usage.busy > -1e-6 && usage.busy < 100 + 1e-6);
		assert(!(usage.user < 0 || usage.system < 0 || usage.iowait < 0));
	}
}

static void
fuzz_loadavg(char *text, size_t len)
{
	struct cpu_load load;
	double secs;

	if (cpu_stat_parse_loadavg(text, len, &load))
		assert(load.over_1m >= 0 && load.over_5m >= 0 && load.over_15m >= 0);
	if (kernel_parse_uptime(text, len, &secs))
		assert(secs >= 0 && isfinite(secs));
}

static void
fuzz_meminfo(char *text, size_t len)
{
	struct memory_info info;
	uint64_t arc = 0;
	double bytes;

	memory_parse_arcstats(text, len, &arc);
	if (!memory_parse_meminfo(text, len, &info) || !memory_available(&info, arc, &bytes))
		return;
	assert(bytes >= 0);
	if (info.have & MEMORY_TOTAL)
		assert(bytes + memory_hugepages(&info) <= (double)info.total_kb * 1024);
}

static void
fuzz_vmstat(char *text, size_t len)
{
	struct vmstat v;
	struct psi psi;

	vmstat_parse(text, len, &v);
	psi_parse(text, len, &psi);
}

static void
fuzz_network(char *text, size_t len)
{
	const char *p = text, *end = text + len, *line, *line_end;
	struct network_line out;

	while (scan_line(&p, end, &line, &line_end)) {
		if (!network_line_parse(line, line_end, &out))
			continue;
		assert(memchr(out.name, '\0', sizeof(out.name)) != NULL);
		assert(out.name[0] != '\0' && strchr(out.name, '/') == NULL);
		assert(str_utf8_valid(out.name, strlen(out.name)));
	}
	network_line_operstate(text, len);
}

static void
fuzz_tcp(char *text, size_t len)
{
	struct tcp_snmp snmp;
	uint64_t v;

	tcp_parse_snmp(text, len, &snmp);
	tcp_parse_netstat(text, len, &v);
	tcp_parse_sockstat(text, len, &v);
}

static void
fuzz_numbers(char *text, size_t len)
{
	struct fd_count count;
	double percent;
	uint64_t v;

	scan_single(text, len, &v);
	self_parse_statm(text, len, &v);
	if (fd_parse_file_nr(text, len, &count) && fd_usage(&count, &percent))
		assert(percent >= 0);
}

static void
fuzz_recorded(char *text, size_t len)
{
	struct statvfs vfs;
	struct now now;

	recorded_parse_time(text, len, &now);
	recorded_parse_statvfs(text, len, "/mnt/a b", &vfs);
}

static void
fuzz_diskstats(char *text, size_t len)
{
	const char *p = text, *end = text + len, *line, *line_end;
	struct diskstats out;

	while (scan_line(&p, end, &line, &line_end)) {
		if (!diskstats_parse_line(line, line_end, &out))
			continue;
		assert(memchr(out.name, '\0', sizeof(out.name)) != NULL);
		assert(out.have != 0 && out.have <= DISKSTATS_ALL);
		diskstats_is_partition(out.name, "sda");
		diskstats_is_partition("nvme0n1p2", out.name);
	}
}

static void
fuzz_mounts(char *text, size_t len, bool older)
{
	struct mountinfo mounts[MOUNTS_MAX];
	struct strings none = {0};
	bool malformed;
	size_t n;

	mountinfo_count(text, len);
	n = older ? mountinfo_parse_mounts(text, len, mounts, MOUNTS_MAX, &malformed)
	          : mountinfo_parse(text, len, mounts, MOUNTS_MAX, &malformed);
	assert(n <= MOUNTS_MAX);
	for (size_t i = 0; i < n; i++) {
		/* NUL-terminated inside the text. */
		const char *end = text + len;

		assert(memchr(mounts[i].mountpoint, '\0', (size_t)(end - mounts[i].mountpoint)));
		assert(memchr(mounts[i].fstype, '\0', (size_t)(end - mounts[i].fstype)));
		assert(memchr(mounts[i].source, '\0', (size_t)(end - mounts[i].source)));
	}
	mount_select(mounts, n, &none, &none, MOUNTS_MAX);
}

static void
fuzz_mountinfo(char *text, size_t len)
{
	fuzz_mounts(text, len, false);
}

static void
fuzz_old_mounts(char *text, size_t len)
{
	fuzz_mounts(text, len, true);
}

static void
fuzz_pid(char *text, size_t len)
{
	char label[PIDSTAT_NAME_MAX];
	struct pidstat stat;
	struct pidio io;
	uint64_t v;

	if (pidstat_parse(text, len, &stat)) {
		pidstat_label(stat.name, label);
		assert(memchr(label, '\0', sizeof(label)) != NULL);
		assert(str_utf8_valid(label, strlen(label)));
	}
	pidstat_io(text, len, &io);
	pidstat_file_limit(text, len, &v);
}

static void
fuzz_covers(char *text, size_t len)
{
	struct covers c;

	covers_init(&c, "/proc", "/sys");
	covers_take(&c, text, len);
	for (size_t i = 0; i < c.len; i++) {
		assert(c.items[i].path[0] != '\0');
		assert(covers_has(&c, c.items[i].in_sys, c.items[i].path));
		assert(covers_has_below(&c, c.items[i].in_sys, c.items[i].path));
	}
	covers_done(&c);
}

/* PID/cgroup and a folder's name; io.stat and blkio line by line. */
static void
fuzz_cgroup(char *text, size_t len)
{
	char name[CGROUP_NAME_MAX];
	struct cgroup_io_bytes v1 = {0}, v2 = {0};
	const char *p = text, *end = text + len, *line, *line_end;

	if (cgroup_service(text, len, name))
		assert(name[0] != '\0' && strlen(name) < CGROUP_NAME_MAX);
	if (cgroup_name(text, len, name))
		assert(name[0] != '\0' && strlen(name) < CGROUP_NAME_MAX);
	while (scan_line(&p, end, &line, &line_end)) {
		cgroup_io_v1(line, line_end, &v1);
		cgroup_io_v2(line, line_end, &v2);
	}
}

static void (*const parsers[])(char *text, size_t len) = {fuzz_stat, fuzz_loadavg, fuzz_meminfo,
    fuzz_vmstat, fuzz_network, fuzz_tcp, fuzz_numbers, fuzz_recorded, fuzz_diskstats,
    fuzz_mountinfo, fuzz_old_mounts, fuzz_pid, fuzz_covers, fuzz_cgroup};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = mem_zalloc(size, 1); /* the text and the NUL that readers put behind it */
	memcpy(text, data + 1, size - 1);
	parsers[data[0] % (sizeof(parsers) / sizeof(parsers[0]))](text, size - 1);
	mem_free(text);
	return 0;
}

#include "tests/fuzz/replay_main.h"
