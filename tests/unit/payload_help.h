/*
 * What the tests of the channels with JSON payloads share: reading a payload, and notices of texts
 * that mean something somewhere.
 */
#ifndef TESTS_PAYLOAD_HELP_H
#define TESTS_PAYLOAD_HELP_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "payload_cases.h"

static inline json_t *
payload(const struct payload_case *c, enum channel_id channel)
{
	json_t *root;

	render_case(c, channel);
	root = load_payload();
	assert_non_null(root);
	return root;
}

static inline size_t
units_of(const char *text)
{
	return text == NULL ? 0 : escape_units(text, strlen(text));
}

/* The member's text, of least to most characters. */
static inline const char *
text_of(const json_t *object, const char *key, size_t least, size_t most)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t units = units_of(text);

	if (units < least || units > most)
		fail_msg("%s: %zu characters", key, units);
	return text == NULL ? "" : text;
}

static inline void
check_no_control(const char *text, const char *allowed)
{
	for (const char *p = text; *p != '\0'; p++)
		assert_true((unsigned char)*p >= 0x20 || strchr(allowed, *p) != NULL);
}

/* Texts of bytes that mean something somewhere, at random. */
static void
fill_random(char *text, size_t cap)
{
	static const char *const parts[] = {"<", ">", "&", "&amp;", "</b>", "<b>", "@a", "/x", "\\",
	    "\"", "\n", "\x1b", "\xff", "\xe2\x80\xae", "\xf0\x9f\x98\x80", "\xc3\xbc", "x", " ",
	    "*", "\x1a"};
	size_t len = 0, most = (size_t)rand() % cap;

	for (;;) {
		const char *part = parts[(size_t)rand() % (sizeof(parts) / sizeof(parts[0]))];

		if (len + strlen(part) >= most)
			break;
		memcpy(text + len, part, strlen(part));
		len += strlen(part);
	}
	text[len] = '\0';
}

static struct notice *
make_random(void)
{
	static const enum notice_kind kinds[] = {NOTICE_FIRE, NOTICE_RESOLVE, NOTICE_DIGEST};
	size_t count = 1 + (size_t)rand() % (rand() % 4 == 0 ? 60 : 2);
	struct notice *n = notice_new(kinds[rand() % 3], 0, count);
	char text[SERIES_TEXT_MAX];

	n->created.wall_ms = NOW_MS - rand() % 200000;
	n->total += (uint64_t)rand() % 3;
	for (size_t i = 0; i < count; i++) {
		struct alert_facts *f = &n->facts[i];

		*f = disk_facts("", 95, (enum severity)(1 + rand() % 4));
		f->subject.labels.count = 0;
		fill_random(text, sizeof(text));
		label_set_add(&f->subject.labels, "mountpoint", text);
		fill_random(f->message, sizeof(f->message));
		fill_random(f->cause, sizeof(f->cause));
		fill_random(f->also, sizeof(f->also));
		fill_random(f->rule, sizeof(f->rule));
		f->also_count = (uint32_t)rand() % 4;
		f->flap = (enum alert_flap)(rand() % 3);
		f->resolved.wall_ms = n->kind == NOTICE_RESOLVE || rand() % 3 == 0 ? NOW_MS : 0;
		n->severity = f->severity > n->severity ? f->severity : n->severity;
	}
	return n;
}

/* Returns the seed of what is random: to be printed. */
static inline unsigned
start_random(void)
{
	const char *wanted = getenv("SYSOPS_SEED");
	unsigned seed =
	    wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : (unsigned)clock_now().boot_ns;

	srand(seed);
	return seed;
}

/* check() of every case, and of random ones. */
static inline void
check_all(void (*check)(const struct payload_case *c))
{
	for (size_t i = 0; i < CASE_COUNT; i++)
		check(&cases[i]);
	print_message("seed: SYSOPS_SEED=%u\n", start_random());
	for (int i = 0; i < 400; i++) {
		const struct payload_case c = {"random", make_random, 0, i % 8 == 0, false};

		check(&c);
	}
}

#endif
