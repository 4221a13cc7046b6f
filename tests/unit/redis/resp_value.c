#include "redis/resp_value.h"

#include <math.h>

#include "support/tap.h"

static struct resp_value parse(struct arena *arena, const char *wire)
{
    struct resp_value value = {0};
    size_t used = 0;
    enum resp_status status = resp_value_parse(str_from(wire), arena, &value, &used);
    tap_check(status == RESP_OK && used == strlen(wire), "a whole reply of type %c", wire[0]);
    return value;
}

static void test_scalars(struct arena *arena)
{
    struct resp_value value = parse(arena, "+PONG\r\n");
    tap_check(value.type == '+' && str_eq(value.text, STR("PONG")), "simple string");
    tap_text(value.text.data, "PONG", "texts are C strings too");
    value = parse(arena, "-ERR x\r\n");
    tap_check(value.type == '-' && str_eq(value.text, STR("ERR x")), "error");
    value = parse(arena, "!5\r\nERR y\r\n");
    tap_check(value.type == '!' && str_eq(value.text, STR("ERR y")), "bulk error");
    value = parse(arena, "$4\r\n\r\n\r\n\r\n");
    tap_check(value.type == '$' && str_eq(value.text, STR("\r\n\r\n")), "bulk string");
    value = parse(arena, "=8\r\ntxt:info\r\n");
    tap_check(value.type == '=' && str_eq(value.text, STR("info")), "verbatim, without format");
    value = parse(arena, "=4\r\nabcd\r\n");
    tap_check(value.type == '=' && str_eq(value.text, STR("abcd")), "verbatim without a colon");
    tap_int(parse(arena, ":-42\r\n").integer, -42, "integer");
    tap_int(parse(arena, ":+42\r\n").integer, 42, "integer with plus");
    tap_near(parse(arena, ",2.5\r\n").real, 2.5, 0, "double");
    tap_check(parse(arena, ",inf\r\n").real > 1e308, "infinity");
    tap_check(parse(arena, ",-inf\r\n").real < -1e308, "minus infinity");
    tap_check(isnan(parse(arena, ",nan\r\n").real), "not a number");
    tap_check(parse(arena, "#t\r\n").boolean, "true");
    tap_check(!parse(arena, "#f\r\n").boolean, "false");
    tap_check(
        str_eq(parse(arena, "(12345678901234567890123\r\n").text, STR("12345678901234567890123")),
        "big number");
    tap_check(parse(arena, "_\r\n").is_null, "null");
    tap_check(parse(arena, "$-1\r\n").is_null, "null string");
    tap_check(parse(arena, "*-1\r\n").is_null, "null array");
    tap_check(!parse(arena, "$0\r\n\r\n").is_null, "an empty string is not null");
}

static void test_aggregates(struct arena *arena)
{
    struct resp_value value = parse(arena, "*3\r\n:1\r\n*2\r\n+a\r\n_\r\n*0\r\n");
    tap_int((int64_t)value.count, 3, "three elements");
    tap_int(value.elements[0].integer, 1, "the first");
    tap_int((int64_t)value.elements[1].count, 2, "the second has two");
    tap_check(value.elements[1].elements[1].is_null, "the last of which is null");
    tap_check(value.elements[2].type == '*' && value.elements[2].count == 0, "the third is empty");

    value = parse(arena, "|1\r\n+ttl\r\n*1\r\n:9\r\n*2\r\n|1\r\n+x\r\n|0\r\n+y\r\n:1\r\n:2\r\n");
    tap_check(value.type == '*' && value.count == 2, "attributes are skipped");
    tap_int(value.elements[0].integer, 1, "also inside");
    tap_int(value.elements[1].integer, 2, "and do not count");
    value = parse(arena, ">2\r\n+message\r\n$1\r\nx\r\n");
    tap_check(value.type == '>' && value.count == 2, "push");
}

static void test_maps(struct arena *arena)
{
    static const char *const wires[] = {
        "%3\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n+proto\r\n:3\r\n:5\r\n+five\r\n",
        "*6\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n+proto\r\n:3\r\n:5\r\n+five\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct resp_value map = parse(arena, wires[i]);
        const struct resp_value *server = resp_value_get(&map, "server");
        const struct resp_value *proto = resp_value_get(&map, "proto");
        tap_int((int64_t)map.count, 6, "keys and values");
        tap_check(server != NULL && str_eq(server->text, STR("valkey")), "a text by key");
        tap_check(proto != NULL && proto->integer == 3, "a number by key");
        tap_check(resp_value_get(&map, "valkey") == NULL, "a value is not a key");
        tap_check(resp_value_get(&map, "serve") == NULL, "no key by its start");
    }
    struct resp_value odd = parse(arena, "*3\r\n+a\r\n+b\r\n+c\r\n");
    tap_check(resp_value_get(&odd, "c") == NULL, "a key without a value");
    struct resp_value text = parse(arena, "+a\r\n");
    tap_check(resp_value_get(&text, "a") == NULL, "not a map");
}

static void test_parts(struct arena *arena)
{
    struct str two = STR("$3\r\nfoo\r\n+OK\r\n");
    struct resp_value value = {0};
    size_t used = 0;
    tap_int(resp_value_parse(two, arena, &value, &used), RESP_OK, "the first of two");
    tap_int((int64_t)used, 9, "only the first");
    for (size_t len = 0; len < 9; len++) {
        tap_int(resp_value_parse(str_prefix(two, len), arena, &value, &used), RESP_MORE,
                "%zu bytes are not whole", len);
    }
    tap_int(resp_value_parse(STR("$-5\r\n"), arena, &value, &used), RESP_BAD, "bad");
    tap_int(resp_value_parse(STR("*16777216\r\n:1\r\n"), arena, &value, &used), RESP_MORE,
            "a claimed length allocates nothing");
}

int main(void)
{
    struct arena arena = {0};
    test_scalars(&arena);
    test_aggregates(&arena);
    test_maps(&arena);
    test_parts(&arena);
    arena_release(&arena);
    return tap_end();
}
