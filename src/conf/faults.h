/*
 * What is wrong with a configuration, gathered over all its files and told in their order.
 */
#ifndef CONF_FAULTS_H
#define CONF_FAULTS_H

#include "base/log.h"
#include "conf/conf.h"
#include "conf/keys.h"

#define FAULTS_KEPT_MAX 1024 /* the rest is only counted */

struct faults {
	struct fault *items;
	size_t len;
	char **files; /* names, by number */
	size_t file_count;
	size_t errors, warnings;
};

void faults_init(struct faults *f);
void faults_done(struct faults *f);

/* The number of a further file. */
int faults_file(struct faults *f, const char *name);

/* line 0: of the file as a whole. */
void faults_add(struct faults *f, struct place at, const char *fmt, ...) LOG_PRINTF(3, 4);
void faults_warn(struct faults *f, struct place at, const char *fmt, ...) LOG_PRINTF(3, 4);

/* In the order of file, line, column. */
void faults_report(struct faults *f, struct conf_report *report);

/* "line 3, column 1" or "/etc/x.toml, line 3, column 1" when it is not the file of `from`. */
#define FAULTS_PLACE_MAX 320
const char *faults_place(
    const struct faults *f, struct place at, struct place from, char out[FAULTS_PLACE_MAX]);

#endif
