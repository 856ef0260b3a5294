/*
 * Sends a job as an HTTP request by libcurl's blocking interface and turns its end into an outcome.
 * The other side is trusted with nothing: it may hang, lie about lengths, answer without end or
 * redirect. What it has confirmed with a 2xx status counts as delivered, whatever becomes of the
 * rest.
 */
#include "courier/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "courier/service.h"
#include "courier/transfer.h"

#define HEADER_MAX 4096
#define ADDRESS_MAX 8192

struct request {
	struct transfer transfer;
	const struct service *service;
	const char *body; /* filled, or the job's */
	size_t body_len;
	char *filled;
	struct curl_slist *headers;
	struct reply reply;
	char address[ADDRESS_MAX];
};

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct request *r = arg;

	return reply_header(&r->reply, bytes, size * count, clock_now().wall_ms) ? size * count : 0;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct request *r = arg;

	return reply_body(&r->reply, bytes, size * count) ? size * count : 0;
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
add_header(struct request *r, const char *name, const char *value)
{
	char line[HEADER_MAX];
	int len;

	/* libcurl takes "Name;" for an empty value and "Name:" for leave it out */
	len = snprintf(line, sizeof(line), value[0] == '\0' ? "%s;" : "%s: %s", name, value);
	if (len < 0 || len >= HEADER_MAX || !is_header_safe(line, (size_t)len))
		return;
	r->headers = curl_slist_append(r->headers, line);
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
add_bearer(struct request *r)
{
	const char *token = r->transfer.channel->token;
	char value[HEADER_MAX];

	if (!r->service->bearer || token == NULL || token[0] == '\0')
		return;
	snprintf(value, sizeof(value), "Bearer %s", token);
	add_header(r, "Authorization", value);
	mem_wipe(value, sizeof(value));
}

static void
add_headers(struct request *r)
{
	const struct string_pairs *own = &r->transfer.channel->headers;

	if (r->transfer.job->content_type[0] != '\0' && !has_header(own, "Content-Type"))
		add_header(r, "Content-Type", r->transfer.job->content_type);
	r->headers = curl_slist_append(r->headers, "Expect:");
	add_bearer(r);
	for (size_t i = 0; i < own->len; i++)
		add_header(r, own->items[i].key, own->items[i].value);
	curl_easy_setopt(r->transfer.curl, CURLOPT_HTTPHEADER, r->headers);
}

static void
set_route(struct request *r)
{
	const char *proxy = r->transfer.channel->proxy;

	curl_easy_setopt(r->transfer.curl, CURLOPT_URL, r->address);
	curl_easy_setopt(r->transfer.curl, CURLOPT_DEFAULT_PROTOCOL, "https");
	transfer_limit_protocols(
	    &r->transfer, "http,https", (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	curl_easy_setopt(r->transfer.curl, CURLOPT_FOLLOWLOCATION, 0L);
	/* an empty string, unlike none, keeps the environment out */
	curl_easy_setopt(r->transfer.curl, CURLOPT_PROXY, proxy == NULL ? "" : proxy);
	curl_easy_setopt(r->transfer.curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(r->transfer.curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void
set_request(struct request *r)
{
	const char *method = r->transfer.channel->method;

	if (method != NULL && str_eq(method, "GET")) {
		curl_easy_setopt(
		    r->transfer.curl, CURLOPT_HTTPGET, 1L); /* the heartbeat: no body */
	} else {
		curl_easy_setopt(r->transfer.curl, CURLOPT_POST, 1L);
		curl_easy_setopt(r->transfer.curl, CURLOPT_POSTFIELDS, r->body);
		curl_easy_setopt(
		    r->transfer.curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
		if (method != NULL && method[0] != '\0' && !str_eq(method, "POST"))
			curl_easy_setopt(r->transfer.curl, CURLOPT_CUSTOMREQUEST, method);
	}
	curl_easy_setopt(r->transfer.curl, CURLOPT_USERAGENT, "sysops-agent/" SYSOPS_VERSION);
	curl_easy_setopt(r->transfer.curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(r->transfer.curl, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(r->transfer.curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(r->transfer.curl, CURLOPT_WRITEDATA, r);
}

/* No answer, or not all of its headers: the network's fault, to be tried again. */
static void
judge_failure(const struct request *r, CURLcode code, struct delivery *out)
{
	struct buf text;

	*out = (struct delivery){.outcome = DELIVERY_TEMPORARY, .status = r->reply.status};
	/* Once connected it is the answer that is none of HTTP. */
	if (!transfer_connected(&r->transfer) &&
	    (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT))
		out->outcome = DELIVERY_DENIED; /* no later attempt can change that */
	buf_init(&text, out->text, sizeof(out->text));
	transfer_explain(&r->transfer, code, &text);
}

/* Where the request goes and what it says. */
static void
prepare(struct request *r)
{
	struct buf address;

	buf_init(&address, r->address, sizeof(r->address));
	if (r->service->add_address != NULL)
		r->service->add_address(r->transfer.channel, &address);
	else
		buf_adds(&address, r->transfer.channel->url);
	r->filled = service_fill(
	    r->transfer.channel, r->transfer.job->body, r->transfer.job->body_len, &r->body_len);
	r->body = r->filled;
	if (r->filled == NULL) {
		r->body = r->transfer.job->body;
		r->body_len = r->transfer.job->body_len;
	}
}

static void
perform(struct request *r, struct delivery *out)
{
	CURLcode code;

	r->transfer.too_long = "the headers of the answer are longer than 64 KiB";
	add_headers(r);
	set_route(r);
	set_request(r);
	if (!transfer_perform(&r->transfer, &code, out))
		return;
	if (r->reply.complete)
		reply_judge(&r->reply, &r->transfer.mask, out);
	else
		judge_failure(r, code, out);
}

void
http_deliver(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out)
{
	struct request *r = mem_zalloc(1, sizeof(*r));

	r->service = service_of(channel->id);
	reply_init(&r->reply);
	r->reply.verdicts = r->service->verdicts;
	if (transfer_init(&r->transfer, channel, job, out)) {
		prepare(r);
		perform(r, out);
	}
	transfer_done(&r->transfer, out);
	curl_slist_free_all(r->headers);
	mem_free(r->filled);
	mem_free(r);
}
