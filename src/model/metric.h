/*
 * The metric table (metrics.def) as C: what exists, in which unit, with which labels.
 */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#define METRIC_LABELS_MAX 3

/* What metrics, and the subjects of alerts, are grouped by. */
enum metric_group {
	GROUP_CPU,
	GROUP_MEMORY,
	GROUP_DISK,
	GROUP_NETWORK,
	GROUP_PROCESS,
	GROUP_FD,
	GROUP_KERNEL,
	GROUP_AGENT,
	GROUP_LOG,  /* no metrics: what log lines said */
	GROUP_HOST, /* no metrics: the host as a whole */
	GROUP_COUNT
};

/* Groups that have metrics: those before this one. */
#define METRIC_GROUPS GROUP_LOG

enum metric_kind { KIND_GAUGE, KIND_RATE, KIND_COUNTER };

enum metric_unit {
	UNIT_PERCENT,
	UNIT_BYTES,
	UNIT_BYTES_PER_SEC,
	UNIT_PER_SEC,
	UNIT_COUNT,
	UNIT_RATIO,
	UNIT_MILLISECONDS,
	UNIT_SECONDS,
	UNIT_BOOL,
	UNIT_FAULT, /* enum metric_fault, or an errno */
	UNIT_KINDS
};

/* Values of UNIT_FAULT. No errno that it can have is one of these: EPERM, 1, is no fault. */
enum metric_fault { FAULT_NONE, FAULT_NO_ANSWER };

#define X(id, name, group, kind, unit, labels, node, help) METRIC_##id,
enum metric_id {
#include "model/metrics.def"
	METRIC_COUNT
};
#undef X

struct metric {
	const char *name;
	enum metric_group group;
	enum metric_kind kind;
	enum metric_unit unit;
	const char *labels;    /* "mountpoint,device,fstype"; empty: one series only */
	const char *node_name; /* node_exporter's name, or "" */
	const char *help;
};

extern const struct metric metrics[METRIC_COUNT];

/* METRIC_COUNT when there is no metric of that name. */
enum metric_id metric_find(const char *name);

/* The metric nearest in spelling, for "did you mean"; NULL when none is near. */
const char *metric_nearest(const char *name);

/* Number of label keys, 0 to METRIC_LABELS_MAX. */
size_t metric_label_count(enum metric_id id);

/* Position of a label key, or -1. */
int metric_label_index(enum metric_id id, const char *key);

/* Copies the key of label i into out and returns it. */
#define METRIC_LABEL_MAX 24
const char *metric_label_key(enum metric_id id, size_t i, char out[METRIC_LABEL_MAX]);

/* "cpu", "memory", "disk", ...: the collectors' names. */
const char *metric_group_name(enum metric_group group);
const char *metric_kind_name(enum metric_kind kind);
/* "percent", "bytes", "bytes/s", ... */
const char *metric_unit_name(enum metric_unit unit);

/* A few states that have names, and no more or less. */
bool metric_unit_is_state(enum metric_unit unit);

/*
 * "95.2%", "1.5 GiB", "12.0 MiB/s", "3 h 20 min", "broken: Stale file handle (ESTALE)": a value
 * for people; returns out.
 */
#define METRIC_VALUE_MAX 80
const char *metric_format(enum metric_unit unit, double value, char out[METRIC_VALUE_MAX]);

#endif
