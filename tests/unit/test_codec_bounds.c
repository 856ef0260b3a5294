/*
 * Each value on its way to another process, at its bounds: what a file could not have said is
 * refused, and with it the whole. test_codec.c has what each role is told.
 */
#include "src/conf/codec.c"

#include "tests/unit/conf_help.h"

/* Of the body under a header that fits, in memory that ends with it. */
static bool
decodes(const char *body, size_t len)
{
	struct header h = {.magic = MAGIC, .len = (uint32_t)len};
	char *blob = mem_zalloc(sizeof(h) + len, 1);
	struct conf *conf;

	h.sum = str_hash(STR_HASH_SEED, body, len);
	memcpy(blob, &h, sizeof(h));
	if (len > 0)
		memcpy(blob + sizeof(h), body, len);
	conf = conf_decode(blob, sizeof(h) + len);
	mem_free(blob);
	conf_free(conf);
	return conf != NULL;
}

/* A key and these bytes as its value. */
static bool
takes(const struct conf_key *key, const void *value, size_t len)
{
	static char body[1 << 17];
	struct sink s = {body, 0};

	put_text(&s, key->name);
	put_bytes(&s, value, len);
	return decodes(body, s.len);
}

static bool
takes_integer(const struct conf_key *key, int64_t value)
{
	return takes(key, &value, sizeof(value));
}

static bool
takes_real(const struct conf_key *key, double value)
{
	return takes(key, &value, sizeof(value));
}

static bool
takes_u32(const struct conf_key *key, uint32_t value)
{
	return takes(key, &value, sizeof(value));
}

static bool
takes_text(const struct conf_key *key, const char *text, size_t len)
{
	static char value[1 << 16];
	struct sink s = {value, 0};

	put_u32(&s, len);
	put_bytes(&s, text, len);
	return takes(key, value, s.len);
}

static void
test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];
		int64_t least = (int64_t)key->min, most = (int64_t)key->max,
		        def = (int64_t)key->def;

		if (key->name == NULL || key->roles == 0)
			continue;
		if (key->type == KEY_BOOL) {
			assert_true(takes(key, "\0", 1) && takes(key, "\1", 1));
			assert_false(takes(key, "\2", 1) || takes(key, "\377", 1));
		} else if (key->type == KEY_INT) {
			assert_true(takes_integer(key, least) && takes_integer(key, most));
			assert_true(takes_integer(key, def));
			assert_int_equal(takes_integer(key, least - 1), least - 1 == def);
			assert_int_equal(takes_integer(key, most + 1), most + 1 == def);
			assert_false(takes_integer(key, INT64_MIN));
		} else if (key->type == KEY_FLOAT) {
			assert_true(takes_real(key, key->min) && takes_real(key, key->max));
			assert_false(takes_real(key, key->min - 0.5));
			assert_false(takes_real(key, key->max * 1.5 + 0.5));
			assert_false(takes_real(key, INFINITY));
			assert_int_equal(takes_real(key, NAN), (key->flags & KEY_LEVEL) != 0);
		} else if (key->type == KEY_SEVERITIES) {
			for (unsigned sev = 0; sev < 32; sev++)
				assert_int_equal(
				    takes_u32(key, 1u << sev), sev >= SEV_INFO && sev < SEV_COUNT);
		} else if (key->type == KEY_ENUM) {
			uint32_t n = 0;

			while (key->names[n] != NULL)
				assert_true(takes_u32(key, n++));
			assert_false(takes_u32(key, n) || takes_u32(key, UINT32_MAX));
		}
	}
}

static const struct conf_key *
find(const char *name)
{
	const struct conf_key *key = keys_find(name);

	assert_non_null(key);
	return key;
}

static void
test_texts(void **state)
{
	static char full[KEY_STRING_MAX + 2];
	const struct conf_key *hostname = find("agent.hostname"), *user = find("agent.user");
	size_t most = keys_longest(hostname);
	char nested[64];
	struct sink s = {nested, 0};

	(void)state;
	memset(full, 'x', sizeof(full));
	assert_true(takes_text(hostname, "", 0) && takes_text(hostname, "web1", 4));
	assert_true(takes_text(hostname, full, most));
	assert_false(takes_text(hostname, full, most + 1));
	assert_false(takes_text(hostname, "a\0b", 3));
	assert_false(takes_text(hostname, "a\nb", 3));
	assert_false(takes_text(hostname, "a\x7f", 2));
	assert_false(takes_text(hostname, "a\xff", 2));
	assert_false(takes_text(hostname, "a b", 3));
	assert_true(takes_text(user, "nobody", 6));
	assert_false(takes_text(user, "no body", 7));
	/* A text that would be a key, if it were not read as a text. */
	s.len = 0;
	put_u32(&s, 22);
	put_text(&s, "agent.pid_file");
	put_u32(&s, 0);
	assert_false(takes(hostname, nested, s.len));
	assert_false(takes_u32(user, 1));
	assert_false(takes_u32(user, UINT32_MAX));
}

/* A list of so many entries, all alike. */
static bool
takes_list(const struct conf_key *key, uint32_t said, uint32_t count, const char *entry)
{
	static char value[1 << 16];
	struct sink s = {value, 0};

	put_u32(&s, said);
	for (uint32_t i = 0; i < count; i++)
		put_text(&s, entry);
	return takes(key, value, s.len);
}

static void
test_lists(void **state)
{
	const struct conf_key *patterns = find("collector.process.track_patterns"),
	                      *labels = find("agent.labels"), *enabled = find("alerting.email.to");
	static const char second_is_bad[] = "\2\0\0\0\3\0\0\0a@b\2\0\0\0ab";
	char item[KEY_ITEM_MAX + 2];

	(void)state;
	memset(item, 'i', sizeof(item));
	item[KEY_ITEM_MAX] = '\0';
	assert_true(takes_list(patterns, 0, 0, ""));
	assert_true(takes_list(patterns, 1, 1, item));
	assert_true(takes_list(patterns, KEY_ITEMS_MAX, KEY_ITEMS_MAX, "x"));
	assert_false(takes_list(patterns, KEY_ITEMS_MAX + 1, KEY_ITEMS_MAX + 1, "x"));
	assert_false(takes_list(patterns, 2, 1, "x"));
	assert_false(takes_list(patterns, UINT32_MAX, 1, "x"));
	assert_false(takes_list(patterns, 1, 1, "a\nb"));
	assert_true(takes_list(enabled, 1, 1, "a@b"));
	assert_false(takes_list(enabled, 1, 1, "ab"));
	assert_false(takes(enabled, second_is_bad, sizeof(second_is_bad) - 1));
	assert_true(takes_list(labels, 0, 0, ""));
	assert_true(takes_list(labels, 1, 2, "x"));
	assert_true(takes_list(labels, KEY_PAIRS_MAX, 2 * KEY_PAIRS_MAX, "x"));
	assert_false(takes_list(labels, KEY_PAIRS_MAX + 1, 2 * KEY_PAIRS_MAX + 2, "x"));
	assert_false(takes_list(labels, 1, 2, "a-b"));
	assert_false(takes_list(labels, 1, 1, "x"));
	item[KEY_ITEM_MAX] = 'i';
	item[KEY_ITEM_MAX + 1] = '\0';
	assert_false(takes_list(patterns, 1, 1, item));
}

/* Names that are no key, are not to be sent, or come twice. */
static void
test_names(void **state)
{
	static char body[4096];
	char name[KEY_NAME_MAX + 1];
	struct sink s = {body, 0};
	const char yes = 1;

	(void)state;
	assert_true(decodes(body, 0));
	put_text(&s, "agent.nothing");
	put_bytes(&s, &yes, 1);
	assert_false(decodes(body, s.len));
	memset(name, 'n', sizeof(name));
	for (size_t len = KEY_NAME_MAX - 1; len <= KEY_NAME_MAX + 1; len++) {
		s.len = 0;
		put_u32(&s, len);
		put_bytes(&s, name, len);
		assert_false(decodes(body, s.len));
	}
	s.len = 0;
	put_text(&s, "collector.cpu.enabled");
	put_bytes(&s, &yes, 1);
	assert_true(decodes(body, s.len));
	put_text(&s, "collector.cpu.enabled");
	put_bytes(&s, &yes, 1);
	assert_false(decodes(body, s.len));
	for (size_t i = 0; i < KEY_ROWS; i++)
		if (conf_keys[i].name != NULL && conf_keys[i].roles == 0 &&
		    conf_keys[i].type == KEY_BOOL)
			assert_false(takes(&conf_keys[i], &yes, 1));
}

static const char RICH[] =
    "[agent]\nhostname = 'h'\nlabels = {a = 'b', c = 'd'}\n[alerting.templates]\n"
    "default = '''{{value}}\nmore'''\n[[rules]]\nname = 'r'\nmetric = 'disk.usage_percent'\n"
    "warn = 5\nlabels = {device = 'sd*'}\n[[rules]]\nname = 's'\nmetric = 'cpu.load_1m'\n"
    "critical = 5\n[[alerting.silences]]\nmatch = 'disk.*'\nuntil = 2026-11-22T20:00:00Z\n"
    "[[alerting.silences]]\nmatch = '*'\ndays = ['mon']\nstart = '22:00'\nend = '24:00'\n";

/* A message that ends anywhere but between two keys is damaged, and so is one with a byte more. */
static void
test_cut(void **state)
{
	struct conf *conf = load_ok(RICH);
	static char body[1 << 16];
	struct sink s = {body, 0};
	bool is_end[2048] = {false};
	size_t ends = 1;

	(void)state;
	is_end[0] = true;
	KEYS_EACH (key) {
		if ((key->roles & CONF_AGENT) == 0 || s.len >= 1024)
			continue;
		put_text(&s, key->name);
		put_value(&s, key, (const char *)conf + key->offset);
		is_end[s.len] = true;
	}
	put_item(&s, LIST_RULES, &conf->detect.rules[0]);
	is_end[s.len] = true;
	put_item(&s, LIST_SILENCES, &conf->alert.silences[1]);
	is_end[s.len] = true;
	assert_true(s.len < sizeof(is_end) / sizeof(is_end[0]));
	for (size_t len = 0; len <= s.len; len++) {
		if (decodes(body, len) != is_end[len])
			fail_msg("cut at %zu of %zu", len, s.len);
		ends += is_end[len];
	}
	assert_true(ends > 10);
	body[s.len] = 0;
	assert_false(decodes(body, s.len + 1));
	conf_free(conf);
}

/* A rule of this metric; the bytes of the others are those of a good one. */
static bool
takes_rule(struct conf_rule rule)
{
	static char body[4096];
	struct sink s = {body, 0};

	put_item(&s, LIST_RULES, &rule);
	return decodes(body, s.len);
}

static void
test_items(void **state)
{
	struct conf *conf = load_ok(RICH);
	struct conf_rule rule = conf->detect.rules[0];
	struct conf_silence silence = conf->alert.silences[1];
	static char body[1 << 17];
	struct sink s = {body, 0};

	(void)state;
	assert_true(takes_rule(rule));
	rule.metric = METRIC_COUNT - 1;
	rule.labels.len = 0;
	assert_true(takes_rule(rule));
	rule.metric = METRIC_COUNT;
	assert_false(takes_rule(rule));
	silence.until.ms = 0;
	put_item(&s, LIST_SILENCES, &silence);
	assert_true(decodes(body, s.len));
	s.len = 0;
	silence.until.ms = -1;
	put_item(&s, LIST_SILENCES, &silence);
	assert_false(decodes(body, s.len));
	s.len = 0;
	for (size_t i = 0; i < conf_lists[LIST_SILENCES].most; i++)
		put_item(&s, LIST_SILENCES, &conf->alert.silences[0]);
	assert_true(decodes(body, s.len));
	put_item(&s, LIST_SILENCES, &conf->alert.silences[0]);
	assert_false(decodes(body, s.len));
	/* One more that is only announced is one too many, too. */
	s.len = 0;
	for (size_t i = 0; i < conf_lists[LIST_SILENCES].most; i++)
		put_item(&s, LIST_SILENCES, &conf->alert.silences[0]);
	put_u32(&s, LIST_MARK - LIST_SILENCES);
	assert_false(decodes(body, s.len));
	s.len = 0;
	put_u32(&s, LIST_MARK - LIST_COUNT);
	assert_false(decodes(body, s.len));
	conf_free(conf);
}

static void
test_header(void **state)
{
	struct conf *conf = load_ok(RICH);
	size_t len;
	char *blob = conf_encode(conf, CONF_KEEPER, &len), *large;
	struct header h;

	(void)state;
	assert_null(conf_decode(NULL, 0));
	for (size_t cut = 0; cut < sizeof(struct header); cut++)
		assert_null(conf_decode(blob, cut));
	assert_null(conf_decode(blob, len - 1));
	for (size_t i = 0; i < len; i++) {
		blob[i] ^= 1;
		assert_null(conf_decode(blob, len));
		blob[i] ^= 1;
	}
	/* With nothing behind it, it is a configuration of defaults; one too large is none. */
	memcpy(&h, blob, sizeof(h));
	h.len = 0;
	h.sum = str_hash(STR_HASH_SEED, blob, 0);
	memcpy(blob, &h, sizeof(h));
	conf_free(conf);
	conf = conf_decode(blob, sizeof(h));
	assert_non_null(conf);
	conf_free(conf);
	large = mem_zalloc(CONF_BLOB_MAX + 1, 1);
	assert_null(conf_decode(large, CONF_BLOB_MAX + 1));
	mem_free(large);
	mem_free(blob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_items),
	    cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests_name("codec_bounds", tests, NULL, NULL);
}
