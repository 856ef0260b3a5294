/*
 * Turns the text of /proc/vmstat into the few counters that are watched. A counter that this
 * kernel does not have, or that is no number, is simply not among them.
 */
#include "collect/vmstat.h"

#include "collect/scan.h"

/* In the order of the VMSTAT_ bits. */
static const struct scan_key keys[] = {
    SCAN_KEY("pswpin ", struct vmstat, swap_in_pages),
    SCAN_KEY("pswpout ", struct vmstat, swap_out_pages),
    SCAN_KEY("pgmajfault ", struct vmstat, major_faults),
    SCAN_KEY("oom_kill ", struct vmstat, oom_kills),
};

bool
vmstat_parse(const char *text, size_t len, struct vmstat *out)
{
	*out = (struct vmstat){0};
	out->have = (unsigned)scan_keys(text, len, keys, sizeof(keys) / sizeof(keys[0]), out);
	return out->have != 0;
}
