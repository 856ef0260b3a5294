/*
 * From what was given to what it means: second spellings, files that hold secrets, defaults that
 * depend on other keys.
 */
#ifndef CONF_SETTLE_H
#define CONF_SETTLE_H

#include "conf/faults.h"
#include "conf/keys.h"

/*
 * After each file: two names of one setting in this file are an error; over files the later one
 * counts, and the earlier is forgotten.
 */
void settle_spellings(struct conf_draft *draft, struct faults *faults, int file);

/* Reads the files that `_file` keys name into the members of their twins. */
void settle_twins(struct conf_draft *draft, struct faults *faults);

/* Fills in what was not given; also for keys that came over the wire. */
void settle_defaults(struct conf_draft *draft);

#endif
