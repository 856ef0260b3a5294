/*
 * The kernel's own health to the kernel.* samples: entropy, uptime, and its counts of things that
 * should not happen. Which of the files exist depends on version, build and hardware.
 */
#include "collect/kernel.h"

#include <math.h>

#include "base/mem.h"
#include "collect/collect.h"
#include "collect/scan.h"
#include "collect/sysfs_sum.h"

struct kernel {
	struct host_file entropy_file, uptime_file, hung_file;
	struct sysfs_sum edac, ext4;
	int64_t reboots; /* -1: unknown */
};

bool
kernel_parse_uptime(const char *text, size_t len, double *secs)
{
	const char *p = text, *end = text + len;

	return scan_decimal(&p, end, secs) && p < end;
}

static void *
open_kernel(const struct conf_collect *conf, struct host *host)
{
	struct kernel *k = mem_zalloc(1, sizeof(*k));

	(void)conf;
	(void)host;
	k->entropy_file = (struct host_file){.path = "sys/kernel/random/entropy_avail",
	    .tells = "kernel.entropy_available",
	    .fd = -1};
	k->uptime_file =
	    (struct host_file){.path = "uptime", .tells = "kernel.uptime_secs", .fd = -1};
	k->hung_file = (struct host_file){.path = "sys/kernel/hung_task_detect_count",
	    .tells = "kernel.hung_tasks",
	    .optional = true,
	    .fd = -1};
	k->edac.metric = "kernel.hardware_errors";
	k->edac.dir = "devices/system/edac/mc";
	k->edac.leaves[0] = "ce_count";
	k->edac.leaves[1] = "ue_count";
	k->ext4.metric = "kernel.fs_errors";
	k->ext4.dir = "fs/ext4";
	k->ext4.leaves[0] = "errors_count";
	k->reboots = -1;
	return k;
}

static void
inform_kernel(void *state, const struct collect_self *self)
{
	struct kernel *k = state;

	k->reboots = self->reboots;
}

static void
add_counter(struct batch *batch, enum metric_id metric, uint64_t value)
{
	batch_add(batch, metric, (double)value, (double)value);
}

static void
collect_uptime(struct kernel *k, struct host *host, struct batch *batch)
{
	ssize_t len = host_read(host, &k->uptime_file);
	double secs;

	if (len < 0)
		return;
	if (kernel_parse_uptime(host->text, (size_t)len, &secs))
		batch_add(batch, METRIC_KERNEL_UPTIME, secs, NAN);
	else
		host_file_say_malformed(&k->uptime_file);
}

static void
collect_kernel(void *state, struct host *host, struct batch *batch)
{
	struct kernel *k = state;
	struct vmstat vmstat;
	uint64_t value;

	if (host_read_number(host, &k->entropy_file, &value))
		batch_add(batch, METRIC_KERNEL_ENTROPY, (double)value, NAN);
	collect_uptime(k, host, batch);
	host_vmstat(host, batch->now.boot_ns, &vmstat);
	if (vmstat.have & VMSTAT_OOM_KILLS)
		add_counter(batch, METRIC_KERNEL_OOM_KILLS, vmstat.oom_kills);
	if (host_read_number(host, &k->hung_file, &value))
		add_counter(batch, METRIC_KERNEL_HUNG_TASKS, value);
	if (sysfs_sum_read(&k->edac, host, &value))
		add_counter(batch, METRIC_KERNEL_HARDWARE_ERRORS, value);
	if (sysfs_sum_read(&k->ext4, host, &value))
		add_counter(batch, METRIC_KERNEL_FS_ERRORS, value);
	if (k->reboots >= 0)
		add_counter(batch, METRIC_KERNEL_REBOOTS, (uint64_t)k->reboots);
}

static void
close_kernel(void *state)
{
	struct kernel *k = state;

	host_file_close(&k->entropy_file);
	host_file_close(&k->uptime_file);
	host_file_close(&k->hung_file);
	sysfs_sum_close(&k->edac);
	sysfs_sum_close(&k->ext4);
	mem_free(k);
}

const struct collector collector_kernel = {
    .name = "kernel",
    .section = COLLECTOR_KERNEL,
    .open = open_kernel,
    .collect = collect_kernel,
    .close = close_kernel,
    .inform = inform_kernel,
};
