/*
 * Requests to answers: each kind of request is a row. Requests are read and bounded by then; what
 * their fields say is judged here.
 */
#include "agent/control_requests.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alert/silence_set.h"
#include "base/io.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "conf/match_known.h"
#include "show/status.h"
#include "show/status_silences.h"
#include "show/verdict.h"

#define SILENCE_SECS_MAX (366 * 86400)

/* As of clients_answer_fn. */
typedef const char *answer_fn(struct control_requests *d, const struct request *r, struct buf *out);

/* As wide as it says, within reason. */
static int
read_columns(const char *text)
{
	const char *p = text;
	uint64_t columns;

	if (!str_u64(&p, text + strlen(text), &columns) || *p != '\0')
		return STATUS_COLUMNS;
	return (int)num_clamp((int64_t)num_min_size(columns, STATUS_COLUMNS_MAX),
	    STATUS_COLUMNS_MIN, STATUS_COLUMNS_MAX);
}

static void
write_status(const struct status_input *in, enum request_kind kind, struct buf *out)
{
	struct verdict verdict;

	verdict_make(in, &verdict);
	buf_addf(out, "%d\n", (int)verdict.level);
	if (kind == REQUEST_STATUS_JSON)
		status_write_json(in, out);
	else if (kind == REQUEST_STATUS_NAGIOS)
		verdict_add_plugin(in, &verdict, out);
	else
		status_write_table(in, out);
}

static const char *
tell_status(struct control_requests *d, const struct request *r, struct buf *out)
{
	struct status_input in = {
	    .core = &d->agent->core,
	    .cycle_cpu_ns = d->agent->self.last_cycle_cpu_ns,
	    .heartbeat = d->heartbeat,
	    .gaps = &d->agent->host.gaps,
	    .now = clock_now(),
	    .conf_origin = d->ctx->conf_origin,
	    .launched_at = d->ctx->launched_at,
	    .configured_at = d->ctx->configured_at,
	    .started_ns = d->started_ns,
	    .launcher_pid = getppid(),
	    .kept = d->kept,
	    .colour = r->kind == REQUEST_STATUS_COLOUR,
	    .columns = read_columns(r->args[0]),
	};

	process_tree_look(d->proc_fd, in.launcher_pid, &in.now, &in.cost);
	write_status(&in, r->kind, out);
	return NULL;
}

/* What is wrong with the match of a request for a silence, or NULL. */
static const char *
refuse_match(struct control_requests *d, const struct request *r, const char *match)
{
	const char *wrong = *match == '\0' ? "is empty" : match_check(match);
	struct buf why;

	buf_init(&why, d->why, sizeof(d->why));
	if (wrong != NULL)
		buf_addf(&why, "the match %s", wrong);
	else if (r->kind == REQUEST_SILENCE_FORCE ||
	         match_known(match, &d->agent->core.conf->detect, &why))
		return NULL;
	else
		buf_adds(&why, " (--force takes it as it is)");
	return d->why;
}

static const char *
add_silence(struct control_requests *d, const struct request *r, struct buf *out)
{
	const char *p = r->args[0], *match = r->args[3], *wrong = refuse_match(d, r, match);
	struct now now = clock_now();
	struct alert_silence silence = {.allow_critical = str_eq(r->args[1], "minor")};
	uint64_t secs;

	if (!str_u64(&p, p + strlen(p), &secs) || *p != '\0' || secs == 0 ||
	    secs > SILENCE_SECS_MAX)
		return "that is no time";
	if (wrong != NULL)
		return wrong;
	if (!str_copy(silence.match, sizeof(silence.match), match) ||
	    !str_copy(silence.comment, sizeof(silence.comment), r->args[2]))
		return "the match or the comment is too long";
	silence.until = clock_at(now.boot_ns + (int64_t)secs * NS_PER_SEC, &now);
	silence.id = silence_set_add(alert_silences(d->agent->core.alerts), &silence, &now);
	if (silence.id == 0)
		return "there are too many silences: remove some first";
	log_info(
	    "silence %u: %s for %llu s", (unsigned)silence.id, match, (unsigned long long)secs);
	d->changed(d->arg, &now);
	status_silences_write(&d->agent->core, &now, silence.id, STATUS_COLUMNS, out);
	return NULL;
}

static const char *
list_silences(struct control_requests *d, const struct request *r, struct buf *out)
{
	struct now now = clock_now();

	(void)r;
	status_silences_write(&d->agent->core, &now, 0, STATUS_COLUMNS, out);
	return NULL;
}

static const char *
remove_silence(struct control_requests *d, const struct request *r, struct buf *out)
{
	const char *p = r->args[0];
	struct now now = clock_now();
	uint64_t id;

	if (!str_u64(&p, p + strlen(p), &id) || *p != '\0' || id == 0 || id > UINT32_MAX)
		return "that is no number of a silence: silence list shows them";
	if (!silence_set_remove(alert_silences(d->agent->core.alerts), (uint32_t)id))
		return "there is no silence of that number";
	log_info("silence %u is removed", (unsigned)id);
	d->changed(d->arg, &now);
	buf_addf(out, "silence %u is removed\n", (unsigned)id);
	return NULL;
}

static answer_fn *const rows[] = {
    [REQUEST_STATUS_JSON] = tell_status,
    [REQUEST_STATUS_NAGIOS] = tell_status,
    [REQUEST_STATUS_TABLE] = tell_status,
    [REQUEST_STATUS_COLOUR] = tell_status,
    [REQUEST_SILENCE_LIST] = list_silences,
    [REQUEST_SILENCE_ADD] = add_silence,
    [REQUEST_SILENCE_FORCE] = add_silence,
    [REQUEST_SILENCE_REMOVE] = remove_silence,
};

static const char *
answer(void *arg, const struct request *request, struct buf *out)
{
	return rows[request->kind](arg, request, out);
}

void
control_requests_open(struct control_requests *d, struct loop *loop, const struct now *now)
{
	d->started_ns = now->boot_ns;
	d->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	clients_init(&d->clients, loop, d->ctx->control_fd, d->ctx->user_is_shared, answer, d);
}

void
control_requests_close(struct control_requests *d)
{
	clients_done(&d->clients);
	io_close(&d->proc_fd);
}

void
control_requests_log(const struct control_requests *d)
{
	const struct agent *a = d->agent;
	const struct core *core = &a->core;
	struct store_stats store;

	store_stats(core->store, &store);
	log_info("series %u (%llu refused), samples kept %llu in %zu bytes (%.2f a sample), "
	         "dropped %llu, detectors %zu bytes, "
	         "alerts pending %zu firing %zu, last cycle %.2f ms of CPU",
	    series_live(core->series), (unsigned long long)series_refused(core->series),
	    (unsigned long long)store.samples, store.bytes, store.bytes_a_sample,
	    (unsigned long long)core->batch.dropped, detect_bytes(core->detect),
	    alert_count(core->alerts, ALERT_PENDING), alert_count(core->alerts, ALERT_FIRING),
	    (double)a->self.last_cycle_cpu_ns / NS_PER_MS);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(core->outbox, id);

		if (core->conf->channels[id].enabled)
			log_info("channel %s: sent %llu, failed %llu, queued %zu%s%s",
			    channel_name(id), (unsigned long long)ch->sent,
			    (unsigned long long)ch->failures, ch->queued,
			    *ch->last_error ? ", last error: " : "", ch->last_error);
	}
}
