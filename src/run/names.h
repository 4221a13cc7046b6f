/* Names: of results, of arms, of the keys that an invocation may write. */
#pragma once

#include <stdint.h>

#include "model/result.h"

/* A number that differs between invocations on all machines, for ids and key prefixes. */
uint64_t names_draw_identity(void);
/* "20261123T034005-3f2a1c" in the result's arena. */
const char *names_result_id(struct result *result, uint64_t identity);
/* "<prefix>3f2a1c:": tenbins that run at the same time write different keys. */
const char *names_key_prefix(struct arena *arena, const char *prefix, uint64_t identity);
/* Gives every arm without a label one: its engine; where that is not unique, its engine and
 * version; where that is not either, with a number; "target-1" and so on where no server has
 * answered. Labels that are there are kept. At most PLAN_MAX_ARMS arms. */
void names_label_arms(struct result *result);
