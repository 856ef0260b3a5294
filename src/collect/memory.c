/*
 * /proc/meminfo, vmstat, pressure/memory and the ZFS cache to the mem.* samples. Each metric needs
 * only its own fields: a file that lacks one of them still gives the others.
 */
#include "collect/memory.h"

#include <math.h>

#include "base/mem.h"
#include "collect/collect.h"
#include "collect/psi.h"
#include "collect/rate.h"
#include "collect/scan.h"

#define KB 1024.0

struct memory {
	struct host_file meminfo_file, arc_file;
	struct psi_source pressure;
	struct rate swap_in, swap_out, major_faults, oom_kills;
};

/* In the order of the MEMORY_ bits. */
static const struct scan_key meminfo_keys[] = {
    SCAN_KEY("MemTotal:", struct memory_info, total_kb),
    SCAN_KEY("MemFree:", struct memory_info, free_kb),
    SCAN_KEY("MemAvailable:", struct memory_info, available_kb),
    SCAN_KEY("Buffers:", struct memory_info, buffers_kb),
    SCAN_KEY("Cached:", struct memory_info, cached_kb),
    SCAN_KEY("SwapTotal:", struct memory_info, swap_total_kb),
    SCAN_KEY("SwapFree:", struct memory_info, swap_free_kb),
    SCAN_KEY("Shmem:", struct memory_info, shmem_kb),
    SCAN_KEY("HugePages_Total:", struct memory_info, huge_total_pages),
    SCAN_KEY("HugePages_Free:", struct memory_info, huge_free_pages),
    SCAN_KEY("Hugepagesize:", struct memory_info, huge_size_kb),
    SCAN_KEY("Hugetlb:", struct memory_info, hugetlb_kb),
};

struct arc {
	uint64_t size, least;
};

static const struct scan_key arc_keys[] = {
    SCAN_KEY_COLUMN("size ", 1, struct arc, size),
    SCAN_KEY_COLUMN("c_min ", 1, struct arc, least),
};

bool
memory_parse_meminfo(const char *text, size_t len, struct memory_info *out)
{
	*out = (struct memory_info){0};
	out->have = (unsigned)scan_keys(
	    text, len, meminfo_keys, sizeof(meminfo_keys) / sizeof(meminfo_keys[0]), out);
	return out->have != 0;
}

bool
memory_parse_arcstats(const char *text, size_t len, uint64_t *reclaimable_bytes)
{
	struct arc arc;

	if (scan_keys(text, len, arc_keys, 2, &arc) != 3)
		return false;
	*reclaimable_bytes = arc.size > arc.least ? arc.size - arc.least : 0;
	return true;
}

double
memory_hugepages(const struct memory_info *info)
{
	const unsigned counted = MEMORY_HUGE_TOTAL | MEMORY_HUGE_SIZE;
	double kb = 0;

	if (info->have & MEMORY_HUGETLB)
		kb = (double)info->hugetlb_kb;
	else if ((info->have & counted) == counted)
		kb = (double)info->huge_total_pages * (double)info->huge_size_kb;
	if ((info->have & MEMORY_TOTAL) == 0 || kb > (double)info->total_kb)
		return 0;
	return kb * KB;
}

/* As some containers have it: the host's figure beside the guest's total. */
static bool
is_more_than_all(const struct memory_info *info)
{
	return (info->have & MEMORY_TOTAL) && info->available_kb > info->total_kb;
}

bool
memory_available(const struct memory_info *info, uint64_t arc_bytes, double *bytes)
{
	const unsigned old = MEMORY_FREE | MEMORY_BUFFERS | MEMORY_CACHED | MEMORY_SHMEM;
	double kb;

	if ((info->have & MEMORY_AVAILABLE) && !is_more_than_all(info))
		kb = (double)info->available_kb;
	else if ((info->have & old) == old)
		kb = (double)info->free_kb + (double)info->buffers_kb + (double)info->cached_kb -
		     (double)info->shmem_kb;
	else
		return false;
	*bytes = fmax(0, kb) * KB + (double)arc_bytes;
	if (info->have & MEMORY_TOTAL)
		*bytes = fmin(*bytes, (double)info->total_kb * KB - memory_hugepages(info));
	return true;
}

static uint64_t
read_arc(struct memory *m, struct host *host)
{
	ssize_t len = host_read(host, &m->arc_file);
	uint64_t bytes = 0;

	if (len >= 0 && !memory_parse_arcstats(host->text, (size_t)len, &bytes))
		host_file_say_malformed(&m->arc_file);
	return bytes;
}

static void
add_available(const struct memory_info *info, uint64_t arc_bytes, struct batch *batch)
{
	double total = (double)info->total_kb * KB - memory_hugepages(info), available;

	if (!memory_available(info, arc_bytes, &available))
		return;
	batch_add(batch, METRIC_MEM_AVAILABLE, available, NAN);
	if ((info->have & MEMORY_TOTAL) == 0 || total <= 0)
		return;
	batch_add(batch, METRIC_MEM_USAGE, 100 * (total - available) / total, NAN);
	batch_add(batch, METRIC_MEM_USED, total - available, NAN);
}

static void
add_hugepages(const struct memory_info *info, struct batch *batch)
{
	const unsigned counted = MEMORY_HUGE_TOTAL | MEMORY_HUGE_FREE | MEMORY_HUGE_SIZE;
	double bytes = memory_hugepages(info);

	if (bytes <= 0)
		return;
	batch_add(batch, METRIC_MEM_HUGEPAGES, bytes, NAN);
	if ((info->have & counted) != counted || info->huge_total_pages == 0 ||
	    info->huge_free_pages > info->huge_total_pages)
		return;
	batch_add(batch, METRIC_MEM_HUGEPAGES_FREE,
	    (double)info->huge_free_pages * (double)info->huge_size_kb * KB, NAN);
}

static void
add_swap(const struct memory_info *info, struct batch *batch)
{
	const unsigned both = MEMORY_SWAP_TOTAL | MEMORY_SWAP_FREE;

	if ((info->have & both) != both || info->swap_free_kb > info->swap_total_kb ||
	    info->swap_total_kb == 0)
		return;
	batch_add(batch, METRIC_MEM_SWAP_USAGE,
	    100 * (double)(info->swap_total_kb - info->swap_free_kb) / (double)info->swap_total_kb,
	    NAN);
}

static void
collect_meminfo(struct memory *m, struct host *host, struct batch *batch)
{
	uint64_t arc_bytes = read_arc(m, host);
	ssize_t len = host_read(host, &m->meminfo_file);
	struct memory_info info;

	if (len < 0)
		return;
	if (!memory_parse_meminfo(host->text, (size_t)len, &info)) {
		host_file_say_malformed(&m->meminfo_file);
		return;
	}
	/* A container that has its own meminfo sees the cache of its host, and its huge pages. */
	if (!host_is_one_scope(&m->meminfo_file, &m->arc_file))
		arc_bytes = 0;
	if (m->meminfo_file.foreign)
		info.have &= ~MEMORY_HUGE;
	add_available(&info, arc_bytes, batch);
	add_hugepages(&info, batch);
	if (info.have & MEMORY_BUFFERS)
		batch_add(batch, METRIC_MEM_BUFFERS, (double)info.buffers_kb * KB, NAN);
	if (info.have & MEMORY_CACHED)
		batch_add(batch, METRIC_MEM_CACHED, (double)info.cached_kb * KB, NAN);
	add_swap(&info, batch);
}

static void
collect_vmstat(struct memory *m, struct host *host, struct batch *batch)
{
	struct vmstat v;

	host_vmstat(host, batch->now.boot_ns, &v);
	if (v.have & VMSTAT_SWAP_IN)
		rate_add(&m->swap_in, batch, METRIC_MEM_SWAP_IN, v.swap_in_pages);
	if (v.have & VMSTAT_SWAP_OUT)
		rate_add(&m->swap_out, batch, METRIC_MEM_SWAP_OUT, v.swap_out_pages);
	if (v.have & VMSTAT_MAJOR_FAULTS)
		rate_add(&m->major_faults, batch, METRIC_MEM_MAJOR_FAULTS, v.major_faults);
	if (v.have & VMSTAT_OOM_KILLS)
		rate_add(&m->oom_kills, batch, METRIC_MEM_OOM_KILLS, v.oom_kills);
}

static void *
open_memory(const struct conf_collect *conf, struct host *host)
{
	struct memory *m = mem_zalloc(1, sizeof(*m));

	(void)conf;
	(void)host;
	m->meminfo_file = (struct host_file){.path = "meminfo",
	    .tells = "mem.usage_percent, mem.available_bytes, mem.used_bytes, mem.buffers_bytes, "
	             "mem.cached_bytes, mem.swap_usage_percent, mem.hugepages_bytes, "
	             "mem.hugepages_free_bytes",
	    .fd = -1};
	m->arc_file = (struct host_file){.path = "spl/kstat/zfs/arcstats", .fd = -1};
	m->pressure = (struct psi_source)PSI_SOURCE(
	    "memory", "mem.pressure_some_percent, mem.pressure_full_percent");
	return m;
}

static void
collect_memory(void *state, struct host *host, struct batch *batch)
{
	struct memory *m = state;

	collect_meminfo(m, host, batch);
	collect_vmstat(m, host, batch);
	psi_collect(&m->pressure, host, batch, METRIC_MEM_PRESSURE_SOME, METRIC_MEM_PRESSURE_FULL);
}

static void
close_memory(void *state)
{
	struct memory *m = state;

	host_file_close(&m->meminfo_file);
	host_file_close(&m->arc_file);
	host_file_close(&m->pressure.file);
	mem_free(m);
}

const struct collector collector_memory = {
    .name = "memory",
    .section = COLLECTOR_MEMORY,
    .open = open_memory,
    .collect = collect_memory,
    .close = close_memory,
};
