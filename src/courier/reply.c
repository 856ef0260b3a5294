/*
 * Reads an HTTP answer and decides what became of the message. Nothing in it is trusted: lines and
 * body are bounded, numbers are ranged, JSON goes through jansson, and text leaves masked and
 * printable. An answer that makes no sense is a temporary failure.
 */
#include "courier/reply.h"

#include <curl/curl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "courier/http_status.h"

#define WAIT_DEFAULT_MS 5000 /* of a 429 that names no time */
#define WORDS_MAX 201        /* of what a service says, and a NUL */

/* The first row that holds a status counts. */
static const struct verdict {
	uint32_t first, last;
	enum delivery_outcome outcome;
} verdicts[] = {
    {200, 299, DELIVERY_DELIVERED},
    {300, 399, DELIVERY_DENIED},
    {400, 400, DELIVERY_REJECTED},
    {408, 408, DELIVERY_TEMPORARY},
    {411, 411, DELIVERY_REJECTED},
    {413, 415, DELIVERY_REJECTED},
    {422, 422, DELIVERY_REJECTED},
    {425, 425, DELIVERY_TEMPORARY},
    {429, 429, DELIVERY_RATE_LIMITED},
    {431, 431, DELIVERY_REJECTED},
    {400, 499, DELIVERY_DENIED}, /* 401, 403, 404, 405, 407, 410 and whatever else forbids */
    {0, UINT32_MAX, DELIVERY_TEMPORARY},
};

static void
forget_headers(struct reply *r)
{
	r->status = 0;
	r->complete = false;
	r->retry_after_ms = -1;
	r->reset_after_ms = -1;
	r->exhausted = false;
	r->ahead_ms = 0;
	r->location[0] = '\0';
}

void
reply_init(struct reply *r)
{
	r->now_wall_ms = 0;
	r->verdicts = NULL;
	r->header_bytes = 0;
	r->body_len = 0;
	forget_headers(r);
}

static int64_t
checked_wait(double ms)
{
	if (!(ms > 0))
		return 0;
	return ms > REPLY_WAIT_MAX_MS ? REPLY_WAIT_MAX_MS : (int64_t)ceil(ms);
}

/* "5" and "0.25": seconds to milliseconds. False: no number. */
static bool
read_secs(const char *value, int64_t *ms)
{
	char *end;
	double secs;

	if (value[0] < '0' || value[0] > '9')
		return false;
	secs = strtod(value, &end);
	if (*end != '\0')
		return false;
	*ms = checked_wait(secs * 1000);
	return true;
}

/* RFC 9110, 10.2.3: seconds or a date. */
static void
on_retry_after(struct reply *r, const char *value)
{
	time_t when;

	if (read_secs(value, &r->retry_after_ms))
		return;
	when = curl_getdate(value, NULL);
	if (when != -1)
		r->retry_after_ms = checked_wait((double)when * 1000 - (double)r->now_wall_ms);
}

static void
on_reset_after(struct reply *r, const char *value)
{
	(void)read_secs(value, &r->reset_after_ms);
}

static void
on_remaining(struct reply *r, const char *value)
{
	r->exhausted = str_eq(value, "0");
}

/* RFC 9110, 6.6.1: when the answer was made, in whole seconds; so 0 ms can mean that it did not
 * say. */
static void
on_date(struct reply *r, const char *value)
{
	time_t when = curl_getdate(value, NULL);
	int64_t most_secs = DELIVERY_AHEAD_MAX_MS / 1000, now_secs = r->now_wall_ms / 1000;

	if (when == -1 || when <= now_secs - most_secs || when >= now_secs + most_secs)
		return;
	r->ahead_ms = r->now_wall_ms - (int64_t)when * 1000;
	if (r->ahead_ms == 0)
		r->ahead_ms = 1;
}

static void
on_location(struct reply *r, const char *value)
{
	str_copy(r->location, sizeof(r->location), value);
}

static const struct header {
	const char *name;
	void (*read)(struct reply *r, const char *value);
} headers[] = {
    {"retry-after", on_retry_after},
    {"x-ratelimit-reset-after", on_reset_after},
    {"x-ratelimit-remaining", on_remaining},
    {"location", on_location},
    {"date", on_date},
};

/* "HTTP/1.1 204 No Content": whatever came before was an interim answer. */
static void
read_status(struct reply *r, const char *line, const char *end)
{
	const char *p = memchr(line, ' ', (size_t)(end - line));
	uint64_t status;

	forget_headers(r);
	if (p == NULL)
		return;
	p = str_skip_blank(p, end);
	if (str_u64(&p, end, &status) && status >= 100 && status <= 999)
		r->status = (uint32_t)status;
}

static void
read_header(struct reply *r, const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	char value[256];
	size_t len;

	if (colon == NULL)
		return;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const char *name = headers[i].name, *p = str_skip_blank(colon + 1, end);

		if (strlen(name) != (size_t)(colon - line) ||
		    strncasecmp(line, name, strlen(name)) != 0)
			continue;
		len = (size_t)(end - p);
		if (len >= sizeof(value) || memchr(p, '\0', len) != NULL)
			return;
		memcpy(value, p, len);
		value[len] = '\0';
		headers[i].read(r, value);
	}
}

bool
reply_header(struct reply *r, const char *line, size_t len, int64_t now_wall_ms)
{
	const char *end = line + len;

	r->now_wall_ms = now_wall_ms;
	r->header_bytes += len;
	if (r->header_bytes > REPLY_HEADERS_MAX)
		return false;
	while (end > line && strchr("\r\n \t", end[-1]) != NULL)
		end--;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		read_status(r, line, end);
	else if (end == line)
		r->complete = r->status >= 200;
	else if (!r->complete) /* later ones are trailers */
		read_header(r, line, end);
	return true;
}

bool
reply_body(struct reply *r, const char *bytes, size_t len)
{
	size_t room = sizeof(r->body) - r->body_len;

	memcpy(r->body + r->body_len, bytes, len < room ? len : room);
	r->body_len += len < room ? len : room;
	return len <= room;
}

/* The service's own words: "message" or "error" of a JSON answer; borrowed from root. */
static const char *
find_message(const json_t *root)
{
	static const char *const keys[] = {"message", "error", "detail", "description"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(root, keys[i]);

		if (json_is_object(value))
			value = json_object_get(value, "message");
		if (json_is_string(value))
			return json_string_value(value);
	}
	return NULL;
}

/*
 * A 429's body, in seconds: Discord's {"retry_after": 0.529, "global": false}, Telegram's
 * {"parameters": {"retry_after": 5}}.
 */
static int64_t
body_wait(const json_t *root)
{
	const json_t *wait = json_object_get(root, "retry_after");

	if (wait == NULL)
		wait = json_object_get(json_object_get(root, "parameters"), "retry_after");
	return json_is_number(wait) ? checked_wait(json_number_value(wait) * 1000) : -1;
}

static int64_t
longest_wait(const struct reply *r, const json_t *root, enum delivery_outcome outcome)
{
	int64_t wait = r->retry_after_ms, in_body = body_wait(root);

	if (outcome == DELIVERY_DELIVERED)
		return r->exhausted && r->reset_after_ms > 0 ? r->reset_after_ms : 0;
	if (outcome == DELIVERY_RATE_LIMITED) {
		wait = r->reset_after_ms > wait ? r->reset_after_ms : wait;
		wait = in_body > wait ? in_body : wait;
	}
	if (wait < 0)
		return outcome == DELIVERY_RATE_LIMITED ? WAIT_DEFAULT_MS : 0;
	return wait;
}

/* PagerDuty's "errors" say which member is wrong; Telegram names the chat that a group became. */
static void
add_details(const struct mask *mask, const json_t *root, struct buf *b)
{
	const json_t *errors = json_object_get(root, "errors"), *error;
	const json_t *chat =
	    json_object_get(json_object_get(root, "parameters"), "migrate_to_chat_id");
	size_t i;

	json_array_foreach(errors, i, error)
	{
		if (!json_is_string(error))
			continue;
		buf_adds(b, i == 0 ? ": " : "; ");
		mask_add(mask, b, json_string_value(error), json_string_length(error));
	}
	if (json_is_integer(chat))
		buf_addf(b, ": its chat_id is %lld now", (long long)json_integer_value(chat));
}

/* What a person can read: no page for a browser, no binary data. */
static bool
is_text(const char *body, size_t len)
{
	if (len > 0 && *body == '<')
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)body[i] < 0x20 &&
		    (body[i] == '\0' || strchr("\t\r\n", body[i]) == NULL))
			return false;
	}
	return true;
}

/* What the service says, masked; "" if that is nothing for a person. */
static void
add_words(const struct reply *r, const struct mask *mask, const json_t *root, struct buf *b)
{
	const char *message = find_message(root), *end = r->body + r->body_len;
	const char *p = r->body;

	while (p < end && memchr(" \t\r\n", *p, 4) != NULL)
		p++;
	if (message != NULL) {
		mask_add(mask, b, message, strlen(message));
		add_details(mask, root, b);
	} else if (is_text(p, (size_t)(end - p))) {
		mask_add(mask, b, p, (size_t)(end - p));
	}
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
}

/* Without the status and its name, with which many services begin. */
static const char *
skip_known(const char *words, uint32_t status, const char *name)
{
	const char *p = words;
	uint64_t number;
	size_t len = name == NULL ? 0 : strlen(name);

	if (str_u64(&p, p + strlen(p), &number) && number == status)
		words = p + strspn(p, " :-");
	if (len > 0 && strncasecmp(words, name, len) == 0 && strchr(":.!", words[len]) != NULL)
		words += len + strspn(words + len, " :.!");
	return words;
}

/* "HTTP 404 Not Found: what it means: what the service says" */
static void
add_text(const struct reply *r, const struct mask *mask, const char *words, struct buf *b)
{
	const struct http_status *row = http_status_find(r->status);

	buf_addf(b, "HTTP %u", r->status);
	if (row->name != NULL)
		buf_addf(b, " %s", row->name);
	if (r->status >= 300 && r->status <= 399) {
		buf_adds(b, ": redirects to ");
		mask_add(mask, b, r->location, strlen(r->location));
		buf_addf(b, "%s, where nothing is sent: check the URL",
		    r->location[0] == '\0' ? "an unknown place" : "");
		return;
	}
	if (row->meaning != NULL)
		buf_addf(b, ": %s", row->meaning);
	words = skip_known(words, r->status, row->name);
	if (*words != '\0')
		buf_addf(b, ": %s", words);
}

/* The service's own rows go by its words. */
static void
judge_again(const struct reply *r, const char *words, struct delivery *out)
{
	const struct reply_verdict *v = r->verdicts;

	for (; v != NULL && v->word != NULL; v++) {
		if (v->status != r->status || strcasestr(words, v->word) == NULL)
			continue;
		out->outcome = v->outcome;
		if (out->retry_after_ms < v->least_wait_ms)
			out->retry_after_ms = v->least_wait_ms;
		return;
	}
}

void
reply_judge(const struct reply *r, const struct mask *mask, struct delivery *out)
{
	json_t *root = json_loadb(r->body, r->body_len, JSON_DISABLE_EOF_CHECK, NULL);
	const struct verdict *verdict = verdicts;
	char words[WORDS_MAX];
	struct buf b;

	while (r->status < verdict->first || r->status > verdict->last)
		verdict++;
	out->outcome = verdict->outcome;
	out->status = r->status;
	out->ahead_ms = r->ahead_ms;
	out->retry_after_ms = longest_wait(r, root, verdict->outcome);
	buf_init(&b, words, sizeof(words));
	if (verdict->outcome != DELIVERY_DELIVERED)
		add_words(r, mask, root, &b);
	judge_again(r, words, out);
	buf_init(&b, out->text, sizeof(out->text));
	if (verdict->outcome != DELIVERY_DELIVERED)
		add_text(r, mask, words, &b);
	json_decref(root);
}
