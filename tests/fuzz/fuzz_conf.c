/*
 * The configuration from both sides. First byte even: the rest is a file. Odd: the rest is a key
 * list under a header that fits. What loads must survive the wire for every role.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "tests/unit/load_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_wire(const struct conf *conf)
{
	for (unsigned role = CONF_LAUNCHER; role <= CONF_COURIER; role *= 2) {
		size_t len, again_len;
		char *blob = conf_encode(conf, role, &len), *again;
		struct conf *got = conf_decode(blob, len);

		assert(got != NULL);
		again = conf_encode(got, role, &again_len);
		assert(again_len == len && memcmp(blob, again, len) == 0);
		conf_free(got);
		mem_free(blob);
		mem_free(again);
	}
}

static void
try_file(const char *bytes, size_t len)
{
	static struct conf_report report;
	struct conf *conf = load_bytes("fuzz.toml", bytes, len, &report);

	assert((conf == NULL) == (report.errors > 0));
	conf_report_print(&report, -1);
	if (conf == NULL)
		return;
	conf_describe(conf, -1);
	check_wire(conf);
	conf_free(conf);
}

/* A header is 4 bytes of magic, 4 of length, 8 of sum; a real one lends its magic. */
static void
try_key_list(const char *body, size_t len)
{
	static struct conf_report report;
	struct conf *defaults = conf_load(NULL, NULL, NULL, &report), *conf;
	size_t unused;
	char *real = conf_encode(defaults, CONF_KEEPER, &unused);
	char *blob = mem_zalloc(len + 16, 1);
	uint32_t body_len = (uint32_t)len;
	uint64_t sum = str_hash(STR_HASH_SEED, body, len);

	memcpy(blob, real, 4);
	memcpy(blob + 4, &body_len, 4);
	memcpy(blob + 8, &sum, 8);
	memcpy(blob + 16, body, len);
	conf = conf_decode(blob, len + 16);
	if (conf != NULL) {
		conf_describe(conf, -1);
		check_wire(conf);
	}
	conf_free(conf);
	conf_free(defaults);
	mem_free(real);
	mem_free(blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (size == 0)
		return 0;
	copy = mem_strndup((const char *)data + 1, size - 1);
	if (data[0] % 2 == 0)
		try_file(copy, size - 1);
	else
		try_key_list(copy, size - 1);
	mem_free(copy);
	return 0;
}

#include "tests/fuzz/replay_main.h"
