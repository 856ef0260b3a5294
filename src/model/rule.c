/*
 * Comparison operators by name.
 */
#include "model/rule.h"

#include "base/str.h"

static const char *const op_texts[] = {
    [OP_GE] = ">=", [OP_GT] = ">", [OP_LE] = "<=", [OP_LT] = "<", [OP_EQ] = "==", [OP_NE] = "!="};

const char *
rule_op_text(enum rule_op op)
{
	return op_texts[op];
}

bool
rule_op_parse(const char *text, enum rule_op *out)
{
	for (size_t i = 0; i < sizeof(op_texts) / sizeof(op_texts[0]); i++) {
		if (str_eq(op_texts[i], text)) {
			*out = (enum rule_op)i;
			return true;
		}
	}
	return false;
}
