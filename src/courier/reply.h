/*
 * What an HTTP service answers, byte by byte as it comes, and what that means for the message.
 * Bounded and without I/O: this is all that looks at what an HTTP service sends.
 */
#ifndef COURIER_REPLY_H
#define COURIER_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courier/mask.h"
#include "model/delivery.h"

#define REPLY_BODY_MAX 16384
#define REPLY_HEADERS_MAX 65536
#define REPLY_WAIT_MAX_MS (86400 * 1000) /* longest wait that is believed */

/* What a status means when the service's words have this one in them, in any case of letters. */
struct reply_verdict {
	uint32_t status;
	const char *word; /* NULL: the end of the list */
	enum delivery_outcome outcome;
	int64_t least_wait_ms;
};

struct reply {
	int64_t now_wall_ms; /* of the newest piece, for what is compared with our clock */
	int64_t ahead_ms;
	uint32_t status;
	bool complete; /* all headers of the final answer are in */
	size_t header_bytes;
	int64_t retry_after_ms, reset_after_ms; /* -1: not given */
	bool exhausted;                         /* X-RateLimit-Remaining: 0 */
	char location[256];
	const struct reply_verdict *verdicts; /* of the service, before those for all; NULL: none */
	size_t body_len;
	char body[REPLY_BODY_MAX];
};

void reply_init(struct reply *r);

/* One header line, the status line and the empty last one included; false: too much, stop. */
bool reply_header(struct reply *r, const char *line, size_t len, int64_t now_wall_ms);

/* A piece of the body. False: enough, stop; what was said so far counts. */
bool reply_body(struct reply *r, const char *bytes, size_t len);

/* For an answer that is complete. */
void reply_judge(const struct reply *r, const struct mask *mask, struct delivery *out);

#endif
