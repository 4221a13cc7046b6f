/* Runs a fuzz harness over the files of a folder: its corpus as a regression test, with any
 * compiler. TAP, one line per file. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { PATH_SIZE = 4096 };

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return -1;
    }
    int status = -1;
    uint8_t *data = NULL;
    if (fseek(file, 0, SEEK_END) != 0) {
        goto out;
    }
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
        goto out;
    }
    data = malloc((size_t)size);
    if ((data == NULL && size > 0) || fread(data, 1, (size_t)size, file) != (size_t)size) {
        goto out;
    }
    status = LLVMFuzzerTestOneInput(data, (size_t)size);
out:
    free(data);
    (void)fclose(file);
    return status;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count <= 0) {
        printf("Bail out! no corpus in %s\n", argc == 2 ? argv[1] : "no folder");
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        bool passed = replay(path) == 0;
        failed += passed ? 0 : 1;
        printf("%sok %d - %s\n", passed ? "" : "not ", i + 1, entries[i]->d_name);
        fflush(stdout);
        free(entries[i]);
    }
    free(entries);
    printf("1..%d\n", count);
    return failed == 0 ? 0 : 1;
}
