/*
 * The configuration from both sides. First byte even: the rest is a file. Odd: the rest is a key
 * list under a header that fits. What loads must survive the wire for the role that the next two
 * bits say.
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
check_wire(const struct conf *conf, unsigned role)
{
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

static void
try_file(const char *bytes, size_t len, unsigned role)
{
	static struct conf_report report;
	struct conf *conf = load_bytes("fuzz.toml", bytes, len, &report);

	assert((conf == NULL) == (report.errors > 0));
	conf_report_print(&report, -1);
	if (conf == NULL)
		return;
	conf_describe(conf, -1);
	check_wire(conf, role);
	conf_free(conf);
}

/* Of a real header, which lends it. */
static const char *
magic(void)
{
	static struct conf_report report;
	static char *real;

	if (real == NULL) {
		struct conf *defaults = conf_load(NULL, NULL, NULL, &report);
		size_t unused;

		real = conf_encode(defaults, CONF_KEEPER, &unused);
		conf_free(defaults);
	}
	return real;
}

/* A header is 4 bytes of magic, 4 of length, 8 of sum. */
static void
try_key_list(const char *body, size_t len, unsigned role)
{
	char *blob = mem_zalloc(len + 16, 1);
	struct conf *conf;
	uint32_t body_len = (uint32_t)len;
	uint64_t sum = str_hash(STR_HASH_SEED, body, len);

	memcpy(blob, magic(), 4);
	memcpy(blob + 4, &body_len, 4);
	memcpy(blob + 8, &sum, 8);
	memcpy(blob + 16, body, len);
	conf = conf_decode(blob, len + 16);
	if (conf != NULL) {
		conf_describe(conf, -1);
		check_wire(conf, role);
	}
	conf_free(conf);
	mem_free(blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned role;
	char *copy;

	if (size == 0)
		return 0;
	role = CONF_LAUNCHER << (data[0] / 2 % 4);
	copy = mem_strndup((const char *)data + 1, size - 1);
	if (data[0] % 2 == 0)
		try_file(copy, size - 1, role);
	else
		try_key_list(copy, size - 1, role);
	mem_free(copy);
	return 0;
}

#include "tests/fuzz/replay_main.h"
