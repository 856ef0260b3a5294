/*
 * --once: looks at this machine twice, one second apart, in this process, and prints what it saw: a
 * table, or JSON, one object a line: {"metric", "labels": {}, "value", "unit"}.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/term.h"
#include "cmd/cmd.h"
#include "collect/collect.h"
#include "core/latest.h"
#include "model/subject.h"
#include "notify/jsonw.h"
#include "notify/labels.h"
#include "show/table.h"

/* An exit status, as write_table(). */
static int
write_json(const struct conf *conf, const struct batch *batch, struct buf *line)
{
	int status = EXIT_FINE;

	for (size_t i = 0; status == EXIT_FINE && i < batch->len; i++) {
		const struct series *s = series_at(batch->series, batch->samples[i].series);
		const struct subject_ref ref = subject_of_series(s);
		struct subject subject;

		subject_describe(&ref, &subject);
		buf_clear(line);
		jsonw_open(line, NULL, '{');
		jsonw_text(line, "metric", subject.name);
		labels_add_json(&subject.labels, &conf->agent.labels, line);
		buf_addf(line, ",\"value\":%.10g", batch->samples[i].value);
		jsonw_text(line, "unit", metric_unit_name(subject.unit));
		jsonw_close(line, '}');
		buf_addc(line, '\n');
		status = cmd_print(line->data, line->len);
	}
	return status;
}

static int
write_table(const struct conf *conf, const struct collect *collect, const struct latest *latest,
    const struct now *now, struct buf *out)
{
	struct table_input in = {
	    .latest = latest,
	    .limits = &conf->detect,
	    .now = *now,
	    .hostname = conf->agent.hostname,
	    .columns = term_columns(STDOUT_FILENO),
	    .colour = term_wants_colour(STDOUT_FILENO),
	};

	table_add_world(&in, collect);
	table_write(&in, out);
	return cmd_print(out->data, out->len);
}

static void
say_missing(const struct host *host)
{
	const char *path;
	enum aside_state state;

	for (size_t i = 0; host->aside != NULL && aside_file(host->aside, i, &path, &state); i++)
		if (state != ASIDE_ANSWERS)
			log_warn("%s does not answer: its metrics are missing", path);
}

/* The exit status. */
static int
look_twice(const struct conf *conf, bool json)
{
	struct host host = {.proc_fd = -1};
	struct series_table *series;
	struct collect *collect;
	struct batch batch;
	struct latest latest;
	struct buf out;
	struct timespec second = {.tv_sec = 1};
	int status;

	if (!host_open(&host, conf->agent.proc_root, conf->agent.sys_root)) {
		log_error("cannot open %s or %s: %s", conf->agent.proc_root, conf->agent.sys_root,
		    strerror(errno));
		return EXIT_RUNTIME;
	}
	series = series_table_new(NULL);
	collect = collect_new(&conf->collect, &host);
	batch_init(&batch, series, series_capacity(series));
	latest_init(&latest, series);
	buf_init(&out, mem_zalloc(1, TABLE_TEXT_MAX), TABLE_TEXT_MAX);
	for (int round = 0; round < 2; round++) {
		struct now now = clock_now();

		batch_reset(&batch, &now);
		collect_all_due(collect);
		collect_due(collect, NULL, &batch);
		latest_add(&latest, &batch);
		if (round == 0) {
			while (nanosleep(&second, &second) != 0 && errno == EINTR)
				continue;
		}
	}
	status = json ? write_json(conf, &batch, &out)
	              : write_table(conf, collect, &latest, &batch.now, &out);
	say_missing(&host);
	mem_free(out.data);
	latest_done(&latest);
	batch_done(&batch);
	collect_free(collect);
	series_table_free(series);
	host_close(&host);
	return status;
}

int
cmd_once(const struct cmd_args *args)
{
	struct conf *conf;
	bool json = args->format != NULL && str_eq(args->format, "json");
	int status;

	if (args->format != NULL && !json && !str_eq(args->format, "table")) {
		fprintf(stderr, "sysops-agent: --format %s: %s\n", args->format,
		    str_eq(args->format, "prometheus") ? "not supported yet; use table or json"
		                                       : "use table or json");
		return EXIT_USAGE;
	}
	conf = cmd_load(args);
	if (conf == NULL)
		return EXIT_USAGE;
	status = look_twice(conf, json);
	conf_free(conf);
	return status;
}
