/*
 * What the handling of one message of the agent leads to.
 */
#ifndef KEEPER_REPLY_H
#define KEEPER_REPLY_H

enum reply {
	REPLY_NONE,      /* handled, nothing to say */
	REPLY_READY,     /* handled, the answer is in out */
	REPLY_VIOLATION, /* no sane agent says that */
	REPLY_OTHERS,    /* not a message of this service */
};

#endif
