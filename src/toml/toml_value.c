/*
 * Names the types of TOML values for error messages. It is given types that the parser set itself,
 * so none is out of range.
 */
#include "toml/toml_value.h"

static const char *const TYPE_NAMES[] = {
    [TOML_STRING] = "a string",
    [TOML_INTEGER] = "an integer",
    [TOML_FLOAT] = "a float",
    [TOML_BOOL] = "a boolean",
    [TOML_DATETIME] = "a date and time",
    [TOML_LOCAL_DATETIME] = "a local date and time",
    [TOML_LOCAL_DATE] = "a date",
    [TOML_LOCAL_TIME] = "a time",
    [TOML_ARRAY] = "an array",
    [TOML_TABLE] = "a table",
};

const char *
toml_type_name(enum toml_type type)
{
	return TYPE_NAMES[type];
}
