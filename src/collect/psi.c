/*
 * Reads the totals of a pressure file. The kernel's own averages are not used: a total gives the
 * percentage of exactly the interval between two readings.
 */
#include "collect/psi.h"

#include "collect/scan.h"

static bool
parse_total(const char *line, const char *end, uint64_t *out)
{
	for (; line < end; line = scan_skip_word(line, end)) {
		if (scan_prefix(&line, end, "total="))
			return *line != ' ' && *line != '\t' && scan_u64(&line, end, out);
	}
	return false;
}

bool
psi_parse(const char *text, size_t len, struct psi *out)
{
	const char *p = text, *end = text + len, *line, *line_end;

	*out = (struct psi){0};
	while (scan_line(&p, end, &line, &line_end)) {
		if (!out->has_some && scan_prefix(&line, line_end, "some "))
			out->has_some = parse_total(line, line_end, &out->some_us);
		else if (!out->has_full && scan_prefix(&line, line_end, "full "))
			out->has_full = parse_total(line, line_end, &out->full_us);
	}
	return out->has_some || out->has_full;
}

static void
add_percent(struct rate *rate, struct batch *batch, enum metric_id metric, uint64_t total_us)
{
	double percent;

	if (rate_update_percent(rate, total_us, 1e6, batch->now.boot_ns, &percent))
		batch_add(batch, metric, percent, (double)total_us / 1e6);
}

void
psi_collect(struct psi_source *source, struct host *host, struct batch *batch, enum metric_id some,
    enum metric_id full)
{
	struct psi psi;
	ssize_t len = host_read(host, &source->file);

	if (len < 0)
		return;
	if (!psi_parse(host->text, (size_t)len, &psi)) {
		host_file_say_malformed(&source->file);
		return;
	}
	if (psi.has_some && some != METRIC_COUNT)
		add_percent(&source->some, batch, some, psi.some_us);
	if (psi.has_full && full != METRIC_COUNT)
		add_percent(&source->full, batch, full, psi.full_us);
}
