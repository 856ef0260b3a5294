/*
 * Reads a mail server's answers and decides what became of the message. What the server took it
 * took, whatever becomes of the connection; what it refuses for good is either the message (a
 * shorter one may pass) or everything this account sends (the channel waits until that is put
 * right). Its words are not trusted: they are cut and masked.
 */
#include "courier/smtp_reply.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "courier/recipient.h"

static const struct command {
	const char *word;
	enum smtp_reply_stage stage;
} commands[] = {
    {"EHLO", SMTP_REPLY_HELLO},
    {"HELO", SMTP_REPLY_HELLO},
    {"STARTTLS", SMTP_REPLY_STARTTLS},
    {"AUTH", SMTP_REPLY_AUTH},
    {"MAIL FROM:", SMTP_REPLY_MAIL},
    {"RCPT TO:", SMTP_REPLY_RCPT},
    {"DATA", SMTP_REPLY_DATA},
    {"QUIT", SMTP_REPLY_QUIT},
};

/* The first row that fits counts. stage SMTP_REPLY_STAGES: any. */
static const struct verdict {
	enum smtp_reply_stage stage;
	uint32_t first, last;
	enum delivery_outcome outcome;
} verdicts[] = {
    {SMTP_REPLY_STAGES, 0, 499, DELIVERY_TEMPORARY},
    {SMTP_REPLY_STAGES, 530, 530, DELIVERY_DENIED}, /* authentication required (RFC 4954, 6) */
    {SMTP_REPLY_STAGES, 534, 535, DELIVERY_DENIED}, /* mechanism too weak, credentials invalid */
    {SMTP_REPLY_STAGES, 538, 538, DELIVERY_DENIED},
    {SMTP_REPLY_MAIL, 552, 552,
        DELIVERY_REJECTED}, /* larger than the server takes (RFC 1870, 6.1) */
    {SMTP_REPLY_DATA, 500, 599, DELIVERY_REJECTED},
    {SMTP_REPLY_BODY, 500, 599, DELIVERY_REJECTED},
    {SMTP_REPLY_STAGES, 500, 599, DELIVERY_DENIED}, /* the sender, every recipient, or this host */
    {SMTP_REPLY_STAGES, 0, UINT32_MAX, DELIVERY_TEMPORARY},
};

const char *
smtp_reply_step(enum smtp_reply_stage stage)
{
	static const char *const names[SMTP_REPLY_STAGES] = {
	    [SMTP_REPLY_GREETING] = "greeting",
	    [SMTP_REPLY_HELLO] = "EHLO",
	    [SMTP_REPLY_STARTTLS] = "STARTTLS",
	    [SMTP_REPLY_TLS] = "TLS",
	    [SMTP_REPLY_AUTH] = "login",
	    [SMTP_REPLY_MAIL] = "MAIL",
	    [SMTP_REPLY_RCPT] = "RCPT",
	    [SMTP_REPLY_DATA] = "DATA",
	    [SMTP_REPLY_BODY] = "message",
	    [SMTP_REPLY_QUIT] = "QUIT",
	};

	return names[stage];
}

void
smtp_reply_init(struct smtp_reply *t, const struct strings *recipients)
{
	*t = (struct smtp_reply){.recipients = recipients, .waiting = true};
}

void
smtp_reply_command(struct smtp_reply *t, const char *bytes, size_t len)
{
	t->waiting = true;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t n = strlen(commands[i].word);

		if (len < n || strncasecmp(bytes, commands[i].word, n) != 0)
			continue;
		t->stage = commands[i].stage;
		t->recipient += t->stage == SMTP_REPLY_RCPT;
		if (t->stage == SMTP_REPLY_HELLO)
			t->mechanisms[0] = '\0';
		return;
	}
}

static void
copy_words(char out[SMTP_REPLY_LINE_MAX], const char *text, size_t len)
{
	size_t n = len < SMTP_REPLY_LINE_MAX - 1 ? len : SMTP_REPLY_LINE_MAX - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] == '\0' ? ' ' : text[i];
	out[n] = '\0';
}

/* Of recipients who are refused for good and others who are put off, a person must see the first.
 */
static void
keep_refusal(struct smtp_reply *t, uint32_t code, const char *text, size_t len)
{
	if (t->stage == SMTP_REPLY_RCPT && t->failed_at == SMTP_REPLY_RCPT && t->code >= 500 &&
	    code < 500)
		return;
	t->code = code;
	t->failed_at = t->stage;
	t->failed_recipient = t->stage == SMTP_REPLY_RCPT ? t->recipient : 0;
	copy_words(t->line, text, len);
}

/* RFC 4954, 3: "AUTH GSSAPI LOGIN", a line of the answer to EHLO. */
static void
keep_extension(struct smtp_reply *t, uint32_t code, const char *text, size_t len)
{
	if (t->stage == SMTP_REPLY_HELLO && code == 250 && len > 5 &&
	    strncasecmp(text, "AUTH ", 5) == 0)
		copy_words(t->mechanisms, text + 5, len - 5);
}

static void
take_recipient(struct smtp_reply *t, uint32_t code)
{
	bool deferred = code >= 400 && code < 500;

	t->accepted += code < 400;
	t->deferred += deferred;
	t->refused += code >= 500;
	if (t->recipient > 0 && t->recipient <= DELIVERY_RECIPIENTS_MAX)
		t->put_off[t->recipient - 1] = deferred;
}

static void
take_answer(struct smtp_reply *t, uint32_t code, const char *text, size_t len)
{
	if (t->stage == SMTP_REPLY_RCPT)
		take_recipient(t, code);
	if (t->stage == SMTP_REPLY_BODY && code >= 200 && code <= 299)
		t->confirmed = true;
	if (t->stage == SMTP_REPLY_STARTTLS && code == 220)
		t->stage = SMTP_REPLY_TLS;
	if (t->stage == SMTP_REPLY_DATA && code == 354)
		t->stage = SMTP_REPLY_BODY;
	t->waiting = code < 400 && (t->stage == SMTP_REPLY_TLS || t->stage == SMTP_REPLY_BODY);
	if (code >= 400 && t->stage != SMTP_REPLY_QUIT)
		keep_refusal(t, code, text, len);
	else if (t->failed_at < SMTP_REPLY_RCPT && t->stage != SMTP_REPLY_QUIT)
		t->code = 0; /* it was got over: another way to log in, HELO for EHLO */
}

void
smtp_reply_line(struct smtp_reply *t, const char *bytes, size_t len)
{
	uint32_t code = 0;
	size_t skip;

	while (len > 0 && strchr("\r\n ", bytes[len - 1]) != NULL)
		len--;
	for (size_t i = 0; i < 3; i++) {
		if (i >= len || bytes[i] < '0' || bytes[i] > '9')
			return;
		code = code * 10 + (uint32_t)(bytes[i] - '0');
	}
	skip = len > 4 ? 4 : len;
	keep_extension(t, code, bytes + skip, len - skip);
	if (code < 200 || (len > 3 && bytes[3] != ' ')) /* "250-" has more lines to come */
		return;
	take_answer(t, code, bytes + skip, len - skip);
}

static enum delivery_outcome
outcome(const struct smtp_reply *t)
{
	const struct verdict *v = verdicts;

	if (t->failed_at == SMTP_REPLY_RCPT && t->deferred > 0)
		return DELIVERY_TEMPORARY; /* some may be taken later */
	while ((v->stage != SMTP_REPLY_STAGES && v->stage != t->failed_at) || t->code < v->first ||
	       t->code > v->last)
		v++;
	return v->outcome;
}

static void
add_recipient(const struct smtp_reply *t, struct buf *b)
{
	const char *address = "?";

	if (t->failed_recipient > 0 && t->failed_recipient <= t->recipients->len)
		address = t->recipients->items[t->failed_recipient - 1];
	buf_addf(b, "%.60s: ", address);
}

/* "user@example.org: 550 5.1.1 no such user", or what the server says of the whole message. */
static void
add_refusal(const struct smtp_reply *t, const struct mask *mask, struct buf *b)
{
	if (t->failed_at == SMTP_REPLY_RCPT)
		add_recipient(t, b);
	buf_addf(b, t->line[0] == '\0' ? "%u" : "%u ", t->code);
	mask_add(mask, b, t->line, strlen(t->line));
}

/* Those who did not get it, with one's reason. */
static void
tell_taken(const struct smtp_reply *t, const struct mask *mask, struct buf *b)
{
	if (t->refused > 0)
		buf_addf(b, "%zu of %zu recipients refused", t->refused, t->recipient);
	if (t->deferred > 0 && t->refused > 0)
		buf_addf(b, ", %zu put off", t->deferred);
	else if (t->deferred > 0)
		buf_addf(b, "%zu of %zu recipients put off", t->deferred, t->recipient);
	if (t->failed_at == SMTP_REPLY_RCPT && b->len > 0) {
		buf_adds(b, ": ");
		add_refusal(t, mask, b);
	}
}

/* It was not sent again to the others, who have it. */
static void
note_left(const struct smtp_reply *t, struct delivery *out)
{
	for (size_t i = 0; i < t->recipients->len && i < DELIVERY_RECIPIENTS_MAX; i++) {
		if (t->put_off[i])
			out->left[out->left_count++] = recipient_number(t->recipients->items[i]);
	}
}

/* Nobody is left to whom it is owed. */
static bool
is_done_with(const struct smtp_reply *t)
{
	return t->rest && t->refused == t->recipients->len;
}

/*
 * The conversation ended by what was refused, not by the network after it. One recipient's refusal
 * ends nothing while others are taken, or were not asked yet. 421: the server closes.
 */
static bool
is_refused(const struct smtp_reply *t)
{
	if (t->code == 0 || (t->waiting && t->stage != SMTP_REPLY_QUIT))
		return false;
	return t->failed_at != SMTP_REPLY_RCPT || t->code == 421 ||
	       t->deferred + t->refused == t->recipients->len;
}

bool
smtp_reply_judge(const struct smtp_reply *t, const struct mask *mask, struct delivery *out)
{
	struct buf text;

	*out = (struct delivery){.outcome = DELIVERY_DELIVERED, .status = 250};
	buf_init(&text, out->text, sizeof(out->text));
	if (t->confirmed || is_done_with(t)) {
		tell_taken(t, mask, &text);
		note_left(t, out);
		return true;
	}
	if (!is_refused(t))
		return false;
	out->outcome = outcome(t);
	out->status = t->code;
	buf_addf(&text, "%s%s", smtp_reply_step(t->failed_at),
	    t->failed_at == SMTP_REPLY_RCPT ? " " : ": ");
	add_refusal(t, mask, &text);
	return true;
}
