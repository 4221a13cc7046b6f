#include "support/fail_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

/* What SQLite holds: its own part first, the real file behind it. */
struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    atomic_uint_fast64_t left; /* writes until the one that fails; 0: none will */
    atomic_bool stays_full;
    atomic_bool has_failed;
} shim;

static bool is_full(void)
{
    uint64_t left = atomic_load(&shim.left);
    while (left > 1 && !atomic_compare_exchange_weak(&shim.left, &left, left - 1)) {
    }
    if (left != 1) {
        return false;
    }
    if (!atomic_load(&shim.stays_full)) {
        atomic_store(&shim.left, 0);
    }
    atomic_store(&shim.has_failed, true);
    return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static int close_file(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *to, int len, sqlite3_int64 from)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, len, from);
}

static int write_file(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    return is_full() ? SQLITE_FULL : real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 len)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), len);
}

static int sync_file(sqlite3_file *file, int flags)
{
    return is_full() ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int size_of_file(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int lock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int check_lock(sqlite3_file *file, int *taken)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), taken);
}

static int control_file(sqlite3_file *file, int what, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int device_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int map_shared(sqlite3_file *file, int region, int size, int extend, void volatile **to)
{
    return extend != 0 && is_full()
               ? SQLITE_IOERR_SHMSIZE
               : real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, to);
}

static int lock_shared(sqlite3_file *file, int from, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), from, count, flags);
}

static void barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int unmap_shared(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_traits,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_shared,
};

static int open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *out, int flags,
                     int *out_flags)
{
    struct file *file = (struct file *)out;
    (void)vfs;
    file->real = (sqlite3_file *)(file + 1);
    int status = shim.real->xOpen(shim.real, name, file->real, flags, out_flags);
    file->base.pMethods = file->real->pMethods == NULL ? NULL : &methods;
    return status;
}

void fail_vfs_install(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.zName = "fail";
    shim.vfs.szOsFile = (int)sizeof(struct file) + shim.real->szOsFile;
    shim.vfs.xOpen = open_file;
    (void)sqlite3_vfs_register(&shim.vfs, 1);
}

void fail_vfs_arm(uint64_t nth, bool stays_full)
{
    atomic_store(&shim.has_failed, false);
    atomic_store(&shim.stays_full, stays_full);
    atomic_store(&shim.left, nth);
}

bool fail_vfs_has_failed(void)
{
    return atomic_load(&shim.has_failed);
}
