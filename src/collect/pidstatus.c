/*
 * Looks for one line among lines of any length, and reads no further.
 */
#include "collect/pidstatus.h"

#include "base/lines.h"
#include "collect/scan.h"

bool
pidstatus_switches(int fd, char *buf, size_t cap, uint64_t *out)
{
	static const char key[] = "voluntary_ctxt_switches:";
	const char *line, *line_end;
	struct lines lines;

	lines_init(&lines, fd, buf, cap);
	while (lines_next(&lines, &line, &line_end))
		if (scan_prefix(&line, line_end, key))
			return scan_u64(&line, line_end, out);
	return false;
}
