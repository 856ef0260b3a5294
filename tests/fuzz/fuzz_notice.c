/*
 * Notices and facts from any text: refused or in range, and what was taken survives a round trip.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "tests/unit/notice_help.h"
#include "tests/unit/subject_help.h"
#include "model/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	notice_free(n);
	return 0;
}

#include "tests/fuzz/replay_main.h"
