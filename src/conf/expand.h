/*
 * ${NAME} in a string, from the environment.
 */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include <stdbool.h>

#include "base/arena.h"

#define EXPAND_MAX 65536 /* bytes of the result */
#define EXPAND_WHY_MAX 320

/*
 * The text with each ${NAME} replaced, and each $${ by ${; what comes in is not looked at again.
 * NULL when it cannot be: why then says so, in words that follow the key's name.
 */
char *expand_text(struct arena *arena, const char *text, char why[EXPAND_WHY_MAX]);

/* True when there is something to replace, so that the text itself is not the value. */
bool expand_has_name(const char *text);

#endif
