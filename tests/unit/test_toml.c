/*
 * The TOML parser against the public conformance suite, value by value, and at its limits.
 */
#include "src/toml/toml.c"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/str.h"
#include "base/stream.h"
#include "tests/unit/toml_help.h"

/* The conformance suite: tagged JSON beside each valid document. */

struct counts {
	int passed, all;
};

static const char *
suite_dir(void)
{
	const char *dir = getenv("TOML_TEST_DIR");

	return dir != NULL ? dir : "../shared/testdata/toml-test";
}

/* NULL if there is no such file. */
static char *
read_file(const char *name, size_t *len)
{
	char path[512], *data;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/%s", suite_dir(), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = stream_read_all(fd, 1 << 22, &data);
	io_close(&fd);
	assert_true(n >= 0);
	*len = (size_t)n;
	return data;
}

/* The JSON library knows no NUL in keys, so on both sides a NUL is compared as U+F123. */
static json_t *
load_json(const char *name)
{
	size_t len;
	char *data = read_file(name, &len), *p;
	json_error_t err;
	json_t *json;

	assert_non_null(data);
	p = data;
	while ((p = memmem(p, len - (size_t)(p - data), "\\u0000", 6)) != NULL) {
		size_t slashes = 1;

		while (p - slashes >= data && *(p - slashes) == '\\')
			slashes++;
		if (slashes % 2 == 1)
			memcpy(p, "\\uf123", 6);
		p += 6;
	}
	json = json_loadb(data, len, 0, &err);
	if (json == NULL)
		fail_msg("%s: %s", name, err.text);
	mem_free(data);
	return json;
}

static const char *
without_nul(const char *text, size_t len, char out[4096])
{
	struct buf b;

	buf_init(&b, out, 4096);
	for (size_t i = 0; i < len; i++)
		buf_add(&b, text[i] != '\0' ? text + i : "\xef\x84\xa3", text[i] != '\0' ? 1 : 3);
	assert_false(b.full);
	return out;
}

/* "...56.600Z" is the same moment as "...56.6Z". */
static bool
same_time(const char *ours, const char *theirs)
{
	char text[64];
	struct buf b;
	const char *dot = strchr(theirs, '.'), *rest = dot, *last = dot;

	if (dot == NULL)
		return str_eq(ours, theirs);
	for (rest = dot + 1; *rest >= '0' && *rest <= '9'; rest++) {
		if (*rest != '0')
			last = rest + 1;
	}
	buf_init(&b, text, sizeof text);
	buf_add(&b, theirs, (size_t)(last - theirs));
	buf_adds(&b, rest);
	return str_eq(ours, text);
}

static bool
same_scalar(const struct toml_value *v, const char *text)
{
	char out[4096];
	double real;

	switch (v->type) {
	case TOML_STRING:
		return str_eq(without_nul(v->u.str.text, v->u.str.len, out), text);
	case TOML_INTEGER:
		return v->u.integer == strtoll(text, NULL, 10);
	case TOML_FLOAT:
		real = strtod(text, NULL);
		return isnan(real) ? isnan(v->u.real)
		                   : v->u.real == real && !signbit(v->u.real) == !signbit(real);
	case TOML_BOOL:
		return v->u.boolean == str_eq(text, "true");
	default:
		return same_time(v->u.str.text, text);
	}
}

static bool
same_value(const struct toml_value *v, const json_t *json)
{
	static const char *const TAGS[] = {
	    [TOML_STRING] = "string",
	    [TOML_INTEGER] = "integer",
	    [TOML_FLOAT] = "float",
	    [TOML_BOOL] = "bool",
	    [TOML_DATETIME] = "datetime",
	    [TOML_LOCAL_DATETIME] = "datetime-local",
	    [TOML_LOCAL_DATE] = "date-local",
	    [TOML_LOCAL_TIME] = "time-local",
	};
	char key[4096];
	size_t i = 0;

	if (v->type != TOML_TABLE && v->type != TOML_ARRAY)
		return json_is_object(json) &&
		       str_eq(json_string_value(json_object_get(json, "type")), TAGS[v->type]) &&
		       same_scalar(v, json_string_value(json_object_get(json, "value")));
	if (v->type == TOML_ARRAY ? !json_is_array(json) : !json_is_object(json))
		return false;
	if (v->u.list.count !=
	    (v->type == TOML_ARRAY ? json_array_size(json) : json_object_size(json)))
		return false;
	for (const struct toml_value *c = v->u.list.first; c != NULL; c = c->next, i++) {
		const json_t *want =
		    c->key == NULL ? json_array_get(json, i)
		                   : json_object_get(json, without_nul(c->key, c->key_len, key));

		if (want == NULL || !same_value(c, want))
			return false;
	}
	return true;
}

static bool
passes(const char *name)
{
	struct toml_error err = {0};
	char json_name[256];
	size_t len;
	char *text = read_file(name, &len);
	struct toml *doc;
	bool ok = false;

	assert_non_null(text);
	doc = toml_parse(text, len, &err);
	if (!str_starts(name, "valid/")) {
		ok = doc == NULL && err.line >= 1 && err.col >= 1 && err.text[0] != '\0';
	} else if (doc != NULL) {
		json_t *json;

		snprintf(json_name, sizeof json_name, "%.*s.json", (int)strlen(name) - 5, name);
		json = load_json(json_name);
		ok = same_value(toml_root(doc), json);
		json_decref(json);
	}
	if (!ok)
		print_message("%s: %s\n", name, doc != NULL ? "differs" : err.text);
	if (getenv("TOML_TEST_VERBOSE") != NULL && doc == NULL)
		print_message("%s:%d:%d: %s\n", name, err.line, err.col, err.text);
	toml_free(doc);
	mem_free(text);
	return ok;
}

static void
conforms_to_the_public_suite(void **state)
{
	struct counts valid = {0}, invalid = {0};
	size_t len;
	char *list = read_file("files-toml-1.0.0", &len), *line, *rest = list;

	(void)state;
	if (list == NULL) {
		print_message("skip: no conformance suite in %s (TOML_TEST_DIR)\n", suite_dir());
		skip();
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct counts *counts = str_starts(line, "valid/") ? &valid : &invalid;

		if (!str_ends(line, ".toml"))
			continue;
		counts->all++;
		counts->passed += passes(line);
	}
	mem_free(list);
	print_message("toml-test 1.0.0: valid %d/%d, invalid %d/%d\n", valid.passed, valid.all,
	    invalid.passed, invalid.all);
	assert_true(valid.all > 0 && invalid.all > 0);
	assert_int_equal(valid.passed, valid.all);
	assert_int_equal(invalid.passed, invalid.all);
}

static char *
repeat(const char *before, const char *item, size_t n, const char *after, size_t *len)
{
	size_t cap = strlen(before) + n * strlen(item) + strlen(after) + 1;
	char *text = mem_zalloc(cap, 1);
	struct buf b;

	buf_init(&b, text, cap);
	buf_adds(&b, before);
	while (n-- > 0)
		buf_adds(&b, item);
	buf_adds(&b, after);
	*len = b.len;
	return text;
}

static void
assert_limit(const char *before, const char *item, size_t most, const char *after, const char *says)
{
	for (size_t n = most; n <= most + 1; n++) {
		struct toml_error err = {0};
		size_t len;
		char *text = repeat(before, item, n, after, &len);
		struct toml *doc = toml_parse(text, len, &err);

		assert_int_equal(doc != NULL || strstr(err.text, says) == NULL, n == most);
		toml_free(doc);
		mem_free(text);
	}
}

static void
limits_are_clear_errors(void **state)
{
	(void)state;
	/* Values do not count towards depth until they are inside something. */
	assert_limit("a = ", "[", TOML_DEPTH_MAX, "", "nested deeper than 64");
	assert_limit("", "a.", TOML_DEPTH_MAX - 1, "a = 1", "nested deeper than 64");
	assert_limit("[", "a.", TOML_DEPTH_MAX - 1, "a]", "nested deeper than 64");
	assert_limit("a = ", "{a = ", TOML_DEPTH_MAX - 1, "", "nested deeper than 64");
	assert_limit("a = [", "1,", TOML_VALUES_MAX - 1, "]", "more than 100000 values");
	assert_limit("#", "x", TOML_BYTES_MAX - 1, "", "bytes long, the limit is 1048576");
}

static void
large_documents_are_quick(void **state)
{
	enum { KEYS = 60000 };
	size_t cap = TOML_BYTES_MAX, len;
	char *text = mem_zalloc(cap, 1), name[16];
	struct toml_error err;
	struct toml *doc;
	struct buf b;
	int64_t start = clock_cpu_ns();

	(void)state;
	buf_init(&b, text, cap);
	for (int i = 0; i < KEYS; i++)
		buf_addf(&b, "k%d = %d\n", i, i);
	assert_false(b.full);
	doc = toml_parse(text, b.len, &err);
	assert_non_null(doc);
	assert_int_equal(toml_root(doc)->u.list.count, KEYS);
	for (int i = 0; i < KEYS; i++) {
		snprintf(name, sizeof name, "k%d", i);
		assert_int_equal(entry(toml_root(doc), name)->u.integer, i);
	}
	assert_null(entry(toml_root(doc), "k60000"));
	toml_free(doc);
	mem_free(text);
	text = repeat("a = [", "'x', ", 99000, "]", &len); /* one long line */
	doc = toml_parse(text, len, &err);
	assert_int_equal(entry(toml_root(doc), "a")->u.list.last->col, 6 + 98999 * 5);
	toml_free(doc);
	mem_free(text);
	assert_true(clock_cpu_ns() - start < 5 * NS_PER_SEC); /* takes some 50 ms */
}

static void
nothing_is_a_document(void **state)
{
	struct toml_error err;
	struct toml *doc = toml_parse(NULL, 0, &err);

	(void)state;
	assert_int_equal(toml_root(doc)->type, TOML_TABLE);
	assert_int_equal(toml_root(doc)->u.list.count, 0);
	toml_free(doc);
	toml_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conforms_to_the_public_suite),
	    cmocka_unit_test(limits_are_clear_errors),
	    cmocka_unit_test(large_documents_are_quick),
	    cmocka_unit_test(nothing_is_a_document),
	};

	return cmocka_run_group_tests_name("toml", tests, seed_random, NULL);
}
