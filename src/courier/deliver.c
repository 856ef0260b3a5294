/*
 * A job to its transport. By default an HTTP request by libcurl's blocking interface, and its end
 * to an outcome. The other side is trusted with nothing: it may hang, lie about lengths, answer
 * without end or redirect. What it has confirmed with a 2xx status counts as delivered, whatever
 * becomes of the rest.
 */
#include "courier/deliver.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "courier/attempt.h"
#include "courier/service.h"

#define HEADER_MAX 4096
#define ADDRESS_MAX 8192

struct attempt {
	const struct conf_channel *channel;
	const struct deliver_job *job;
	const struct service *service;
	const char *body; /* filled, or the job's */
	size_t body_len;
	char *filled;
	CURL *curl;
	struct curl_slist *headers;
	struct reply reply;
	struct mask mask;
	int64_t timeout_ms;
	char error[CURL_ERROR_SIZE];
	char address[ADDRESS_MAX];
};

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct attempt *a = arg;

	return reply_header(&a->reply, bytes, size * count) ? size * count : 0;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct attempt *a = arg;

	return reply_body(&a->reply, bytes, size * count) ? size * count : 0;
}

static int
on_progress(
    void *arg, curl_off_t dl_total, curl_off_t dl_now, curl_off_t ul_total, curl_off_t ul_now)
{
	(void)dl_total;
	(void)dl_now;
	(void)ul_total;
	(void)ul_now;
	return attempt_is_orphan(((const struct attempt *)arg)->job);
}

/* A line break or another control byte in a header would make it two. */
static bool
is_header_safe(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return len > 0 && len < HEADER_MAX;
}

static void
add_header(struct attempt *a, const char *name, const char *value)
{
	char line[HEADER_MAX];
	int len;

	/* libcurl takes "Name;" for an empty value and "Name:" for leave it out */
	len = snprintf(line, sizeof(line), value[0] == '\0' ? "%s;" : "%s: %s", name, value);
	if (len < 0 || len >= HEADER_MAX || !is_header_safe(line, (size_t)len))
		return;
	a->headers = curl_slist_append(a->headers, line);
}

static void
add_lines(struct attempt *a, const char *lines)
{
	char line[HEADER_MAX];

	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");
		size_t text = len > 0 && lines[len - 1] == '\r' ? len - 1 : len;

		if (is_header_safe(lines, text)) {
			memcpy(line, lines, text);
			line[text] = '\0';
			a->headers = curl_slist_append(a->headers, line);
		}
		lines += len + (lines[len] == '\n');
	}
}

static bool
has_header(const struct string_pairs *headers, const char *name)
{
	for (size_t i = 0; i < headers->len; i++) {
		if (strcasecmp(headers->items[i].key, name) == 0)
			return true;
	}
	return false;
}

static void
add_bearer(struct attempt *a)
{
	const char *token = a->channel->token;
	char value[HEADER_MAX];

	if (!a->service->bearer || token == NULL || token[0] == '\0')
		return;
	snprintf(value, sizeof(value), "Bearer %s", token);
	add_header(a, "Authorization", value);
	mem_wipe(value, sizeof(value));
}

static void
add_headers(struct attempt *a)
{
	const struct string_pairs *own = &a->channel->headers;

	if (a->job->content_type[0] != '\0' && !has_header(own, "Content-Type"))
		add_header(a, "Content-Type", a->job->content_type);
	a->headers = curl_slist_append(a->headers, "Expect:");
	add_lines(a, a->job->headers == NULL ? "" : a->job->headers);
	add_bearer(a);
	for (size_t i = 0; i < own->len; i++)
		add_header(a, own->items[i].key, own->items[i].value);
	curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, a->headers);
}

static void
set_route(struct attempt *a)
{
	const char *proxy = a->channel->proxy;

	curl_easy_setopt(a->curl, CURLOPT_URL, a->address);
	curl_easy_setopt(a->curl, CURLOPT_DEFAULT_PROTOCOL, "https");
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(a->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(a->curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(a->curl, CURLOPT_FOLLOWLOCATION, 0L);
	/* an empty string, unlike none, keeps the environment out */
	curl_easy_setopt(a->curl, CURLOPT_PROXY, proxy == NULL ? "" : proxy);
	curl_easy_setopt(a->curl, CURLOPT_NOPROXY, "");
	curl_easy_setopt(a->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(a->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(a->curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

static void
set_request(struct attempt *a)
{
	const char *method = a->channel->method;

	if (method != NULL && str_eq(method, "GET")) {
		curl_easy_setopt(a->curl, CURLOPT_HTTPGET, 1L); /* the heartbeat: no body */
	} else {
		curl_easy_setopt(a->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, a->body);
		curl_easy_setopt(a->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->body_len);
		if (method != NULL && method[0] != '\0' && !str_eq(method, "POST"))
			curl_easy_setopt(a->curl, CURLOPT_CUSTOMREQUEST, method);
	}
	curl_easy_setopt(a->curl, CURLOPT_USERAGENT, "sysops-agent/" SYSOPS_VERSION);
	curl_easy_setopt(a->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(a->curl, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(a->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(a->curl, CURLOPT_XFERINFODATA, a);
	curl_easy_setopt(a->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(a->curl, CURLOPT_ERRORBUFFER, a->error);
}

/* No answer, or not all of its headers: the network's fault, to be tried again. */
static void
judge_failure(const struct attempt *a, CURLcode code, struct delivery *out)
{
	*out = (struct delivery){.outcome = WIRE_TEMPORARY, .status = a->reply.status};
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		out->outcome = WIRE_DENIED; /* no later attempt can change that */
	attempt_explain(code, a->error, a->timeout_ms, &a->mask, out);
}

/* Where the request goes and what it says. */
static void
prepare(struct attempt *a)
{
	struct buf address;

	buf_init(&address, a->address, sizeof(a->address));
	if (a->service->add_address != NULL)
		a->service->add_address(a->channel, &address);
	else
		buf_adds(&address, a->channel->url);
	a->filled = service_fill(a->channel, a->job->body, a->job->body_len, &a->body_len);
	a->body = a->filled;
	if (a->filled == NULL) {
		a->body = a->job->body;
		a->body_len = a->job->body_len;
	}
}

static void
perform(struct attempt *a, struct delivery *out)
{
	CURLcode code;

	add_headers(a);
	set_route(a);
	attempt_set_trust(a->curl, a->channel);
	a->timeout_ms = attempt_timeout_ms(a->channel, a->job);
	attempt_set_times(a->curl, a->timeout_ms);
	set_request(a);
	if (attempt_is_orphan(a->job)) {
		attempt_fail(out, WIRE_TEMPORARY, "the courier is gone");
		return;
	}
	code = curl_easy_perform(a->curl);
	if (a->reply.complete)
		reply_judge(&a->reply, &a->mask, out);
	else
		judge_failure(a, code, out);
}

static void
request(const struct conf_channel *channel, const struct deliver_job *job, struct delivery *out)
{
	struct attempt *a;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		attempt_fail(out, WIRE_TEMPORARY, "libcurl does not start");
		return;
	}
	a = mem_zalloc(1, sizeof(*a));
	a->channel = channel;
	a->job = job;
	a->service = service_of(channel->id);
	prepare(a);
	a->curl = curl_easy_init();
	reply_init(&a->reply, clock_now().wall_ms);
	a->reply.verdicts = a->service->verdicts;
	mask_init(&a->mask, channel);
	if (a->curl != NULL)
		perform(a, out);
	else
		attempt_fail(out, WIRE_TEMPORARY, "libcurl does not start");
	curl_slist_free_all(a->headers);
	curl_easy_cleanup(a->curl);
	mem_free(a->filled);
	mem_free(a);
	curl_global_cleanup();
}

void
deliver_run(const struct conf_channel *channel, const struct deliver_job *job, struct delivery *out)
{
	const struct service *service = service_of(channel->id);
	const char *missing = service_missing(channel);

	if (missing != NULL)
		attempt_fail(out, WIRE_DENIED, missing);
	else if (service->deliver != NULL)
		service->deliver(channel, job, out);
	else
		request(channel, job, out);
}

void
deliver_once(const struct conf_channel *channel, const char *content_type, const char *body,
    size_t len, int64_t timeout_ms, struct delivery *out)
{
	const struct deliver_job job = {
	    .content_type = content_type, .body = body, .body_len = len, .timeout_ms = timeout_ms};

	deliver_run(channel, &job, out);
}

const char *
deliver_outcome_name(enum wire_outcome outcome)
{
	static const char *const names[WIRE_OUTCOMES] = {[WIRE_DELIVERED] = "delivered",
	    [WIRE_TEMPORARY] = "temporary",
	    [WIRE_RATE_LIMITED] = "rate_limited",
	    [WIRE_REJECTED] = "rejected",
	    [WIRE_DENIED] = "denied"};

	return (unsigned)outcome < WIRE_OUTCOMES && names[outcome] != NULL ? names[outcome] : "?";
}
