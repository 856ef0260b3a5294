/*
 * The keeper: the one process that writes the data directory, and does nothing else.
 */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "priv/role.h"

int keeper_main(struct role_ctx *ctx);

#endif
