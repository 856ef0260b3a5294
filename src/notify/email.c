/*
 * Turns a notice into a mail, headers and all: text and HTML that say the same. The messages of one
 * alert find each other: the Message-ID of a fire can be told from the alert, and its end refers to
 * it. Text from outside is made printable first, then written by mime.c, so it can neither forge a
 * header nor be markup. Without a sender or a recipient there is no mail.
 */
#include "notify/notify.h"

#include <string.h>

#include "base/str.h"
#include "conf/string_check.h"
#include "notify/headline.h"
#include "notify/mail_content.h"
#include "notify/mime.h"

#define SUBJECT_UNITS 160
#define REFERENCES_MAX 10 /* of a message about more alerts the others have none */
#define HTML_CAP 32768

struct mail {
	const struct message *msg;
	const char *domain; /* of the sender; to the end of its string or to '>' */
	int domain_len;
	struct buf *out;
};

/* What tells the events of an alert apart: which, since when, at which level. */
static void
add_fire_id(const struct mail *m, const struct alert_facts *f, enum severity severity)
{
	char fingerprint[FINGERPRINT_TEXT_MAX];

	buf_addf(m->out, "<%s.%lld.%s@%.*s>", facts_case_text(f, fingerprint),
	    (long long)f->since.wall_ms, severity_name(severity), m->domain_len, m->domain);
}

/* One alert was told of at this level before: a reminder, or it fell and has risen again. */
static bool
is_told_again(const struct notice *n)
{
	return n->kind == NOTICE_FIRE && n->fact_count == 1 &&
	       (n->facts[0].told_levels & SEV_BIT(n->facts[0].severity)) != 0;
}

/* The same notice has the same name however often it is tried. */
static void
add_own_id(const struct mail *m)
{
	const struct notice *n = m->msg->notice;
	uint64_t hash = str_hash(STR_HASH_SEED, &n->kind, sizeof(n->kind));

	if (n->kind == NOTICE_FIRE && n->fact_count == 1 && n->facts[0].flap == FLAP_NONE &&
	    !is_told_again(n)) {
		add_fire_id(m, &n->facts[0], n->facts[0].severity);
		return;
	}
	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];
		uint64_t key = facts_case_key(f);

		hash = str_hash(hash, &key, sizeof(key));
		hash = str_hash(hash, &f->since.wall_ms, sizeof(f->since.wall_ms));
	}
	buf_addf(m->out, "<%016llx.%lld@%.*s>", (unsigned long long)hash,
	    (long long)n->created.wall_ms, m->domain_len, m->domain);
}

/*
 * An alert may have been told of at each level up to the one it has, or had; some of these messages
 * were never sent, which does no harm.
 */
static void
add_references(const struct mail *m)
{
	const struct notice *n = m->msg->notice;
	const char *before = "References: ";

	if (n->kind == NOTICE_RESOLVE && n->fact_count == 1) {
		buf_adds(m->out, "In-Reply-To: ");
		add_fire_id(m, &n->facts[0], n->facts[0].severity);
		buf_adds(m->out, "\r\n");
	}
	for (size_t i = 0; i < n->fact_count && i < REFERENCES_MAX; i++) {
		const struct alert_facts *f = &n->facts[i];
		int last = n->kind == NOTICE_RESOLVE ? SEV_EMERGENCY : (int)f->severity - 1;

		if (n->kind != NOTICE_RESOLVE && (n->fact_count > 1 || is_told_again(n)))
			last++; /* a first fire is that message, these only speak of it */
		for (int sev = SEV_WARN; sev <= last && sev < SEV_COUNT; sev++) {
			buf_adds(m->out, before);
			add_fire_id(m, f, (enum severity)sev);
			before = "\r\n ";
		}
	}
	buf_adds(m->out, before[0] == 'R' ? "" : "\r\n");
}

static void
add_addresses(const struct mail *m)
{
	const struct conf_channel *channel = m->msg->ctx->channel;

	mime_mailbox(m->out, "From", channel->from);
	buf_adds(m->out, "\r\n");
	for (size_t i = 0; i < channel->to.len; i++)
		mime_mailbox(m->out, i == 0 ? "To" : NULL, channel->to.items[i]);
	buf_adds(m->out, "\r\n");
}

static const char *
status(const struct notice *n)
{
	switch (n->kind) {
	case NOTICE_RESOLVE:
		return "resolved";
	case NOTICE_TEST:
		return "test";
	default:
		return severity_name(n->severity);
	}
}

static void
add_subject(const struct mail *m)
{
	char storage[4096];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	headline_add(m->msg, &text);
	escape_shorten(&text, 0, SUBJECT_UNITS);
	mime_header(m->out, "Subject", text.data);
}

static void
add_host(const struct mail *m)
{
	char storage[1024];
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	escape_add(&text, escape_plain, m->msg->ctx->hostname, 100);
	mime_header(m->out, "X-Sysops-Host", text.data);
}

static void
add_headers(const struct mail *m)
{
	mime_date(m->out, m->msg->ctx->now.wall_ms);
	add_addresses(m);
	add_subject(m);
	buf_adds(m->out, "Message-ID: ");
	add_own_id(m);
	buf_adds(m->out, "\r\n");
	add_references(m);
	buf_addf(m->out,
	    "List-Id: alerts of sysops-agent <sysops-agent.%.*s>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "X-Sysops-Status: %s\r\n",
	    m->domain_len, m->domain, status(m->msg->notice));
	add_host(m);
	buf_adds(m->out, "MIME-Version: 1.0\r\n");
}

/* Neither encoding of a part can have "=_" in it. */
static void
add_parts(const struct mail *m, const struct mail_content *content)
{
	static const char boundary[] = "=_sysops-agent_part";
	char storage[HTML_CAP];
	struct buf text;

	buf_addf(m->out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n", boundary);
	buf_init(&text, storage, sizeof(storage));
	mail_content_text(content, &text);
	buf_addf(m->out, "\r\n--%s\r\n", boundary);
	mime_part(m->out, "text/plain", text.data, text.len);
	buf_init(&text, storage, sizeof(storage));
	mail_content_html(content, &text);
	buf_addf(m->out, "\r\n--%s\r\n", boundary);
	mime_part(m->out, "text/html", text.data, text.len);
	buf_addf(m->out, "\r\n--%s--\r\n", boundary);
}

static bool
render(const struct notice *n, const struct notify_context *ctx, struct buf *body)
{
	const struct message msg = {n, ctx, escape_plain};
	struct mail m = {.msg = &msg, .out = body};
	struct mail_content content;
	struct string_check_address from;

	if (ctx->channel == NULL || ctx->channel->from == NULL || ctx->channel->to.len == 0)
		return false;
	from = string_check_split_address(ctx->channel->from);
	m.domain = memchr(from.mailbox, '@', from.mailbox_len);
	if (m.domain == NULL)
		return false;
	m.domain++;
	m.domain_len = (int)(from.mailbox + from.mailbox_len - m.domain);
	add_headers(&m);
	mail_content_fill(&content, &msg);
	if (ctx->minimal)
		mime_part(body, "text/plain", content.text.data, strlen(content.text.data));
	else
		add_parts(&m, &content);
	return !body->full;
}

const struct notify_channel notify_EMAIL = {
    .content_type = "message/rfc822",
    .transport = NOTIFY_SMTP,
    .render = render,
};
