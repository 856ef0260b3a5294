/*
 * A conversation with a mail server (RFC 5321), followed from outside: the commands that libcurl
 * sends and the lines that come back, to what became of the message. Bounded and without I/O: this
 * is all that looks at a mail server's bytes.
 */
#ifndef COURIER_TALK_H
#define COURIER_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courier/reply.h"

#define TALK_LINE_MAX 512

enum talk_stage {
	TALK_GREETING,
	TALK_HELLO,
	TALK_STARTTLS,
	TALK_AUTH,
	TALK_MAIL,
	TALK_RCPT,
	TALK_DATA, /* the command */
	TALK_BODY, /* after the go-ahead */
	TALK_QUIT,
	TALK_STAGES
};

struct talk {
	const struct strings *recipients;
	enum talk_stage stage;
	size_t recipient; /* commands RCPT so far */
	size_t accepted, deferred, refused;
	bool confirmed; /* the server has taken the message */
	/* The last answer that was a refusal, where it came, and whose it was if it was about one
	 * recipient; 0: none. */
	uint32_t code;
	enum talk_stage failed_at;
	size_t failed_recipient;
	char line[TALK_LINE_MAX];
};

void talk_init(struct talk *t, const struct strings *recipients);

/* What is sent: a command, or the further words of one. */
void talk_command(struct talk *t, const char *bytes, size_t len);

/* One line that came, with or without its end. */
void talk_reply(struct talk *t, const char *bytes, size_t len);

/* False: nothing was refused and nothing confirmed, the network or TLS failed. */
bool talk_judge(const struct talk *t, const struct mask *mask, struct delivery *out);

#endif
