/*
 * Bytes as a template: it compiles or it is refused in words; what compiles is rendered on every
 * channel with values from outside, and the message is whole, valid UTF-8 and within its bound.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/placeholder.h"
#include "conf/string_check.h"
#include "notify/notify.h"
#include "tests/unit/subject_help.h"

#define NOW_MS 1795380901123
#define HOSTILE "@everyone <b> \r\nBcc: *_~|> ${x} \x1b[31m \xff {{value}} `c` ]\"\\ &amp;"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct notice *
make_notice(enum notice_kind kind)
{
	struct notice *n = notice_new(kind, 0, 1);
	struct alert_facts *f = &n->facts[0];

	n->created.wall_ms = NOW_MS;
	n->severity = SEV_CRITICAL;
	*f = (struct alert_facts){.fingerprint = 1,
	    .subject = metric_subject(METRIC_DISK_USAGE),
	    .severity = SEV_CRITICAL,
	    .value = 95,
	    .limit = 90,
	    .worst = 97,
	    .eta_secs = kind == NOTICE_FIRE ? 3600 : NAN,
	    .since.wall_ms = NOW_MS - 60000,
	    .resolved.wall_ms = kind == NOTICE_FIRE ? 0 : NOW_MS,
	    .count = 2};
	label_set_add(&f->subject.labels, "mountpoint", HOSTILE);
	str_copy(f->message, sizeof(f->message), HOSTILE);
	str_copy(f->cause, sizeof(f->cause), HOSTILE);
	return n;
}

static void
render(struct conf_channel *channel, enum notice_kind kind)
{
	static char storage[NOTIFY_BODY_MAX + 1];
	const struct notify_context ctx = {
	    .hostname = HOSTILE, .version = "0", .channel = channel, .now.wall_ms = NOW_MS};
	struct notice *n = make_notice(kind);
	struct buf body;

	n->channel = (int)channel->id;
	buf_init(&body, storage, sizeof(storage));
	if (!notify_render(n, &ctx, &body) || strlen(storage) != body.len ||
	    !str_utf8_valid(storage, body.len))
		abort();
	if (channel->id == CHANNEL_EMAIL) {
		storage[strstr(storage, "\r\n\r\n") - storage] = '\0'; /* the headers */
		if (strstr(storage, "\nBcc") != NULL)
			abort();
	}
	notice_free(n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char from[] = "a@example.org", target[] = "1";
	char *to[] = {from};
	char why[PLACEHOLDER_WHY_MAX] = "", text[PLACEHOLDER_TEXT_MAX + 1];
	struct arena *arena = arena_new();
	struct placeholder_list *list;

	size = size < PLACEHOLDER_TEXT_MAX ? size : PLACEHOLDER_TEXT_MAX;
	memcpy(text, data, size);
	text[size] = '\0';
	list = placeholder_compile(arena, text, why);
	if ((list == NULL) != (why[0] != '\0') || placeholder_check(text, why) != (list != NULL))
		abort();
	/* as the configuration has it: UTF-8 without control bytes */
	if (list != NULL && string_check_is_lines(text) && str_utf8_valid(text, strlen(text))) {
		list->plain = size % 2 == 0;
		for (int id = 0; id < CHANNEL_COUNT; id++) {
			struct conf_channel channel = {.id = (enum channel_id)id,
			    .from = from,
			    .to = {to, 1},
			    .target = target,
			    .severities = SEV_DEFAULT_MASK,
			    .template = list};

			render(&channel, NOTICE_FIRE);
			render(&channel, NOTICE_RESOLVE);
		}
	}
	arena_free(arena);
	return 0;
}

#include "tests/fuzz/replay_main.h"
