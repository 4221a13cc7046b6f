#include "support/responder.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void answer(struct responder *responder, int fd, const char *bytes)
{
    static const char unknown[] = "-ERR unknown command\r\n";
    const char *reply = unknown;
    (void)pthread_mutex_lock(&responder->mutex);
    const struct answer *at = responder->answers;
    (void)pthread_mutex_unlock(&responder->mutex);
    for (; at->command != NULL; at++) {
        if (strstr(bytes, at->command) != NULL) {
            reply = at->reply;
            break;
        }
    }
    if (reply != NULL) {
        (void)send(fd, reply, strlen(reply), MSG_NOSIGNAL);
    }
}

/* False: the client has gone. */
static bool serve(struct responder *responder, int fd)
{
    char bytes[16384];
    ssize_t got = recv(fd, bytes, sizeof bytes - 1, 0);
    if (got <= 0) {
        return false;
    }
    bytes[got] = '\0';
    (void)buf_add(&responder->heard, bytes, (size_t)got);
    answer(responder, fd, bytes);
    return true;
}

/* The listener, the end of the pipe that tells to stop, and the clients. */
static void *respond(void *self)
{
    struct responder *responder = self;
    struct pollfd fds[2 + RESPONDER_CLIENTS] = {{.fd = responder->listener, .events = POLLIN},
                                                {.fd = responder->wake[0], .events = POLLIN}};
    nfds_t count = 2;
    while (poll(fds, count, -1) > 0 && fds[1].revents == 0) {
        for (nfds_t i = count - 1; i >= 2; i--) {
            if (fds[i].revents != 0 && !serve(responder, fds[i].fd)) {
                (void)close(fds[i].fd);
                fds[i] = fds[--count];
            }
        }
        if (fds[0].revents != 0 && count < 2 + RESPONDER_CLIENTS) {
            fds[count++] =
                (struct pollfd){.fd = accept(responder->listener, NULL, NULL), .events = POLLIN};
        }
    }
    for (nfds_t i = 2; i < count; i++) {
        (void)close(fds[i].fd);
    }
    return NULL;
}

uint16_t responder_start(struct responder *responder, const struct answer *answers,
                         const char *path)
{
    *responder = (struct responder){.answers = answers};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    socklen_t len = sizeof in;
    bool bound;
    responder->listener = socket(path == NULL ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (path == NULL) {
        bound = bind(responder->listener, (struct sockaddr *)&in, len) == 0;
    } else {
        (void)snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
        bound = bind(responder->listener, (struct sockaddr *)&un, sizeof un) == 0;
    }
    if (!bound || listen(responder->listener, 8) != 0 || pipe(responder->wake) != 0 ||
        pthread_mutex_init(&responder->mutex, NULL) != 0 ||
        pthread_create(&responder->thread, NULL, respond, responder) != 0) {
        printf("Bail out! no server for the test\n");
        exit(1);
    }
    if (path == NULL) {
        (void)getsockname(responder->listener, (struct sockaddr *)&in, &len);
    }
    return ntohs(in.sin_port);
}

void responder_say(struct responder *responder, const struct answer *answers)
{
    (void)pthread_mutex_lock(&responder->mutex);
    responder->answers = answers;
    (void)pthread_mutex_unlock(&responder->mutex);
}

void responder_stop(struct responder *responder)
{
    (void)close(responder->wake[1]);
    (void)pthread_join(responder->thread, NULL);
    (void)close(responder->wake[0]);
    (void)close(responder->listener);
    (void)pthread_mutex_destroy(&responder->mutex);
}
