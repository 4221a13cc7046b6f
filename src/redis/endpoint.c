#include "redis/endpoint.h"

#include <string.h>

bool credentials_get_fixed(const struct credential_provider *provider, struct credentials *out,
                           struct error *err)
{
    (void)err;
    memcpy(out, provider->self, sizeof *out);
    return true;
}

void credentials_wipe(struct credentials *credentials)
{
    explicit_bzero(credentials, sizeof *credentials);
}
