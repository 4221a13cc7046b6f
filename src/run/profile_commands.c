#include "run/profile_commands.h"

#define STRING PROFILE_ON_TYPE, DATA_STRING
#define NUMBER PROFILE_ON_NUMBER, DATA_STRING
#define LIST PROFILE_ON_TYPE, DATA_LIST
#define HASH PROFILE_ON_TYPE, DATA_HASH
#define SET PROFILE_ON_TYPE, DATA_SET
#define ZSET PROFILE_ON_TYPE, DATA_ZSET
#define STREAM PROFILE_ON_TYPE, DATA_STREAM
#define ANY PROFILE_ON_ANY, DATA_STRING
#define NONE PROFILE_ON_NONE, DATA_STRING

static const struct profile_form forms[] = {
    {"get", STRING, "GET @"},
    {"set", STRING, "SET @ {value} PX {ttl}"},
    {"setex", STRING, "SET @ {value} PX {ttl}"},
    {"psetex", STRING, "SET @ {value} PX {ttl}"},
    {"setnx", STRING, "SETNX @ {value}"},
    {"getset", STRING, "GETSET @ {value}"},
    {"getex", STRING, "GETEX @"},
    {"strlen", STRING, "STRLEN @"},
    {"getrange", STRING, "GETRANGE @ 0 99"},
    {"mget", STRING, "MGET [@]*"},
    {"mset", STRING, "MSET [@ {value}]*"},
    {"incr", NUMBER, "INCR @"},
    {"decr", NUMBER, "DECR @"},
    {"incrby", NUMBER, "INCRBY @ {int:1:100}"},
    {"decrby", NUMBER, "DECRBY @ {int:1:100}"},
    {"lpush", LIST, "LPUSH @ {value}"},
    {"rpush", LIST, "RPUSH @ {value}"},
    {"lpop", LIST, "LPOP @"},
    {"rpop", LIST, "RPOP @"},
    {"lrange", LIST, "LRANGE @ 0 9"},
    {"lindex", LIST, "LINDEX @ {index}"},
    {"llen", LIST, "LLEN @"},
    {"lset", LIST, "LSET @ 0 {value}"},
    {"ltrim", LIST, "LTRIM @ 0 999"},
    {"hget", HASH, "HGET @ {field}"},
    {"hset", HASH, "HSET @ {field} {value}"},
    {"hmset", HASH, "HSET @ {field} {value}"},
    {"hsetnx", HASH, "HSETNX @ {field} {value}"},
    {"hmget", HASH, "HMGET @ [{field}]*3"},
    {"hgetall", HASH, "HGETALL @"},
    {"hkeys", HASH, "HKEYS @"},
    {"hvals", HASH, "HVALS @"},
    {"hlen", HASH, "HLEN @"},
    {"hexists", HASH, "HEXISTS @ {field}"},
    {"hdel", HASH, "HDEL @ {field:churn}"},
    {"hscan", HASH, "HSCAN @ 0"},
    {"sadd", SET, "SADD @ {member:churn}"},
    {"srem", SET, "SREM @ {member:churn}"},
    {"sismember", SET, "SISMEMBER @ {member}"},
    {"smembers", SET, "SMEMBERS @"},
    {"scard", SET, "SCARD @"},
    {"spop", SET, "SPOP @"},
    {"srandmember", SET, "SRANDMEMBER @"},
    {"zadd", ZSET, "ZADD @ {score} {member:churn}"},
    {"zrem", ZSET, "ZREM @ {member:churn}"},
    {"zincrby", ZSET, "ZINCRBY @ {int:1:100} {member:stable}"},
    {"zscore", ZSET, "ZSCORE @ {member}"},
    {"zrank", ZSET, "ZRANK @ {member}"},
    {"zrevrank", ZSET, "ZREVRANK @ {member}"},
    {"zcard", ZSET, "ZCARD @"},
    {"zrange", ZSET, "ZRANGE @ 0 9"},
    {"zrevrange", ZSET, "ZREVRANGE @ 0 9"},
    {"zrangebyscore", ZSET, "ZRANGEBYSCORE @ {score} +inf LIMIT 0 10"},
    {"zcount", ZSET, "ZCOUNT @ {score} +inf"},
    {"zpopmin", ZSET, "ZPOPMIN @"},
    {"zpopmax", ZSET, "ZPOPMAX @"},
    {"xadd", STREAM, "XADD @ MAXLEN ~ 1000 * {field} {value}"},
    {"xlen", STREAM, "XLEN @"},
    {"xrange", STREAM, "XRANGE @ - + COUNT 10"},
    {"xrevrange", STREAM, "XREVRANGE @ + - COUNT 10"},
    {"exists", ANY, "EXISTS @"},
    {"ttl", ANY, "TTL @"},
    {"pttl", ANY, "PTTL @"},
    {"type", ANY, "TYPE @"},
    {"expire", ANY, "PEXPIRE @ 3600000"},
    {"pexpire", ANY, "PEXPIRE @ 3600000"},
    {"touch", ANY, "TOUCH @"},
    {"del", ANY, "DEL @"},
    {"unlink", ANY, "UNLINK @"},
    {"ping", NONE, "PING"},
    {"echo", NONE, "ECHO x"},
    {NULL, NONE, NULL},
};

const struct profile_form *profile_form_find(struct str name)
{
    for (const struct profile_form *form = forms; form->name != NULL; form++) {
        if (str_eq_nocase(name, str_from(form->name))) {
            return form;
        }
    }
    return NULL;
}

bool profile_form_is_apart(struct str name)
{
    static const char *const apart[] = {
        "info",     "auth",     "hello",        "select",    "quit",    "reset",     "monitor",
        "scan",     "object",   "memory",       "config",    "client",  "cluster",   "command",
        "dbsize",   "debug",    "latency",      "slowlog",   "module",  "replconf",  "psync",
        "sync",     "readonly", "role",         "failover",  "acl",     "save",      "bgsave",
        "lastsave", "shutdown", "flushall",     "flushdb",   "swapdb",  "randomkey", "keys",
        "wait",     "lolwut",   "bgrewriteaof", "replicaof", "slaveof", "asking",    "sentinel",
        "time",     NULL,
    };
    struct str rest = name;
    struct str word = str_split(&rest, '|');
    for (size_t i = 0; apart[i] != NULL; i++) {
        if (str_eq_nocase(word, str_from(apart[i]))) {
            return true;
        }
    }
    return false;
}
