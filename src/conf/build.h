/*
 * A settled draft to the configuration that modules read. Each process does it once: the loader
 * with what it read from files, a worker with what the loader sent.
 */
#ifndef CONF_BUILD_H
#define CONF_BUILD_H

#include "conf/error_list.h"
#include "conf/keys.h"

/*
 * Checks the items of lists and builds what is derived from values: silences by minutes, compiled
 * templates. Times of this process are in its zone from then on. NULL when there is any error, also
 * of earlier checks; else the draft's arena belongs to the configuration.
 */
struct conf *build_conf(struct conf_draft *draft, struct error_list *errors);

#endif
