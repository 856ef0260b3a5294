/*
 * A conversation with a mail server (RFC 5321), followed from outside: the commands that libcurl
 * sends and the lines that come back, to what became of the message. Bounded and without I/O: this
 * is all that looks at a mail server's bytes.
 */
#ifndef COURIER_SMTP_REPLY_H
#define COURIER_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "courier/mask.h"
#include "model/delivery.h"

#define SMTP_REPLY_LINE_MAX 512

enum smtp_reply_stage {
	SMTP_REPLY_GREETING,
	SMTP_REPLY_HELLO,
	SMTP_REPLY_STARTTLS,
	SMTP_REPLY_TLS, /* after the go-ahead */
	SMTP_REPLY_AUTH,
	SMTP_REPLY_MAIL,
	SMTP_REPLY_RCPT,
	SMTP_REPLY_DATA, /* the command */
	SMTP_REPLY_BODY, /* after the go-ahead */
	SMTP_REPLY_QUIT,
	SMTP_REPLY_STAGES
};

struct smtp_reply {
	const struct strings *recipients;
	bool rest; /* others have the message: to these it is done with, taken or refused */
	enum smtp_reply_stage stage;
	size_t recipient; /* commands RCPT so far */
	size_t accepted, deferred, refused;
	bool put_off[DELIVERY_RECIPIENTS_MAX]; /* those who were deferred */
	bool confirmed;                        /* the server has taken the message */
	bool waiting;                          /* what was sent last has no answer yet */
	/* The last answer that was a refusal, where it came, and whose it was if it was about one
	 * recipient; 0: none. */
	uint32_t code;
	enum smtp_reply_stage failed_at;
	size_t failed_recipient;
	char line[SMTP_REPLY_LINE_MAX];
	char mechanisms[SMTP_REPLY_LINE_MAX]; /* ways to log in, of the last EHLO; "": none */
};

/* For people: "greeting", "EHLO", "TLS", "login", ... */
const char *smtp_reply_step(enum smtp_reply_stage stage);

void smtp_reply_init(struct smtp_reply *t, const struct strings *recipients);

/* What is sent: a command, or the further words of one. */
void smtp_reply_command(struct smtp_reply *t, const char *bytes, size_t len);

/* One line that came, with or without its end. */
void smtp_reply_line(struct smtp_reply *t, const char *bytes, size_t len);

/* False: nothing was confirmed, and what ended it was no refusal: the network or TLS failed. */
bool smtp_reply_judge(const struct smtp_reply *t, const struct mask *mask, struct delivery *out);

#endif
