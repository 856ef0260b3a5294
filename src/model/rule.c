/*
 * Names of comparison operators. An operator is one of the enum's, which the caller has seen to.
 */
#include "model/rule.h"

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
