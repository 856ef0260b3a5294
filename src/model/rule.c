/*
 * Names comparison operators, both ways. A text that is none is refused; an operator is one of the
 * enum's, which the caller has seen to.
 */
#include "model/rule.h"

#include "base/str.h"

const char *const rule_op_texts[] = {[OP_GE] = ">=",
    [OP_GT] = ">",
    [OP_LE] = "<=",
    [OP_LT] = "<",
    [OP_EQ] = "==",
    [OP_NE] = "!=",
    NULL};

const char *
rule_op_text(enum rule_op op)
{
	return rule_op_texts[op];
}

bool
rule_op_parse(const char *text, enum rule_op *out)
{
	for (size_t i = 0; rule_op_texts[i] != NULL; i++) {
		if (str_eq(rule_op_texts[i], text)) {
			*out = (enum rule_op)i;
			return true;
		}
	}
	return false;
}
