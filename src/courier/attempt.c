/*
 * Trust, time and words of failure for libcurl's transfers. Nothing here may be switched off by a
 * configuration.
 */
#include "courier/attempt.h"

#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define TIMEOUT_DEFAULT_SECS 10
#define CONNECT_MS_MAX 10000

/* Where the distributions keep the certificates they trust. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                         /* Debian, Ubuntu, Arch */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",          /* Fedora, RHEL, Rocky */
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", /* SUSE */
    "/etc/ssl/cert.pem",                                          /* Alpine */
};

bool
attempt_is_orphan(const struct deliver_job *job)
{
	return job->parent != 0 && getppid() != job->parent;
}

int64_t
attempt_timeout_ms(const struct conf_channel *channel, const struct deliver_job *job)
{
	int64_t secs = channel->timeout_secs > 0 ? channel->timeout_secs : TIMEOUT_DEFAULT_SECS;

	return job->timeout_ms > 0 && job->timeout_ms < secs * 1000 ? job->timeout_ms : secs * 1000;
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

void
attempt_set_trust(CURL *curl, const struct conf_channel *channel)
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

void
attempt_set_times(CURL *curl, int64_t timeout_ms)
{
	int64_t connect = timeout_ms < CONNECT_MS_MAX ? timeout_ms : CONNECT_MS_MAX;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 0L);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 16384L);
}

void
attempt_explain(CURLcode code, const char *error, int64_t timeout_ms, const struct mask *mask,
    struct delivery *out)
{
	const char *why = error[0] != '\0' ? error : curl_easy_strerror(code);
	char span[STR_SPAN_MAX];
	struct buf text;

	buf_init(&text, out->text, sizeof(out->text));
	if (code == CURLE_OPERATION_TIMEDOUT)
		buf_addf(&text, "no answer within %s: ", str_span((timeout_ms + 999) / 1000, span));
	if (code == CURLE_WRITE_ERROR)
		why = "headers of the answer are too long";
	if (code == CURLE_SSL_CACERT_BADFILE)
		why = "the file of certificates (ca_file) cannot be read";
	mask_add(mask, &text, why, strlen(why));
}

void
attempt_fail(struct delivery *out, enum wire_outcome outcome, const char *text)
{
	*out = (struct delivery){.outcome = outcome};
	str_copy(out->text, sizeof(out->text), text);
}
