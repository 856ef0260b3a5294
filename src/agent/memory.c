/*
 * The core's rows and its snapshot, to the keeper and back. Rows that come back are checked by
 * their owners: damaged ones are deleted, those of a newer version left as they are. A snapshot
 * that is damaged or comes late costs what was learnt, and nothing else.
 */
#include "agent/memory.h"

#include "base/log.h"
#include "core/kept.h"

static void
put(void *arg, enum kept_kind kind, const char *key, char *json)
{
	struct memory *m = arg;

	persist_put(m->persist, kind, key, json);
}

void
memory_keep(struct memory *m, const struct now *now)
{
	struct outbox *outbox = m->agent->core.outbox;
	uint64_t txn;

	kept_take_changes(&m->agent->core, put, m);
	txn = persist_commit(m->persist, now);
	if (txn != 0)
		outbox_written(outbox, txn);
	if (m->degraded) /* known: nothing waits for the next attempt */
		outbox_unkept(outbox);
	m->events->progress(m->arg);
}

/* One loud line until the state is kept again. */
static void
report_degraded(struct memory *m, const char *why)
{
	if (!m->degraded)
		log_error("alerts cannot be kept on disk (%s): they are delivered from memory, and "
		          "would be lost with this process",
		    why);
	m->degraded = true;
}

static void
on_confirmed(void *arg, uint64_t txn)
{
	struct memory *m = arg;

	if (m->degraded)
		log_info("the state is being kept again");
	m->degraded = false;
	outbox_confirmed(m->agent->core.outbox, txn);
	m->events->progress(m->arg);
}

/* One line, however many there are. */
static void
say_damaged(struct memory *m)
{
	if (m->damaged_rows > 0)
		log_warn("%llu records of the state are damaged, and are dropped",
		    (unsigned long long)m->damaged_rows);
	m->damaged_rows = 0;
}

static void
on_failed(void *arg, const char *why)
{
	struct memory *m = arg;

	say_damaged(m);
	report_degraded(m, why);
	outbox_unkept(m->agent->core.outbox);
	m->events->progress(m->arg);
}

/* A newer version wrote it, and will want it back. */
static void
leave_unknown(struct memory *m, const char *key)
{
	if (m->unknown_rows++ == 0)
		log_warn("the state has rows that this version does not know, like %s: they are "
		         "left as they are",
		    key);
}

static void
on_row(void *arg, enum kept_kind kind, const char *key, const char *blob, size_t len)
{
	struct memory *m = arg;
	struct now now = clock_now();

	switch (kept_load(&m->agent->core, kind, key, blob, len, &now)) {
	case JSON_READ_OK:
		break;
	case JSON_READ_UNKNOWN:
		leave_unknown(m, key);
		break;
	case JSON_READ_DAMAGED:
		log_debug("a record of the state (%d, %s) is damaged", (int)kind, key);
		m->damaged_rows++;
		persist_put(m->persist, kind, key, NULL);
		break;
	}
}

static void
check_ready(struct memory *m)
{
	if (m->rows_loaded && m->snapshot_loaded)
		m->events->ready(m->arg);
}

static void
on_loaded(void *arg)
{
	struct memory *m = arg;

	say_damaged(m);
	agent_count_boot(m->agent);
	/* Where the disk did not serve, a write must show whether it does now. */
	if (m->degraded && m->agent->core.boot_count.reboots >= 0)
		m->agent->core.boot_count.changed = true;
	m->rows_loaded = true;
	check_ready(m);
}

/* A keeper that was replaced may have moved a damaged database aside. */
static void
on_fresh(void *arg)
{
	struct memory *m = arg;
	struct now now = clock_now();

	kept_mark_all(&m->agent->core);
	memory_keep(m, &now);
}

static size_t
next_bytes(void *arg, uint8_t *out, size_t cap)
{
	struct memory *m = arg;

	return snapshot_writer_next(&m->writer, out, cap);
}

static void
restart_bytes(void *arg)
{
	struct memory *m = arg;

	snapshot_writer_restart(&m->writer);
}

static void
on_saved(void *arg, uint64_t bytes)
{
	struct memory *m = arg;

	log_debug(
	    "snapshot of %u series in %llu bytes", m->writer.written, (unsigned long long)bytes);
	if (m->writer.left_out > 0)
		log_warn(
		    "%u series are too long for a snapshot and were left out", m->writer.left_out);
	snapshot_writer_done(&m->writer);
	m->events->progress(m->arg);
}

static void
on_save_failed(void *arg, const char *why)
{
	struct memory *m = arg;

	(void)why; /* said where it failed */
	snapshot_writer_done(&m->writer);
	m->events->progress(m->arg);
}

/* What was not loaded yet must not be written over. */
void
memory_save(struct memory *m, const struct now *now)
{
	const struct snapshot_source source = {
	    .next = next_bytes, .restart = restart_bytes, .arg = m};

	if (!m->agent->core.judging || !snapshot_transfer_idle(m->transfer))
		return;
	snapshot_writer_init(&m->writer, &m->agent->core, now);
	if (!snapshot_transfer_save(m->transfer, &source, now))
		snapshot_writer_done(&m->writer);
	m->saved_ns = now->boot_ns;
}

void
memory_tick(struct memory *m, const struct now *now)
{
	memory_keep(m, now);
	snapshot_transfer_tick(m->transfer, now);
	if (outbox_degraded(m->agent->core.outbox))
		report_degraded(m, "the disk does not answer");
	if (m->saved_ns == 0)
		m->saved_ns = now->boot_ns; /* the first is due in a while */
	if (now->boot_ns - m->saved_ns >= MEMORY_SNAPSHOT_SECS * NS_PER_SEC)
		memory_save(m, now);
}

static bool
take_bytes(void *arg, const uint8_t *bytes, size_t len)
{
	struct memory *m = arg;

	if (m->reader.record == NULL) {
		struct now now = clock_now();

		snapshot_reader_init(&m->reader, &m->agent->core, &now);
	}
	return snapshot_reader_take(&m->reader, bytes, len);
}

/* From its first byte again: series that are there already are passed over. */
static void
forget_bytes(void *arg)
{
	struct memory *m = arg;

	if (m->reader.record != NULL)
		snapshot_reader_restart(&m->reader);
}

/* why: what is wrong with it; NULL: nothing. */
static void
say_what_was_learnt(uint32_t series, const char *why)
{
	if (why == NULL)
		log_info("history and what was learnt of %u series go on", series);
	else if (series > 0)
		log_warn(
		    "what was learnt earlier is not taken over but of %u series: %s", series, why);
	else
		log_warn("what was learnt earlier is not taken over: %s", why);
}

static void
on_snapshot_loaded(void *arg, bool whole, const char *why)
{
	struct memory *m = arg;

	if (m->reader.record == NULL) {
		if (!whole)
			say_what_was_learnt(0, why);
	} else {
		say_what_was_learnt(
		    m->reader.read, snapshot_reader_end(&m->reader, whole ? NULL : why));
	}
	snapshot_reader_done(&m->reader);
	m->snapshot_loaded = true;
	check_ready(m);
}

void
memory_stop_waiting(struct memory *m)
{
	if (!m->rows_loaded)
		log_warn("the state is not loaded yet: starting without memory of earlier alerts, "
		         "until it is");
	if (!m->snapshot_loaded)
		snapshot_transfer_stop_load(m->transfer);
}

bool
memory_idle(const struct memory *m)
{
	return m->degraded || (persist_idle(m->persist) && snapshot_transfer_idle(m->transfer));
}

void
memory_init(struct memory *m, struct keeper_link *keeper, struct agent *agent,
    const struct memory_events *events, void *arg)
{
	static const struct persist_events rows = {
	    on_row, on_loaded, on_confirmed, on_failed, on_fresh};
	static const struct snapshot_transfer_events saves = {on_saved, on_save_failed};
	const struct snapshot_sink sink = {
	    .take = take_bytes, .restart = forget_bytes, .done = on_snapshot_loaded, .arg = m};

	*m = (struct memory){.agent = agent, .events = events, .arg = arg};
	m->persist = persist_new(keeper, &rows, m);
	m->transfer = snapshot_transfer_new(keeper, &saves, m);
	snapshot_transfer_load(m->transfer, &sink);
}

void
memory_done(struct memory *m)
{
	snapshot_transfer_free(m->transfer);
	persist_free(m->persist);
	snapshot_writer_done(&m->writer);
	snapshot_reader_done(&m->reader);
}
