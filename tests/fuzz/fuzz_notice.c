/*
 * Notices and facts from any text: refused or in range, what was taken survives a round trip, and
 * every channel makes a message of it that is UTF-8, and JSON where it says so.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "tests/unit/notice_help.h"
#include "tests/unit/subject_help.h"
#include "model/notice.h"
#include "notify/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The places for secrets are the one thing that JSON does not know. */
static void
check_json(char *text, size_t len)
{
	json_t *root;

	for (char *slot = text; (slot = strstr(slot, CHANNEL_SLOT)) != NULL;)
		*slot = 'x';
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	assert(root != NULL);
	json_decref(root);
}

static void
render(struct notice *n, int channel)
{
	static char text[NOTIFY_BODY_MAX + 1], from[] = "a@example.org";
	const struct conf_channel settings = {
	    .id = (enum channel_id)channel, .from = from, .severities = SEV_DEFAULT_MASK};
	struct notify_context ctx = {.hostname = "host",
	    .version = "1",
	    .channel = &settings,
	    .now = {.boot_ns = NS_PER_SEC, .wall_ms = 1790000000000}};
	struct buf body;

	n->channel = channel;
	for (int form = NOTICE_FULL; form <= NOTICE_BARE; form++) {
		ctx.minimal = form != NOTICE_FULL;
		ctx.bare = form == NOTICE_BARE;
		buf_init(&body, text, sizeof(text));
		if (!notify_render(n, &ctx, &body))
			continue;
		assert(str_utf8_valid(body.data, body.len));
		if (str_eq(notify_channel(channel)->content_type, "application/json"))
			check_json(body.data, body.len);
	}
}

/* Of what the queue keeps: it has an alert, and no more of them than its channel takes. */
static void
render_everywhere(struct notice *n)
{
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		unsigned most = notify_channel(id)->traits.alerts_max;

		if (n->fact_count > 0 && (most != 1 || n->fact_count == 1))
			render(n, id);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char channel[16], line[FACTS_LINE_MAX], labels[LABELS_TEXT_MAX], *text;
	struct alert_facts facts;
	struct notice *n, *back;
	enum json_read read;

	if (facts_from_json((const char *)data, size, &facts)) {
		facts_line(&facts, line);
		labels_text(&facts.subject.labels, labels);
	}
	n = notice_from_json((const char *)data, size, channel, sizeof(channel), &read);
	if (n == NULL)
		return 0;
	for (size_t i = 0; i < n->fact_count; i++)
		facts_line(&n->facts[i], line);
	text = notice_to_json(n, channel);
	assert(strlen(text) <= NOTICE_JSON_MAX);
	back = notice_from_json(text, strlen(text), channel, sizeof(channel), &read);
	assert(back != NULL && back->id == n->id && back->fact_count <= n->fact_count);
	notice_free(back);
	mem_free(text);
	render_everywhere(n);
	notice_free(n);
	return 0;
}

#include "tests/fuzz/replay_main.h"
