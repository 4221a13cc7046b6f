/* Calls of the kernel without the C library in between. Its wrappers of recv, send and epoll_wait
 * are points at which a thread may be cancelled, and its syscall() moves seven arguments: either
 * costs more instructions than all else that is done here for a small request. No thread of ours is
 * ever cancelled. For tcp.c and loop_epoll.c only.
 *
 * With KERNEL_DIRECT (release builds) nothing stands between; without, it is the library's
 * syscall(), which tests can let fail. */
#pragma once

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Call `number` with six arguments, those that it does not have 0. A failure is -errno, and errno
 * itself may or may not change. */
static inline long kernel_call(long number, const long arguments[6])
{
#if defined(KERNEL_DIRECT) && defined(__x86_64__) && defined(__LP64__)
    register long fourth __asm__("r10") = arguments[3];
    register long fifth __asm__("r8") = arguments[4];
    register long sixth __asm__("r9") = arguments[5];
    long result = number;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(fourth),
                       "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return result;
#else
    long result = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                          arguments[4], arguments[5]);
    return result < 0 ? -(long)errno : result;
#endif
}
