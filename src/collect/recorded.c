/*
 * Reads the two small files that make a folder of kernel files a frame. Used by tests and replay;
 * a damaged file answers nothing.
 */
#include "collect/recorded.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "collect/scan.h"

#define FILE_MAX_BYTES (64 * 1024)

struct frame {
	uint64_t boot_ns, wall_ms;
};

static const struct scan_key frame_keys[] = {
    SCAN_KEY("boot_ns ", struct frame, boot_ns),
    SCAN_KEY("wall_ms ", struct frame, wall_ms),
};

bool
recorded_time_parse(const char *text, size_t len, struct now *now)
{
	struct frame f;

	if (scan_keys(text, len, frame_keys, 2, &f) != 3 || f.boot_ns > INT64_MAX ||
	    f.wall_ms > INT64_MAX)
		return false;
	*now = (struct now){.boot_ns = (int64_t)f.boot_ns, .wall_ms = (int64_t)f.wall_ms};
	return true;
}

bool
recorded_time(int frame_fd, struct now *now)
{
	char text[256];
	ssize_t len = io_read_at(frame_fd, "frame", text, sizeof(text));

	return len >= 0 && recorded_time_parse(text, (size_t)len, now);
}

static bool
is_octal(const char *p, const char *end)
{
	return end - p >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
	       p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
}

/* Whether the escaped word at p, which ends in a blank, is text. */
static bool
word_is(const char *p, const char *end, const char *text)
{
	for (; p < end && *p != ' '; text++) {
		char c = *p;

		if (is_octal(p, end)) {
			c = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 3;
		}
		p++;
		if (c != *text || c == '\0')
			return false;
	}
	return *text == '\0';
}

bool
recorded_statvfs_parse(const char *text, size_t len, const char *mountpoint, struct statvfs *out)
{
	const char *p = text, *end = text + len, *line, *line_end;
	uint64_t v[9];
	size_t n = 0;

	errno = ENOENT;
	while (scan_line(&p, end, &line, &line_end)) {
		if (!word_is(line, line_end, mountpoint))
			continue;
		line = scan_skip_word(line, line_end);
		while (n < 9 && scan_u64(&line, line_end, &v[n]))
			n++;
		if (n < 9)
			return false;
		*out = (struct statvfs){.f_bsize = v[0],
		    .f_frsize = v[1],
		    .f_blocks = v[2],
		    .f_bfree = v[3],
		    .f_bavail = v[4],
		    .f_files = v[5],
		    .f_ffree = v[6],
		    .f_favail = v[7],
		    .f_flag = v[8],
		    .f_namemax = 255};
		return true;
	}
	return false;
}

bool
recorded_statvfs(int frame_fd, const char *mountpoint, struct statvfs *out)
{
	char *text = mem_zalloc(FILE_MAX_BYTES, 1);
	ssize_t len = io_read_at(frame_fd, "statvfs.txt", text, FILE_MAX_BYTES);
	bool ok = len >= 0 && recorded_statvfs_parse(text, (size_t)len, mountpoint, out);

	mem_free(text);
	return ok;
}
