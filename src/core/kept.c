/*
 * The table of kept kinds. Rows that come back were written by this program, an earlier or a newer
 * version perhaps, on a disk that may have damaged them: the owner of each kind checks them.
 */
#include "core/kept.h"

#include <string.h>

#include "alert/silence_set.h"
#include "base/str.h"

struct kept_row {
	enum kept_kind kind;
	const char *key; /* the only one there is; NULL: any */
	void (*take_changes)(struct core *core, kept_change_fn *fn, void *arg);
	enum json_read (*load)(
	    struct core *core, const char *json, size_t len, const struct now *now);
	void (*mark_all)(struct core *core);
};

static void
take_alerts(struct core *core, kept_change_fn *fn, void *arg)
{
	alert_take_changes(core->alerts, fn, arg);
}

static enum json_read
load_alert(struct core *core, const char *json, size_t len, const struct now *now)
{
	core->restored = true;
	return alert_load(core->alerts, json, len, now);
}

static void
mark_alerts(struct core *core)
{
	alert_mark_all(core->alerts);
}

static void
take_silences(struct core *core, kept_change_fn *fn, void *arg)
{
	silence_set_take_changes(alert_silences(core->alerts), fn, arg);
}

static enum json_read
load_silence(struct core *core, const char *json, size_t len, const struct now *now)
{
	return silence_set_load(alert_silences(core->alerts), json, len, now);
}

static void
mark_silences(struct core *core)
{
	silence_set_mark_all(alert_silences(core->alerts));
}

static void
take_notices(struct core *core, kept_change_fn *fn, void *arg)
{
	outbox_take_changes(core->outbox, fn, arg);
}

static enum json_read
load_notice(struct core *core, const char *json, size_t len, const struct now *now)
{
	return outbox_load(core->outbox, json, len, now);
}

static void
mark_notices(struct core *core)
{
	outbox_mark_all(core->outbox);
}

static void
take_boot_count(struct core *core, kept_change_fn *fn, void *arg)
{
	if (core->boot_count.changed)
		fn(arg, BOOT_COUNT_KEY, boot_count_to_json(&core->boot_count));
	core->boot_count.changed = false;
}

static enum json_read
load_boot_count(struct core *core, const char *json, size_t len, const struct now *now)
{
	(void)now;
	return json_read_if(boot_count_from_json(&core->boot_count, json, len));
}

static void
mark_boot_count(struct core *core)
{
	core->boot_count.changed = core->boot_count.reboots >= 0;
}

static const struct kept_row rows[] = {
    {KEPT_ALERT, NULL, take_alerts, load_alert, mark_alerts},
    {KEPT_SILENCE, NULL, take_silences, load_silence, mark_silences},
    {KEPT_NOTICE, NULL, take_notices, load_notice, mark_notices},
    {KEPT_META, BOOT_COUNT_KEY, take_boot_count, load_boot_count, mark_boot_count},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* A change on its way from its owner to whoever keeps it. */
struct passing {
	enum kept_kind kind;
	kept_put_fn *put;
	void *arg;
};

static void
pass(void *arg, const char *key, char *json)
{
	const struct passing *p = arg;

	p->put(p->arg, p->kind, key, json);
}

void
kept_take_changes(struct core *core, kept_put_fn *put, void *arg)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct passing p = {rows[i].kind, put, arg};

		rows[i].take_changes(core, pass, &p);
	}
}

void
kept_mark_all(struct core *core)
{
	for (size_t i = 0; i < ROWS; i++)
		rows[i].mark_all(core);
}

enum json_read
kept_load(struct core *core, enum kept_kind kind, const char *key, const char *json, size_t len,
    const struct now *now)
{
	if (strlen(key) >= KEPT_KEY_MAX)
		return JSON_READ_UNKNOWN;
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].kind == kind && (rows[i].key == NULL || str_eq(rows[i].key, key)))
			return rows[i].load(core, json, len, now);
	}
	return JSON_READ_UNKNOWN;
}
