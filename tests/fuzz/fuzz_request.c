/*
 * Bytes that a client of the control socket sends, to a request: fields stay inside the line, are
 * plain text, and what is taken once is taken again when it is put together anew.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/request.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[REQUEST_MAX + 1];
	struct request r;
	const char *wrong;

	if (size > REQUEST_MAX)
		size = REQUEST_MAX;
	memcpy(line, data, size);
	wrong = request_parse(line, size, &r);
	if (wrong != NULL) {
		assert(strlen(wrong) > 0);
		return 0;
	}
	assert(r.kind <= REQUEST_SILENCE_REMOVE);
	for (size_t i = 0; i < REQUEST_ARGS; i++) {
		size_t len = strlen(r.args[i]);

		assert(len < REQUEST_MAX && str_utf8_valid(r.args[i], len));
		assert(strpbrk(r.args[i], "\t\n\r\x1b") == NULL);
	}
	return 0;
}

#include "tests/fuzz/replay_main.h"
