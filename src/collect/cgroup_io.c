/*
 * The tree of control groups to bytes by service. Only folders of the kernel's own file system are
 * walked, to a depth and a number; a service's folder is not entered, its count has all below it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "base/str.h"
#include "collect/cgroup.h"
#include "collect/rate.h"
#include "collect/scan.h"

#define FOLDERS_MAX 512
#define DEPTH_MAX 6
#define LINE_BYTES 8192 /* the buffer for a line, which is of one device */

/* Where the counts may be, the best first. */
static const struct place {
	const char *root, *file;
	bool (*parse)(const char *line, const char *end, struct cgroup_io_bytes *out);
} places[] = {
    {"fs/cgroup", "io.stat", cgroup_io_v2},
    {"fs/cgroup/unified", "io.stat", cgroup_io_v2},
    {"fs/cgroup/blkio", "blkio.throttle.io_service_bytes", cgroup_io_v1},
};

struct walk {
	struct cgroup_io *io;
	const struct place *place;
	size_t folders;
};

bool
cgroup_io_v2(const char *p, const char *end, struct cgroup_io_bytes *out)
{
	while (p < end) {
		bool writes = scan_prefix(&p, end, "wbytes=");
		uint64_t n;

		if (writes || scan_prefix(&p, end, "rbytes=")) {
			if (!str_u64(&p, end, &n))
				return false;
			out->all += n;
			out->written += writes ? n : 0;
		}
		while (p < end && *p != ' ')
			p++;
		p += p < end;
	}
	return true;
}

/* "8:0 Write 4096" and so on; the last line, "Total 4096", is of all devices. */
bool
cgroup_io_v1(const char *line, const char *end, struct cgroup_io_bytes *out)
{
	const char *what = scan_skip_word(line, end);
	uint64_t n = 0;

	if (scan_prefix(&what, end, "Write ") && scan_u64(&what, end, &n))
		out->written += n;
	n = 0;
	if (scan_prefix(&line, end, "Total ") && !scan_u64(&line, end, &n))
		return false;
	out->all += n;
	return true;
}

/* False: it cannot be read, or not understood. */
static bool
read_bytes(const struct place *place, int folder, struct cgroup_io_bytes *out)
{
	int fd = openat(folder, place->file, O_RDONLY | O_CLOEXEC);
	const char *line, *line_end;
	char buf[LINE_BYTES];
	struct lines lines;
	bool ok = fd >= 0;

	*out = (struct cgroup_io_bytes){0, 0};
	lines_init(&lines, fd, buf, sizeof(buf));
	while (ok && lines_next(&lines, &line, &line_end))
		ok = place->parse(line, line_end, out);
	ok = ok && lines.err == 0;
	io_close(&fd);
	return ok;
}

static void
add_group(struct walk *w, int fd, uint64_t id, const char *name)
{
	struct cgroup_io *io = w->io;
	struct cgroup_io_bytes bytes;

	io->cut = io->cut || io->len == CGROUP_IO_MAX;
	if (io->len == CGROUP_IO_MAX || !read_bytes(w->place, fd, &bytes))
		return;
	io->items[io->len].id = id;
	io->items[io->len].bytes = bytes;
	str_copy(io->items[io->len++].name, CGROUP_NAME_MAX, name);
}

static void
read_folder(struct walk *w, int fd, uint64_t id, int depth)
{
	const struct dirent *entry;
	DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		close(fd);
		return;
	}
	while (!w->io->cut && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);
		char name[CGROUP_NAME_MAX];
		uint64_t ino = entry->d_ino, child_id = str_hash(id, entry->d_name, len + 1);
		int child;

		if (entry->d_name[0] == '.' ||
		    (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		w->io->cut = w->folders == FOLDERS_MAX;
		if (w->io->cut)
			break;
		child = openat(
		    dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			continue;
		w->folders++;
		/* A service that was started anew has another group of that name. */
		child_id = str_hash(child_id, &ino, sizeof(ino));
		if (cgroup_name(entry->d_name, len, name)) {
			add_group(w, child, child_id, name);
			close(child);
		} else if (depth < DEPTH_MAX) {
			read_folder(w, child, child_id, depth + 1);
		} else {
			close(child);
		}
	}
	closedir(dir);
}

bool
cgroup_io_read(struct cgroup_io *io, struct host *host, int64_t now_ns)
{
	io->len = 0;
	io->taken_ns = now_ns;
	for (size_t i = 0; io->len == 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		struct walk w = {.io = io, .place = &places[i]};
		int fd = host_open_tree(host, true, places[i].root);

		io->cut = false;
		if (fd >= 0)
			read_folder(&w, fd, STR_HASH_SEED, 0);
	}
	gaps_note_bound(&host->gaps, "control groups, for the cause of disk alerts", NULL, io->len,
	    io->cut ? GAPS_UNCOUNTED : io->len);
	return io->len > 0;
}

static uint64_t
choose(struct cgroup_io_bytes bytes, bool written)
{
	return written ? bytes.written : bytes.all;
}

static uint64_t
bytes_before(const struct cgroup_io *io, uint64_t id, bool written)
{
	for (size_t i = 0; i < io->len; i++) {
		if (io->items[i].id == id)
			return choose(io->items[i].bytes, written);
	}
	return 0; /* it is new: all of it is growth */
}

size_t
cgroup_io_rank(const struct cgroup_io *before, const struct cgroup_io *after, bool written,
    struct cgroup_io_growth *out, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < after->len; i++) {
		uint64_t had = bytes_before(before, after->items[i].id, written);
		uint64_t has = choose(after->items[i].bytes, written);
		uint64_t grown = has > had ? has - had : 0;
		size_t at = len;

		if (grown == 0 || !rate_is_possible(grown, after->taken_ns - before->taken_ns))
			continue;
		while (at > 0 && out[at - 1].bytes < grown)
			at--;
		if (at == n)
			continue;
		len += len < n;
		memmove(&out[at + 1], &out[at], (len - at - 1) * sizeof(*out));
		out[at].bytes = grown;
		memcpy(out[at].name, after->items[i].name, CGROUP_NAME_MAX);
	}
	return len;
}
