/*
 * Records the kernel files that the collectors read as frames: DIR/000, DIR/001, ..., each with
 * proc/, sys/, statvfs.txt and frame (when it was). Tests and replay run the collectors on them.
 * Command lines, environments and host names are not read at all; a file that cannot be read is
 * left out, as it would be absent for the agent.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "collect/scan.h"

#define TEXT_MAX (1024 * 1024)
#define PATH_LONG 512
/* What a process has open is only counted. */
#define FDS_MAX 16

static const char *const proc_files[] = {"stat", "loadavg", "pressure/cpu", "pressure/memory",
    "pressure/io", "meminfo", "vmstat", "uptime", "diskstats", "spl/kstat/zfs/arcstats",
    "sys/net/netfilter/nf_conntrack_count", "sys/net/netfilter/nf_conntrack_max", "sys/fs/file-nr",
    "sys/kernel/osrelease", "sys/kernel/random/entropy_avail", "sys/kernel/hung_task_detect_count"};

static const char *const net_files[] = {"dev", "snmp", "netstat", "sockstat"};
static const char *const pid_files[] = {"stat", "status", "io", "limits"};

/* Folders of sys with a folder a device, and the files wanted of each. */
static const struct {
	const char *dir;
	const char *leaves[2];
} sys_files[] = {
    {"class/net", {"operstate", NULL}},
    {"devices/system/edac/mc", {"ce_count", "ue_count"}},
    {"fs/ext4", {"errors_count", NULL}},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct recorder {
	const char *dir, *proc_root, *sys_root;
	int frames, interval_secs, pids;
	int proc_fd, sys_fd, out_fd; /* out_fd: the frame's folder */
	char text[TEXT_MAX];
};

/* Makes the folders that lead to path. */
static void
make_folders(int at, const char *path)
{
	char part[PATH_LONG];

	for (const char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(at, part, 0755) != 0 && errno != EEXIST)
			die_errno("cannot make %s", part);
	}
}

static void
write_file(int at, const char *path, const char *text, size_t len)
{
	int fd;

	make_folders(at, path);
	fd = openat(at, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || io_write_all(fd, text, len) != 0)
		die_errno("cannot write %s", path);
	close(fd);
}

/* Copies from below root to out/<as>; nothing when it cannot be read. Length, or -1. */
static ssize_t
copy_file(struct recorder *r, int root, const char *path, const char *as)
{
	ssize_t len = io_read_at(root, path, r->text, sizeof(r->text));

	if (len >= 0)
		write_file(r->out_fd, as, r->text, (size_t)len);
	return len;
}

static void
record_proc(struct recorder *r)
{
	char from[PATH_LONG], as[PATH_LONG];

	for (size_t i = 0; i < COUNT(proc_files); i++) {
		snprintf(as, sizeof(as), "proc/%s", proc_files[i]);
		copy_file(r, r->proc_fd, proc_files[i], as);
	}
	for (size_t i = 0; i < COUNT(net_files); i++) {
		snprintf(as, sizeof(as), "proc/net/%s", net_files[i]);
		snprintf(from, sizeof(from), "self/net/%s", net_files[i]);
		if (copy_file(r, r->proc_fd, from, as) < 0)
			copy_file(r, r->proc_fd, as + 5, as);
	}
}

static DIR *
open_folder(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (fd >= 0 && dir == NULL)
		close(fd);
	return dir;
}

static void
record_sys(struct recorder *r)
{
	char as[PATH_LONG];

	for (size_t i = 0; i < COUNT(sys_files); i++) {
		DIR *dir = open_folder(r->sys_fd, sys_files[i].dir);
		struct dirent *entry;

		while (dir != NULL && (entry = readdir(dir)) != NULL) {
			if (entry->d_name[0] == '.')
				continue;
			for (size_t k = 0; k < 2 && sys_files[i].leaves[k] != NULL; k++) {
				snprintf(as, sizeof(as), "sys/%s/%s/%s", sys_files[i].dir,
				    entry->d_name, sys_files[i].leaves[k]);
				copy_file(r, r->sys_fd, as + 4, as);
			}
		}
		if (dir != NULL)
			closedir(dir);
	}
}

/* Empty files, one a descriptor: their number is all that is wanted. */
static void
record_fds(struct recorder *r, const char *pid)
{
	char path[PATH_LONG];
	struct dirent *entry;
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "%s/fd", pid);
	dir = open_folder(r->proc_fd, path);
	while (dir != NULL && n < FDS_MAX && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "proc/%s/fd/%d", pid, n++);
		write_file(r->out_fd, path, "", 0);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
record_pid(struct recorder *r, const char *pid)
{
	char as[PATH_LONG];

	for (size_t i = 0; i < COUNT(pid_files); i++) {
		snprintf(as, sizeof(as), "proc/%s/%s", pid, pid_files[i]);
		copy_file(r, r->proc_fd, as + 5, as);
	}
	record_fds(r, pid);
}

static void
record_pids(struct recorder *r)
{
	DIR *dir = open_folder(r->proc_fd, ".");
	struct dirent *entry;
	int n = 0;

	while (dir != NULL && n < r->pids && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		record_pid(r, entry->d_name);
		n++;
	}
	if (dir != NULL)
		closedir(dir);
}

/* "\040" to a space, and so on. */
static void
unescape(char *out, size_t cap, const char *p, const char *end)
{
	size_t n = 0;

	while (p < end && n + 1 < cap) {
		if (end - p >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3') {
			out[n++] = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + p[3] - '0');
			p += 4;
		} else {
			out[n++] = *p++;
		}
	}
	out[n] = '\0';
}

/* r->text has len bytes of mountinfo; the mountpoint is a line's fifth word. */
static void
record_statvfs(struct recorder *r, size_t len)
{
	const char *p = r->text, *end = p + len, *line, *line_end;
	int fd = openat(r->out_fd, "statvfs.txt", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (out == NULL)
		die_errno("cannot write statvfs.txt");
	while (scan_line(&p, end, &line, &line_end)) {
		char path[PATH_MAX];
		const char *word_end;
		struct statvfs v;

		for (int i = 0; i < 4; i++)
			line = scan_skip_word(line, line_end);
		word_end = memchr(line, ' ', (size_t)(line_end - line));
		if (word_end == NULL)
			continue;
		unescape(path, sizeof(path), line, word_end);
		if (statvfs(path, &v) != 0)
			continue;
		fprintf(out, "%.*s %lu %lu %ju %ju %ju %ju %ju %ju %lu\n", (int)(word_end - line),
		    line, v.f_bsize, v.f_frsize, (uintmax_t)v.f_blocks, (uintmax_t)v.f_bfree,
		    (uintmax_t)v.f_bavail, (uintmax_t)v.f_files, (uintmax_t)v.f_ffree,
		    (uintmax_t)v.f_favail, v.f_flag);
	}
	if (fclose(out) != 0)
		die_errno("cannot write statvfs.txt");
}

static void
record_frame(struct recorder *r, int number)
{
	char path[PATH_LONG];
	struct now now = clock_now();
	ssize_t mounts;
	int len;

	len = snprintf(path, sizeof(path), "%s/%03d/", r->dir, number);
	make_folders(AT_FDCWD, path);
	r->out_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->out_fd < 0)
		die_errno("cannot open %s", path);
	record_proc(r);
	make_folders(r->out_fd, "sys/");
	record_sys(r);
	record_pids(r);
	mounts = copy_file(r, r->proc_fd, "self/mountinfo", "proc/1/mountinfo");
	if (mounts < 0)
		mounts = copy_file(r, r->proc_fd, "1/mountinfo", "proc/1/mountinfo");
	if (mounts >= 0)
		record_statvfs(r, (size_t)mounts);
	len = snprintf(path, sizeof(path), "boot_ns %" PRId64 "\nwall_ms %" PRId64 "\n",
	    now.boot_ns, now.wall_ms);
	write_file(r->out_fd, "frame", path, (size_t)len);
	close(r->out_fd);
}

static int
number_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end != '\0' || end == text || n < 0 || n > INT_MAX)
		die("not a number: %s", text);
	return (int)n;
}

static void
parse_arguments(struct recorder *r, int argc, char **argv)
{
	int place = 0;

	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--proc-root") && i + 1 < argc)
			r->proc_root = argv[++i];
		else if (str_eq(argv[i], "--sys-root") && i + 1 < argc)
			r->sys_root = argv[++i];
		else if (str_eq(argv[i], "--pids") && i + 1 < argc)
			r->pids = number_of(argv[++i]);
		else if (argv[i][0] == '-' || place == 3)
			place = 4;
		else if (place++ == 0)
			r->dir = argv[i];
		else if (place == 2)
			r->frames = number_of(argv[i]);
		else
			r->interval_secs = number_of(argv[i]);
	}
	if (r->dir == NULL || place > 3) {
		fprintf(stderr, "usage: record DIR [frames] [interval_secs] [--proc-root DIR] "
		                "[--sys-root DIR] [--pids N]\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static struct recorder r = {
	    .proc_root = "/proc", .sys_root = "/sys", .frames = 3, .interval_secs = 10, .pids = 64};

	parse_arguments(&r, argc, argv);
	r.proc_fd = open(r.proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r.sys_fd = open(r.sys_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.proc_fd < 0 || r.sys_fd < 0)
		die_errno("cannot open %s", r.proc_fd < 0 ? r.proc_root : r.sys_root);
	for (int i = 0; i < r.frames; i++) {
		struct timespec pause = {.tv_sec = r.interval_secs};

		if (i > 0)
			nanosleep(&pause, NULL);
		record_frame(&r, i);
	}
	return 0;
}
