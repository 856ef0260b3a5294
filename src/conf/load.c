/*
 * Turns files into the configuration: each file is parsed and read into one draft, which is then
 * settled, checked and built as a whole. Nothing about the files is trusted, who can write them
 * least; all that is wrong in all of them is reported in one run, and there is a configuration only
 * if nothing is.
 */
#include "conf/conf.h"

#include <string.h>

#include "base/mem.h"
#include "base/trust.h"
#include "conf/build.h"
#include "conf/check.h"
#include "conf/defaults.h"
#include "conf/draft.h"
#include "conf/error_list.h"
#include "conf/key_match.h"
#include "conf/source.h"
#include "conf/user_silence.h"
#include "toml/toml.h"

struct load {
	struct trust us;
	struct conf_draft *draft;
	struct error_list errors;
	bool unread; /* a file, or a key in one, was left out */
};

static void
load_init(struct load *l, const struct trust *us, struct conf_report *report)
{
	l->us = us != NULL ? *us : trust_self();
	memset(report, 0, sizeof(*report));
	error_list_init(&l->errors);
	l->draft = draft_new();
	l->unread = false;
}

/* The draft becomes the configuration, unless something was wrong. */
static struct conf *
load_done(struct load *l, const struct now *now, struct conf_report *report)
{
	struct conf *conf;

	defaults_read_secret_files(l->draft, &l->errors);
	defaults_fill(l->draft);
	check_draft(l->draft, &l->errors);
	conf = build_conf(l->draft, &l->errors);
	if (conf != NULL && now != NULL)
		user_silence_warn_past(l->draft, now, &l->errors);
	error_list_report(&l->errors, report);
	error_list_done(&l->errors);
	draft_free(l->draft);
	return conf;
}

/* True when a secret stands in the file itself. */
static bool
read_bytes(struct load *l, int file, const char *bytes, size_t len)
{
	struct reader r = {.arena = l->draft->conf.arena, .errors = &l->errors, .file = file};
	struct toml_error err;
	struct toml *doc = toml_parse(bytes, len, &err);

	if (doc == NULL) {
		error_list_add(&l->errors, (struct place){file, err.line, err.col}, "%s", err.text);
		l->unread = true;
		return false;
	}
	key_match_file(&r, l->draft, toml_root(doc));
	defaults_merge_names(l->draft, &l->errors, file);
	toml_free(doc);
	l->unread |= r.unknown;
	return r.plain_secret;
}

/* Who can write it decides what root does: where files are made, and as whom. False: refused. */
static bool
check_owner(struct load *l, struct place whole, const struct stat *st)
{
	char why[TRUST_WHY_MAX];

	if (trust_is_ours(&l->us, st, why))
		return true;
	if (l->us.user != 0) {
		error_list_warn(&l->errors, whole, "%s", why);
		return true;
	}
	error_list_add(&l->errors, whole, "root must not follow it, for it %s", why);
	l->unread = true;
	return false;
}

static void
read_file(struct load *l, const char *path)
{
	struct place whole = {.file = error_list_file(&l->errors, path)};
	char why[SOURCE_WHY_MAX], *data;
	struct stat st;
	size_t len;

	if (!source_read(path, TOML_BYTES_MAX, &data, &len, &st, why)) {
		error_list_add(&l->errors, whole, "%s", why);
		l->unread = true;
		return;
	}
	if (check_owner(l, whole, &st) && read_bytes(l, whole.file, data, len) &&
	    (st.st_mode & 0044) != 0)
		error_list_warn(&l->errors, whole,
		    "holds secrets and can be read by %s (mode %04o): chmod 600, or keep the "
		    "secrets "
		    "in ${ENV} or _file keys",
		    (st.st_mode & 0004) != 0 ? "everyone" : "its group",
		    (unsigned)st.st_mode & 07777);
	source_free(data, len);
}

static void
read_drop_ins(struct load *l, const char *path)
{
	char why[SOURCE_WHY_MAX];
	struct source_list list;
	bool good = source_drop_ins(path, &list, why);
	struct place folder = {.file = error_list_file(&l->errors, list.folder)};

	if (!good) {
		error_list_add(&l->errors, folder, "%s", why);
		l->unread = true;
	} else if (list.st.st_mode == 0 || check_owner(l, folder, &list.st)) {
		for (size_t i = 0; i < list.len; i++)
			read_file(l, list.paths[i]);
	}
	source_list_free(&list);
}

static void
read_all(struct load *l, const char *path)
{
	if (path != NULL)
		read_file(l, path);
	if (path != NULL && *path != '\0')
		read_drop_ins(l, path);
}

struct conf *
conf_load(
    const char *path, const struct trust *us, const struct now *now, struct conf_report *report)
{
	struct load l;

	load_init(&l, us, report);
	read_all(&l, path);
	return load_done(&l, now, report);
}

char *
conf_load_data_dir(const char *path, const struct trust *us)
{
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	const struct key_state *given;
	char *folder = NULL;
	struct load l;

	load_init(&l, us, report);
	read_all(&l, path);
	given = draft_given(l.draft, &l.draft->conf.agent.data_dir);
	if (!l.unread && !given->bad)
		folder = mem_strdup(l.draft->conf.agent.data_dir);
	error_list_done(&l.errors);
	draft_free(l.draft);
	mem_free(report);
	return folder;
}
