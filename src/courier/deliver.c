/*
 * A job to an HTTP request by libcurl's blocking interface, and its end to an outcome. The other
 * side is trusted with nothing: it may hang, lie about lengths, answer without end or redirect.
 * What it has confirmed with a 2xx status counts as delivered, whatever becomes of the rest.
 */
#include "courier/deliver.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "courier/service.h"

#define HEADER_MAX 4096
#define ADDRESS_MAX 8192
#define TIMEOUT_DEFAULT_SECS 10
#define CONNECT_MS_MAX 10000

/* Where the distributions keep the certificates they trust. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                         /* Debian, Ubuntu, Arch */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",          /* Fedora, RHEL, Rocky */
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", /* SUSE */
    "/etc/ssl/cert.pem",                                          /* Alpine */
};

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

/* A child whose courier has died must deliver nothing: the next courier will. */
static bool
is_orphan(const struct attempt *a)
{
	return a->job->parent != 0 && getppid() != a->job->parent;
}

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
	return is_orphan(arg);
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

static const char *
find_bundle(const struct conf_channel *channel)
{
	if (channel->ca_file != NULL && channel->ca_file[0] != '\0')
		return channel->ca_file;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++) {
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	}
	return NULL;
}

static void
set_trust(struct attempt *a)
{
	const char *bundle = find_bundle(a->channel);

	curl_easy_setopt(a->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(a->curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(a->curl, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(a->curl, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(a->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (bundle == NULL)
		return;
	curl_easy_setopt(a->curl, CURLOPT_CAINFO, bundle);
	curl_easy_setopt(a->curl, CURLOPT_PROXY_CAINFO, bundle);
	/* or the folder that libcurl was built with would be trusted besides */
	curl_easy_setopt(a->curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(a->curl, CURLOPT_PROXY_CAPATH, NULL);
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
set_limits(struct attempt *a)
{
	int64_t secs =
	    a->channel->timeout_secs > 0 ? a->channel->timeout_secs : TIMEOUT_DEFAULT_SECS;
	int64_t connect;

	a->timeout_ms = secs * 1000;
	if (a->job->timeout_ms > 0 && a->job->timeout_ms < a->timeout_ms)
		a->timeout_ms = a->job->timeout_ms;
	connect = a->timeout_ms < CONNECT_MS_MAX ? a->timeout_ms : CONNECT_MS_MAX;
	curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(a->curl, CURLOPT_TIMEOUT_MS, (long)a->timeout_ms);
	curl_easy_setopt(a->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(a->curl, CURLOPT_TCP_KEEPALIVE, 0L);
	curl_easy_setopt(a->curl, CURLOPT_BUFFERSIZE, 16384L);
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
		curl_easy_setopt(
		    a->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->body_len);
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

static void
fail(struct delivery *out, enum wire_outcome outcome, const char *text)
{
	*out = (struct delivery){.outcome = outcome};
	str_copy(out->text, sizeof(out->text), text);
}

/* No answer, or not all of its headers: the network's fault, to be tried again. */
static void
judge_failure(const struct attempt *a, CURLcode code, struct delivery *out)
{
	const char *why = a->error[0] != '\0' ? a->error : curl_easy_strerror(code);
	char span[STR_SPAN_MAX];
	struct buf text;

	*out = (struct delivery){.outcome = WIRE_TEMPORARY, .status = a->reply.status};
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		out->outcome = WIRE_DENIED; /* no later attempt can change that */
	buf_init(&text, out->text, sizeof(out->text));
	if (code == CURLE_OPERATION_TIMEDOUT)
		buf_addf(
		    &text, "no answer within %s: ", str_span((a->timeout_ms + 999) / 1000, span));
	if (code == CURLE_WRITE_ERROR)
		why = "headers of the answer are too long";
	if (code == CURLE_SSL_CACERT_BADFILE)
		why = "the file of certificates (ca_file) cannot be read";
	mask_add(&a->mask, &text, why, strlen(why));
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
	set_trust(a);
	set_limits(a);
	set_request(a);
	if (is_orphan(a)) {
		fail(out, WIRE_TEMPORARY, "the courier is gone");
		return;
	}
	code = curl_easy_perform(a->curl);
	if (a->reply.complete)
		reply_judge(&a->reply, &a->mask, out);
	else
		judge_failure(a, code, out);
}

void
deliver_run(const struct conf_channel *channel, const struct deliver_job *job, struct delivery *out)
{
	struct attempt *a;

	if (channel->url == NULL || channel->url[0] == '\0') {
		fail(out, WIRE_DENIED, "no url is configured");
		return;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		fail(out, WIRE_TEMPORARY, "libcurl does not start");
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
		fail(out, WIRE_TEMPORARY, "libcurl does not start");
	curl_slist_free_all(a->headers);
	curl_easy_cleanup(a->curl);
	mem_free(a->filled);
	mem_free(a);
	curl_global_cleanup();
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
