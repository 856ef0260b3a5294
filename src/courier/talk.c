/*
 * A mail server's answers to an outcome. What it took it took, whatever becomes of the connection;
 * what it refuses for good is either the message (a shorter one may pass) or everything this
 * account sends (the channel waits until that is put right). Its words are cut and masked.
 */
#include "courier/talk.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

static const struct command {
	const char *word;
	enum talk_stage stage;
} commands[] = {
    {"EHLO", TALK_HELLO},
    {"HELO", TALK_HELLO},
    {"STARTTLS", TALK_STARTTLS},
    {"AUTH", TALK_AUTH},
    {"MAIL FROM:", TALK_MAIL},
    {"RCPT TO:", TALK_RCPT},
    {"DATA", TALK_DATA},
    {"QUIT", TALK_QUIT},
};

/* The first row that fits counts. stage TALK_STAGES: any. */
static const struct verdict {
	enum talk_stage stage;
	uint32_t first, last;
	enum wire_outcome outcome;
} verdicts[] = {
    {TALK_STAGES, 0, 499, WIRE_TEMPORARY},
    {TALK_STAGES, 530, 530, WIRE_DENIED}, /* authentication required (RFC 4954, 6) */
    {TALK_STAGES, 534, 535, WIRE_DENIED}, /* mechanism too weak, credentials invalid */
    {TALK_STAGES, 538, 538, WIRE_DENIED},
    {TALK_MAIL, 552, 552, WIRE_REJECTED}, /* larger than the server takes (RFC 1870, 6.1) */
    {TALK_DATA, 500, 599, WIRE_REJECTED},
    {TALK_BODY, 500, 599, WIRE_REJECTED},
    {TALK_STAGES, 500, 599, WIRE_DENIED}, /* the sender, every recipient, or this host */
    {TALK_STAGES, 0, UINT32_MAX, WIRE_TEMPORARY},
};

void
talk_init(struct talk *t, const struct strings *recipients)
{
	*t = (struct talk){.recipients = recipients};
}

void
talk_command(struct talk *t, const char *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t n = strlen(commands[i].word);

		if (len < n || strncasecmp(bytes, commands[i].word, n) != 0)
			continue;
		t->stage = commands[i].stage;
		t->recipient += t->stage == TALK_RCPT;
		return;
	}
}

static void
keep_refusal(struct talk *t, uint32_t code, const char *text, size_t len)
{
	size_t n = len < TALK_LINE_MAX - 1 ? len : TALK_LINE_MAX - 1;

	t->code = code;
	t->failed_at = t->stage;
	t->failed_recipient = t->stage == TALK_RCPT ? t->recipient : 0;
	for (size_t i = 0; i < n; i++)
		t->line[i] = text[i] == '\0' ? ' ' : text[i];
	t->line[n] = '\0';
}

static void
take_answer(struct talk *t, uint32_t code, const char *text, size_t len)
{
	if (t->stage == TALK_RCPT) {
		t->accepted += code < 400;
		t->deferred += code >= 400 && code < 500;
		t->refused += code >= 500;
	}
	if (t->stage == TALK_BODY && code >= 200 && code <= 299)
		t->confirmed = true;
	if (t->stage == TALK_DATA && code == 354)
		t->stage = TALK_BODY;
	if (code >= 400 && t->stage != TALK_QUIT)
		keep_refusal(t, code, text, len);
}

void
talk_reply(struct talk *t, const char *bytes, size_t len)
{
	uint32_t code = 0;

	while (len > 0 && strchr("\r\n ", bytes[len - 1]) != NULL)
		len--;
	for (size_t i = 0; i < 3; i++) {
		if (i >= len || bytes[i] < '0' || bytes[i] > '9')
			return;
		code = code * 10 + (uint32_t)(bytes[i] - '0');
	}
	if (code < 200 || (len > 3 && bytes[3] != ' ')) /* "250-" has more lines to come */
		return;
	take_answer(t, code, bytes + (len > 4 ? 4 : len), len > 4 ? len - 4 : 0);
}

static enum wire_outcome
outcome(const struct talk *t)
{
	const struct verdict *v = verdicts;

	if (t->failed_at == TALK_RCPT && t->deferred > 0)
		return WIRE_TEMPORARY; /* some may be taken later */
	while ((v->stage != TALK_STAGES && v->stage != t->failed_at) || t->code < v->first ||
	       t->code > v->last)
		v++;
	return v->outcome;
}

static void
add_recipient(const struct talk *t, struct buf *b)
{
	const char *address = "?";

	if (t->failed_recipient > 0 && t->failed_recipient <= t->recipients->len)
		address = t->recipients->items[t->failed_recipient - 1];
	buf_addf(b, "%.60s: ", address);
}

/* Those who did not get it, with the last one's reason: it is with the others, and not sent again.
 */
static void
tell_taken(const struct talk *t, const struct mask *mask, struct buf *b)
{
	if (t->deferred + t->refused == 0)
		return;
	buf_addf(b, "%zu of %zu recipients refused: ", t->deferred + t->refused, t->recipient);
	if (t->failed_at == TALK_RCPT) {
		add_recipient(t, b);
		buf_addf(b, "%u ", t->code);
		mask_add(mask, b, t->line, strlen(t->line));
	}
}

bool
talk_judge(const struct talk *t, const struct mask *mask, struct delivery *out)
{
	struct buf text;

	*out = (struct delivery){.outcome = WIRE_DELIVERED, .status = 250};
	buf_init(&text, out->text, sizeof(out->text));
	if (t->confirmed) {
		tell_taken(t, mask, &text);
		return true;
	}
	if (t->code == 0)
		return false;
	out->outcome = outcome(t);
	out->status = t->code;
	if (t->failed_at == TALK_RCPT)
		add_recipient(t, &text);
	mask_add(mask, &text, t->line, strlen(t->line));
	return true;
}
