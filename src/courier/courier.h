/*
 * The courier: the one process with secrets and a network. Takes JOBs from the agent, has each
 * delivered by a child of its own, and answers with a RECEIPT. One delivery a destination at a
 * time; the order, the waiting and the trying again are the agent's.
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include "priv/role.h"

/* Exit status of the worker. Returns when told to stop or when the others are gone. */
int courier_main(struct role_ctx *ctx);

#endif
