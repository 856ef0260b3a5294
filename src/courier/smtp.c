/*
 * Sends a rendered mail by libcurl's SMTP. The envelope is the configuration's, not the message's:
 * what an alert says decides nothing about where it goes. The server is not trusted: smtp_reply.c
 * follows what is said and decides what became of the message. libcurl's callback for debugging is
 * the only one that shows the commands.
 */
#include "courier/smtp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/string_check.h"
#include "courier/own_name.h"
#include "courier/recipient.h"
#include "courier/smtp_reply.h"
#include "courier/transfer.h"

#define IMPLICIT_TLS_PORT 465
#define HOST_MAX 256
#define URL_MAX 800
#define ANSWERS_MAX (256 << 10) /* a line of 512 bytes for each recipient, and as much again */

struct session {
	struct transfer transfer;
	struct strings to; /* those who get it; the configuration's strings */
	struct curl_slist *recipients;
	struct smtp_reply reply;
	size_t sent;    /* bytes of the body */
	size_t heard;   /* bytes of answers */
	bool tls_begun; /* the first bytes of it have left */
	char url[URL_MAX];
	char sender[HOST_MAX + 128];
};

static int
on_debug(CURL *curl, curl_infotype type, char *bytes, size_t len, void *arg)
{
	struct session *s = arg;

	(void)curl;
	if (type == CURLINFO_HEADER_OUT)
		smtp_reply_command(&s->reply, bytes, len);
	s->tls_begun = s->tls_begun || type == CURLINFO_SSL_DATA_OUT;
	return 0;
}

static size_t
on_line(char *bytes, size_t size, size_t count, void *arg)
{
	struct session *s = arg;

	s->heard += size * count;
	if (s->heard > ANSWERS_MAX)
		return 0;
	smtp_reply_line(&s->reply, bytes, size * count);
	return size * count;
}

static size_t
on_read(char *room, size_t size, size_t count, void *arg)
{
	struct session *s = arg;
	size_t left = s->transfer.job->body_len - s->sent,
	       n = size * count < left ? size * count : left;

	memcpy(room, s->transfer.job->body + s->sent, n);
	s->sent += n;
	return n;
}

/* What this host calls itself. */
static void
add_own_name(const struct session *s, struct buf *url)
{
	const char *domain = strchr(s->sender, '@');
	char host[HOST_MAX] = "", name[OWN_NAME_MAX];

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	own_name_make(host, domain == NULL ? "" : domain + 1, name);
	buf_addf(url, "/%s", name);
}

/* TLS before the first word. */
static bool
is_implicit(const struct conf_channel *c)
{
	return c->smtp_tls == MAIL_TLS_IMPLICIT ||
	       (c->smtp_tls == MAIL_TLS_ON && c->smtp_port == IMPLICIT_TLS_PORT);
}

static void
set_route(struct session *s)
{
	const struct conf_channel *c = s->transfer.channel;
	bool implicit = is_implicit(c);
	bool is_v6 = strchr(c->smtp_host, ':') != NULL;
	struct buf url;

	buf_init(&url, s->url, sizeof(s->url));
	buf_addf(&url, "%s://%s%s%s:%lld", implicit ? "smtps" : "smtp", is_v6 ? "[" : "",
	    c->smtp_host, is_v6 ? "]" : "", (long long)c->smtp_port);
	add_own_name(s, &url);
	curl_easy_setopt(s->transfer.curl, CURLOPT_URL, s->url);
	transfer_limit_protocols(
	    &s->transfer, "smtp,smtps", (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
	curl_easy_setopt(s->transfer.curl, CURLOPT_USE_SSL,
	    (long)(c->smtp_tls != MAIL_TLS_OFF ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(s->transfer.curl, CURLOPT_PROXY, "");
}

/*
 * By itself the library takes what it holds to be the strongest, such as the GSSAPI or NTLM of an
 * Exchange server, and fails where that needs more than a name and a password.
 */
static const struct auth {
	const char *option, *words;
} auths[MAIL_AUTHS] = {
    [MAIL_AUTH_AUTO] = {"AUTH=PLAIN;AUTH=LOGIN", "PLAIN or LOGIN"},
    [MAIL_AUTH_PLAIN] = {"AUTH=PLAIN", "PLAIN"},
    [MAIL_AUTH_LOGIN] = {"AUTH=LOGIN", "LOGIN"},
    [MAIL_AUTH_CRAM_MD5] = {"AUTH=CRAM-MD5", "CRAM-MD5"},
    [MAIL_AUTH_DIGEST_MD5] = {"AUTH=DIGEST-MD5", "DIGEST-MD5"},
    [MAIL_AUTH_NTLM] = {"AUTH=NTLM", "NTLM"},
};

static void
set_login(struct session *s)
{
	const struct conf_channel *c = s->transfer.channel;

	if (c->login == NULL || c->login[0] == '\0' ||
	    (c->smtp_tls == MAIL_TLS_OFF && !string_check_is_local_host(c->smtp_host)))
		return;
	curl_easy_setopt(s->transfer.curl, CURLOPT_USERNAME, c->login);
	curl_easy_setopt(s->transfer.curl, CURLOPT_PASSWORD, c->password);
	curl_easy_setopt(s->transfer.curl, CURLOPT_LOGIN_OPTIONS, auths[c->auth].option);
}

static void
set_envelope(struct session *s)
{
	const struct strings *to = &s->to;
	char mailbox[HOST_MAX + 128];

	curl_easy_setopt(s->transfer.curl, CURLOPT_MAIL_FROM, s->sender);
	for (size_t i = 0; i < to->len; i++) {
		const struct string_check_address a = string_check_split_address(to->items[i]);

		snprintf(mailbox, sizeof(mailbox), "%.*s", (int)a.mailbox_len, a.mailbox);
		s->recipients = curl_slist_append(s->recipients, mailbox);
	}
	curl_easy_setopt(s->transfer.curl, CURLOPT_MAIL_RCPT, s->recipients);
#if LIBCURL_VERSION_NUM >= 0x080200
	curl_easy_setopt(s->transfer.curl, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
#elif LIBCURL_VERSION_NUM >= 0x074500
	curl_easy_setopt(s->transfer.curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
#endif
}

static void
set_body(struct session *s)
{
	curl_easy_setopt(s->transfer.curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(
	    s->transfer.curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->transfer.job->body_len);
	curl_easy_setopt(s->transfer.curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(s->transfer.curl, CURLOPT_READDATA, s);
	curl_easy_setopt(s->transfer.curl, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(s->transfer.curl, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(s->transfer.curl, CURLOPT_WRITEFUNCTION, on_line);
	curl_easy_setopt(s->transfer.curl, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->transfer.curl, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(s->transfer.curl, CURLOPT_DEBUGDATA, s);
	curl_easy_setopt(s->transfer.curl, CURLOPT_VERBOSE, 1L);
}

/* To libcurl a connection that is to have TLS first is none before that. */
static const char *
find_step(const struct session *s)
{
	if (transfer_connected(&s->transfer))
		return smtp_reply_step(s->reply.stage);
	return s->tls_begun ? smtp_reply_step(SMTP_REPLY_TLS) : "connect";
}

/* A server that is silent may wait for TLS. */
static bool
may_want_tls(const struct session *s, CURLcode code)
{
	const struct conf_channel *c = s->transfer.channel;

	return code == CURLE_OPERATION_TIMEDOUT && s->reply.stage == SMTP_REPLY_GREETING &&
	       transfer_connected(&s->transfer) && c->smtp_tls == MAIL_TLS_ON && !is_implicit(c);
}

/* No word of refusal from the server: the network, TLS or a server that lacks what is needed. */
static void
judge_failure(const struct session *s, CURLcode code, struct delivery *out)
{
	const struct smtp_reply *reply = &s->reply;
	struct buf text;

	*out = (struct delivery){.outcome = DELIVERY_TEMPORARY};
	if (code == CURLE_USE_SSL_FAILED || code == CURLE_LOGIN_DENIED ||
	    code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		out->outcome = DELIVERY_DENIED;
	buf_init(&text, out->text, sizeof(out->text));
	if (code == CURLE_USE_SSL_FAILED) {
		buf_adds(&text, "the server offers no STARTTLS, without which nothing is sent");
	} else if (code == CURLE_LOGIN_DENIED && reply->mechanisms[0] != '\0') {
		buf_addf(&text, "login: none by %s, the server has only: ",
		    auths[s->transfer.channel->auth].words);
		mask_add(&s->transfer.mask, &text, reply->mechanisms, strlen(reply->mechanisms));
	} else {
		buf_addf(&text, "%s: ", find_step(s));
		transfer_explain(&s->transfer, code, &text);
	}
	if (may_want_tls(s, code))
		buf_adds(&text, "; does it want TLS first (smtp_tls = \"implicit\")?");
}

static void
converse(struct session *s, struct delivery *out)
{
	CURLcode code;

	s->transfer.too_long = "the server's answers are longer than 256 KiB";
	transfer_be_patient(&s->transfer);
	set_route(s);
	set_login(s);
	set_envelope(s);
	set_body(s);
	if (!transfer_perform(&s->transfer, &code, out))
		return;
	if (!smtp_reply_judge(&s->reply, &s->transfer.mask, out))
		judge_failure(s, code, out);
}

static struct session *
open_session(const struct conf_channel *channel, const struct attempt_job *job)
{
	const struct string_check_address from = string_check_split_address(channel->from);
	struct session *s = mem_zalloc(1, sizeof(*s));

	snprintf(s->sender, sizeof(s->sender), "%.*s", (int)from.mailbox_len, from.mailbox);
	s->to.items = mem_zalloc(channel->to.len, sizeof(s->to.items[0]));
	recipient_select(&channel->to, job->owed, job->owed_count, &s->to);
	smtp_reply_init(&s->reply, &s->to);
	s->reply.rest = job->owed_count > 0;
	return s;
}

static void
close_session(struct session *s)
{
	curl_slist_free_all(s->recipients);
	mem_free(s->to.items);
	mem_wipe(s, sizeof(*s));
	mem_free(s);
}

void
smtp_deliver(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out)
{
	struct session *s = open_session(channel, job);

	if (s->to.len == 0) { /* those who are owed it are no recipients any more */
		*out = (struct delivery){.outcome = DELIVERY_DELIVERED};
		attempt_report(job, out);
	} else {
		if (transfer_init(&s->transfer, channel, job, out))
			converse(s, out);
		transfer_done(&s->transfer, out);
	}
	close_session(s);
}

const char *
smtp_missing(const struct conf_channel *channel)
{
	if (channel->smtp_host == NULL || channel->smtp_host[0] == '\0')
		return "no smtp_host is configured";
	if (channel->from == NULL || channel->from[0] == '\0')
		return "no sender (from) is configured";
	return channel->to.len == 0 ? "no recipient (to) is configured" : NULL;
}
