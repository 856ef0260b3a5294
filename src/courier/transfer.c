/*
 * Sets up, runs and explains transfers by libcurl. The other side is trusted with nothing: it must
 * show a certificate and has a time limit, and no configuration can switch that off. A transfer
 * ends early when the courier that wanted it is gone.
 */
#include "courier/transfer.h"

#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define CONNECT_MS_MAX 10000
#define CONNECT_PATIENT_MS 30000

/* Where the distributions keep the certificates they trust. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                         /* Debian, Ubuntu, Arch */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",          /* Fedora, RHEL, Rocky */
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", /* SUSE */
    "/etc/ssl/cert.pem",                                          /* Alpine */
};

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
set_trust(CURL *curl, const struct conf_channel *channel)
{
	const char *bundle = find_bundle(channel);

	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (bundle == NULL)
		return;
	curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
	curl_easy_setopt(curl, CURLOPT_PROXY_CAINFO, bundle);
	/* or the folder that libcurl was built with would be trusted besides */
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_PROXY_CAPATH, NULL);
}

static void
set_times(CURL *curl, int64_t timeout_ms)
{
	int64_t connect = timeout_ms < CONNECT_MS_MAX ? timeout_ms : CONNECT_MS_MAX;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 0L);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 16384L);
}

bool
transfer_connected(const struct transfer *t)
{
	double secs = 0;

	return curl_easy_getinfo(t->curl, CURLINFO_CONNECT_TIME, &secs) == CURLE_OK && secs > 0;
}

void
transfer_be_patient(struct transfer *t)
{
	int64_t connect = t->timeout_ms < CONNECT_PATIENT_MS ? t->timeout_ms : CONNECT_PATIENT_MS;

	t->patient = true;
	curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	/* its own limit for an answer is two minutes */
	curl_easy_setopt(
	    t->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((t->timeout_ms + 999) / 1000));
}

/* libcurl counts a mail server's greeting and the login as connecting. */
static void
end_connecting(struct transfer *t)
{
	if (!t->patient || !transfer_connected(t))
		return;
	curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)t->timeout_ms);
	t->patient = false;
}

/* Called at least once a second. */
static int
on_progress(
    void *arg, curl_off_t dl_total, curl_off_t dl_now, curl_off_t ul_total, curl_off_t ul_now)
{
	struct transfer *t = arg;

	(void)dl_total;
	(void)dl_now;
	(void)ul_total;
	(void)ul_now;
	end_connecting(t);
	return attempt_is_orphan(t->job);
}

bool
transfer_init(struct transfer *t, const struct conf_channel *channel, const struct attempt_job *job,
    struct delivery *out)
{
	*t = (struct transfer){.channel = channel, .job = job};
	t->timeout_ms = attempt_timeout_ms(channel, job);
	mask_init(&t->mask, channel);
	t->started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	t->curl = t->started ? curl_easy_init() : NULL;
	if (t->curl == NULL) {
		attempt_fail(out, DELIVERY_TEMPORARY, "libcurl does not start");
		return false;
	}
	set_trust(t->curl, channel);
	set_times(t->curl, t->timeout_ms);
	curl_easy_setopt(t->curl, CURLOPT_NOPROXY, "");
	curl_easy_setopt(t->curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(t->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error);
	return true;
}

void
transfer_limit_protocols(struct transfer *t, const char *names, long bits)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	(void)bits;
	curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, names);
#else
	(void)names;
	curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS, bits);
#endif
}

bool
transfer_perform(struct transfer *t, CURLcode *code, struct delivery *out)
{
	if (attempt_is_orphan(t->job)) {
		attempt_fail(out, DELIVERY_TEMPORARY, "the courier is gone");
		return false;
	}
	*code = curl_easy_perform(t->curl);
	return true;
}

static int64_t
spent_secs(const struct transfer *t)
{
	double secs = 0;

	curl_easy_getinfo(t->curl, CURLINFO_TOTAL_TIME, &secs);
	return (int64_t)(secs + 0.5);
}

/*
 * Our own limit, or one of the library for a line, which older ones call a lack of memory. There is
 * none of that once a connection stands, and its strings are small.
 */
static bool
is_too_long(const struct transfer *t, CURLcode code)
{
#if LIBCURL_VERSION_NUM >= 0x080600
	if (code == CURLE_TOO_LARGE)
		return true;
#endif
	return code == CURLE_WRITE_ERROR || (code == CURLE_OUT_OF_MEMORY && transfer_connected(t));
}

void
transfer_explain(const struct transfer *t, CURLcode code, struct buf *text)
{
	const char *why = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
	char span[STR_SPAN_MAX];

	if (code == CURLE_OPERATION_TIMEDOUT)
		buf_addf(text, "no answer within %s: ", str_span(spent_secs(t), span));
	if (is_too_long(t, code))
		why = t->too_long;
	if (code == CURLE_SSL_CACERT_BADFILE)
		why = find_bundle(t->channel) == NULL
		          ? "this host has no file of trusted certificates: install "
		            "ca-certificates, or set ca_file"
		          : "the file of certificates (ca_file) cannot be read";
	mask_add(&t->mask, text, why, strlen(why));
}

void
transfer_done(struct transfer *t, const struct delivery *out)
{
	attempt_report(t->job, out);
	mask_done(&t->mask);
	curl_easy_cleanup(t->curl);
	if (t->started)
		curl_global_cleanup();
}
