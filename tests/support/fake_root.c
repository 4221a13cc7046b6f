#include "support/fake_root.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "os/file.h"

bool fake_root_make(char root[PATH_MAX])
{
    return file_make_temp_dir("tenbin-test-", root, PATH_MAX, NULL);
}

bool fake_root_put(const char *root, const char *path, const char *text)
{
    char full[PATH_MAX];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    return file_write(full, str_from(text), NULL);
}
