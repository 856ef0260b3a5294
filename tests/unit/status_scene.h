/*
 * An agent's core with alerts and channels, and somebody who asks how it is.
 */
#ifndef TESTS_STATUS_SCENE_H
#define TESTS_STATUS_SCENE_H

#include "fake_host.h"

#include "base/str.h"
#include "core/core.h"
#include "core/heartbeat.h"
#include "show/status.h"

#define ANSWER_MAX (256 * 1024)

struct scene {
	struct fake f;
	struct conf conf;
	struct core core;
	struct heartbeat heartbeat;
	struct status_input in;
	char text[ANSWER_MAX];
	struct buf out;
};

static inline void
begin(struct scene *s)
{
	char roots[2][96];

	memset(s, 0, sizeof(*s));
	fake_init(&s->f);
	snprintf(roots[0], sizeof(roots[0]), "%s/proc", s->f.dir);
	snprintf(roots[1], sizeof(roots[1]), "%s/sys", s->f.dir);
	s->conf.agent.hostname = mem_strdup("web-1");
	s->conf.agent.proc_root = roots[0];
	s->conf.agent.sys_root = roots[1];
	s->conf.collect = s->f.conf;
	s->conf.storage.ring_buffer_size = 16;
	s->conf.channels[CHANNEL_CONSOLE].enabled = true;
	s->conf.channels[CHANNEL_CONSOLE].severities = SEV_DEFAULT_MASK;
	core_init(&s->core, &s->conf, 1, NULL);
	s->in = (struct status_input){.core = &s->core,
	    .heartbeat = &s->heartbeat,
	    .now = {9000 * NS_PER_SEC, 1700000000000},
	    .conf_origin = "/etc/sysops-agent/config.toml",
	    .launched_at.wall_ms = 1700000000000 - 7200 * 1000,
	    .configured_at.wall_ms = 1700000000000 - 60 * 1000,
	    .started_ns = 8000 * NS_PER_SEC,
	    .launcher_pid = 4711,
	    .cost = {.processes = 4, .cpu_percent = 0.04, .rss_bytes = 6e6, .wakeups_rate = 0.5},
	    .columns = 80,
	    .kept = true};
	buf_init(&s->out, s->text, sizeof(s->text));
}

static inline void
end(struct scene *s)
{
	core_done(&s->core);
	mem_free(s->conf.agent.hostname);
	fake_done(&s->f);
	mem_free(s);
}

/* Alerts on so many mounts of that name, the second half only pending. */
static inline void
raise_alerts_to(struct scene *s, int n, const char *name, struct notices *list)
{
	struct findings findings;

	findings_init(&findings, (size_t)n);
	for (int i = 0; i < n; i++) {
		char mountpoint[200];
		const char *labels[] = {mountpoint, "sda1", "ext4"};
		struct series_ref ref = {0};
		struct finding *f = findings_add(&findings);

		snprintf(mountpoint, sizeof(mountpoint), "%s%d", name, i);
		*f = (struct finding){.rule = "disk",
		    .subject = subject_of_series(series_at(
		        s->core.series, series_get(s->core.series, &ref, METRIC_DISK_USAGE, labels,
		                            s->in.now.boot_ns, 10000))),
		    .state = i % 2 == 0 ? FINDING_FIRING : FINDING_PENDING,
		    .severity = i % 4 == 0 ? SEV_CRITICAL : SEV_WARN,
		    .value = 95.25,
		    .limit = 90,
		    .since_ns = s->in.now.boot_ns - 600 * NS_PER_SEC,
		    .interval_ms = 10000,
		    .eta_secs = NAN};
	}
	alert_apply(s->core.alerts, &findings,
	    &(struct alert_round){.now = &s->in.now, .cycle = true}, list);
	findings_done(&findings);
}

static inline void
raise_alerts(struct scene *s, int n, const char *name)
{
	struct notices list = {0};

	raise_alerts_to(s, n, name, &list);
	notices_done(&list);
}

/* Critical alerts on one mount, each by a rule of its own. */
static inline void
raise_by_rules(struct scene *s, int n)
{
	static char rules[ALERTS_MAX + 16][8];
	struct subject subject = {.group = GROUP_DISK, .unit = UNIT_PERCENT, .name = "disk.x"};
	struct notices list = {0};
	struct findings findings;

	assert_true(n <= ALERTS_MAX + 16);
	findings_init(&findings, (size_t)n);
	for (int i = 0; i < n; i++) {
		struct finding *f = findings_add(&findings);

		snprintf(rules[i], sizeof(rules[i]), "r%d", i);
		*f = (struct finding){.rule = rules[i],
		    .subject = subject_as_is(&subject),
		    .state = FINDING_FIRING,
		    .severity = SEV_CRITICAL,
		    .value = 95.25,
		    .limit = 90,
		    .since_ns = s->in.now.boot_ns,
		    .interval_ms = 10000,
		    .eta_secs = NAN};
	}
	alert_apply(s->core.alerts, &findings,
	    &(struct alert_round){.now = &s->in.now, .cycle = true}, &list);
	findings_done(&findings);
	notices_done(&list);
}

/* A notice of the alert's, or of none, leaves through the channel, and comes back so. */
static inline void
answer_next(struct scene *s, enum delivery_outcome outcome, uint32_t status, const char *text)
{
	struct outbox_job job;

	outbox_unkept(s->core.outbox);
	assert_true(outbox_next(s->core.outbox, &s->in.now, &job));
	outbox_receipt(s->core.outbox, job.channel,
	    &(struct delivery_receipt){.id = job.id,
	        .attempt = job.attempt,
	        .outcome = outcome,
	        .status = status,
	        .text = text},
	    &s->in.now);
}

#endif
