/*
 * From what was given to what it means: second names of a setting, files that hold secrets,
 * defaults that depend on other keys.
 */
#ifndef CONF_DEFAULTS_H
#define CONF_DEFAULTS_H

#include "conf/error_list.h"
#include "conf/keys.h"

/*
 * After each file: two names of one setting in this file are an error; over files the later one
 * counts, and the earlier is forgotten.
 */
void defaults_merge_names(struct conf_draft *draft, struct error_list *errors, int file);

/* Reads the files that `_file` keys name into the members of the keys that they stand for. */
void defaults_read_secret_files(struct conf_draft *draft, struct error_list *errors);

/* Fills in what was not given. */
void defaults_fill(struct conf_draft *draft);

#endif
