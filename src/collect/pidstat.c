/*
 * Text of /proc/PID files to numbers. The name in stat is what the process chose: it may hold
 * blanks, parentheses and newlines, so the fields are counted from the last ')'. A line that was
 * cut, or a field that is no number, makes the whole line unbelievable.
 */
#include "collect/pidstat.h"

#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "collect/scan.h"

/* Fields by their number in proc_pid_stat(5); 3, the state, is the first after the name. */
enum { FLAGS = 9, UTIME = 14, STIME = 15, CUTIME = 16, THREADS = 20, STARTTIME = 22, RSS = 24 };

static const struct {
	int number;
	size_t offset;
} fields[] = {
    {FLAGS, offsetof(struct pidstat, flags)},
    {UTIME, offsetof(struct pidstat, utime)},
    {STIME, offsetof(struct pidstat, stime)},
    {THREADS, offsetof(struct pidstat, threads)},
    {STARTTIME, offsetof(struct pidstat, starttime)},
    {RSS, offsetof(struct pidstat, rss_pages)},
};

static const char *
skip_fields(const char *p, const char *end, int n)
{
	for (; n > 0 && p < end; n--) {
		const char *blank = memchr(p, ' ', (size_t)(end - p));

		p = blank == NULL ? end : blank + 1;
	}
	return p;
}

static void
copy_name(char name[PIDSTAT_NAME_MAX], const char *from, const char *to)
{
	size_t len = (size_t)(to - from);

	memset(name, 0, PIDSTAT_NAME_MAX);
	memcpy(name, from, num_min_size(len, PIDSTAT_NAME_MAX - 1));
}

bool
pidstat_parse(const char *text, size_t len, struct pidstat *out)
{
	const char *end = text + len, *open = memchr(text, '(', len), *p = memrchr(text, ')', len);
	int at = 3;

	if (open == NULL || p == NULL || p < open || end - p < 4 || p[1] != ' ' || p[3] != ' ')
		return false;
	copy_name(out->name, open + 1, p);
	out->state = p[2];
	p += 2;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint64_t value;

		p = skip_fields(p, end, fields[i].number - at);
		at = fields[i].number;
		/* The last number of a cut line would be a wrong one. */
		if (!str_u64(&p, end, &value) || p == end || (*p != ' ' && *p != '\n'))
			return false;
		memcpy((char *)out + fields[i].offset, &value, sizeof(value));
	}
	return true;
}

bool
pidstat_reaped(const char *text, size_t len, uint64_t *ticks)
{
	const char *end = text + len, *p = memrchr(text, ')', len);
	uint64_t user, system;

	if (p == NULL || end - p < 2)
		return false;
	p = skip_fields(p + 2, end, CUTIME - 3);
	if (!scan_u64(&p, end, &user) || !scan_u64(&p, end, &system) || p == end)
		return false;
	*ticks = user + system;
	return true;
}

bool
pidstat_io(const char *text, size_t len, struct pidio *out)
{
	static const struct scan_key keys[] = {
	    SCAN_KEY("read_bytes:", struct pidio, read_bytes),
	    SCAN_KEY("write_bytes:", struct pidio, write_bytes),
	};

	return scan_keys(text, len, keys, 2, out) == 3;
}

bool
pidstat_file_limit(const char *text, size_t len, uint64_t *out)
{
	static const struct scan_key key[] = {
	    {"Max open files ", sizeof("Max open files ") - 1, 0, 0}};

	return scan_keys(text, len, key, 1, out) == 1;
}

const char *
pidstat_label(const char name[PIDSTAT_NAME_MAX], char out[PIDSTAT_NAME_MAX])
{
	size_t len = strnlen(name, PIDSTAT_NAME_MAX - 1), i = 0;

	while (i < len) {
		size_t n = str_utf8_len(name + i, len - i);
		unsigned char c = (unsigned char)name[i];

		if (n == 0 || c < 0x20 || c == 0x7f) {
			out[i++] = '?';
			continue;
		}
		memcpy(out + i, name + i, n);
		i += n;
	}
	out[len] = '\0';
	return out;
}
