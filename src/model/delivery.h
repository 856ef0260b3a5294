/*
 * How an attempt to deliver something ended, in the words that all processes share. The numbers
 * travel on the wire.
 */
#ifndef MODEL_DELIVERY_H
#define MODEL_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum delivery_outcome {
	DELIVERY_DELIVERED = 1,
	DELIVERY_TEMPORARY,    /* no connection, time-out, 5xx: the same again later */
	DELIVERY_RATE_LIMITED, /* 429 and its like: not before retry_after_ms */
	DELIVERY_REJECTED,     /* the payload is not wanted: 400, 413, 422 */
	DELIVERY_DENIED,       /* the destination is not open to us: 401, 403, 404, 410 */
	DELIVERY_BUSY,         /* it was not asked: trouble of our own */
	DELIVERY_OUTCOMES
};

/*
 * How far this host's clock is ahead of the service's, which says the time with its answer: in ms,
 * negative: behind. Less than the tolerated is the way of the answer and the service's seconds.
 */
#define DELIVERY_AHEAD_TOLERATED_MS 30000
#define DELIVERY_AHEAD_MAX_MS (100LL * 366 * 86400 * 1000)

/* "HTTP 404 Not Found: what it means: what the service says", and a NUL. */
#define DELIVERY_TEXT_MAX 401

/*
 * A channel may have several recipients, of whom a service takes some and puts off others. Those
 * are then owed the message, alone. They go by a number each, which the courier makes of the
 * address (courier/recipient.h): a number can name nobody who is not configured.
 */
#define DELIVERY_RECIPIENTS_MAX 256

/* How one attempt ended, where it was made. */
struct delivery {
	enum delivery_outcome outcome;
	uint32_t status; /* HTTP status; 0: none was received */
	/* What the service asked for, 0: nothing; may come with DELIVERED. */
	int64_t retry_after_ms;
	int64_t ahead_ms;             /* 0: not said */
	char text[DELIVERY_TEXT_MAX]; /* all that a person is told of it; printable; secrets masked
	                               */
	uint32_t left_count;          /* DELIVERED: recipients who may be tried again */
	uint64_t left[DELIVERY_RECIPIENTS_MAX];
};

/* The same, of one attempt of one job, as its owner gets it. */
struct delivery_receipt {
	uint64_t id;
	uint32_t attempt;
	enum delivery_outcome outcome;
	uint32_t status;         /* of HTTP, or 0 */
	uint32_t retry_after_ms; /* 0: not said */
	int64_t ahead_ms;        /* 0: not said */
	const char *text;        /* all of what went wrong, for people; untrusted */
	/* DELIVERED: to all but these, who may be tried again. At most DELIVERY_RECIPIENTS_MAX. */
	const uint64_t *left;
	size_t left_count;
};

/* What log, status and --test-alert say of an attempt that failed. */
static inline const char *
delivery_reason(const char *text)
{
	return text[0] != '\0' ? text : "no reason was given";
}

static inline bool
delivery_outcome_is_valid(unsigned outcome)
{
	return outcome >= DELIVERY_DELIVERED && outcome < DELIVERY_OUTCOMES;
}

#endif
