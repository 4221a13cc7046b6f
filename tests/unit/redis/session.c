/* The commands that open a session, and the login that they carry. */
#include "redis/client.h"
#include "redis/endpoint.h"

#include "support/tap.h"

static bool refuse(const struct credential_provider *provider, struct credentials *out,
                   struct error *err)
{
    (void)provider;
    (void)out;
    return error_set(err, ERROR_TARGET, "the token has expired");
}

/* The replies counted are the commands written. */
static void test_session(void)
{
    static struct credentials login = {.password = "secret"};
    const struct credential_provider provider = {credentials_get_fixed, &login};
    const struct credential_provider expired = {refuse, NULL};
    struct endpoint endpoint = {.name = "x"};
    struct buf out = {0};
    struct error err = {0};
    unsigned replies = 7;
    tap_check(client_write_session(&endpoint, 2, &out, &replies, &err) && replies == 1,
              "nothing but a name to tell in RESP2");
    buf_clear(&out);
    endpoint.database = 12;
    endpoint.login = &provider;
    tap_check(client_write_session(&endpoint, 2, &out, &replies, &err) && replies == 3,
              "three commands in RESP2");
    tap_text(buf_text(&out),
             "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n"
             "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$6\r\ntenbin\r\n",
             "AUTH, SELECT, and a name");
    buf_clear(&out);
    endpoint.login = &expired;
    tap_check(!client_write_session(&endpoint, 3, &out, &replies, &err), "no password to be had");
    tap_text(err.text, "the token has expired", "and the provider says why");
    tap_int((int64_t)out.len, 0, "nothing is written then");
    buf_release(&out);
    credentials_wipe(&login);
    static const struct credentials nothing = {{0}, {0}};
    tap_check(memcmp(&login, &nothing, sizeof login) == 0, "wiped");
}

int main(void)
{
    test_session();
    return tap_end();
}
