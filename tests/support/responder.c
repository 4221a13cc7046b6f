#include "support/responder.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

/* Sends from bytes of its own: the test may give other answers as soon as it has received some. */
static void answer(struct responder *responder, int fd, const char *bytes)
{
    static const char unknown[] = "-ERR unknown command\r\n";
    struct buf reply = {0};
    (void)pthread_mutex_lock(&responder->mutex);
    size_t i = 0;
    while (i < responder->count && strstr(bytes, responder->answers[i].command) == NULL) {
        i++;
    }
    if (i == responder->count) {
        (void)buf_add_text(&reply, unknown);
    } else if (responder->answers[i].reply != NULL) {
        (void)buf_add_text(&reply, responder->answers[i].reply);
    }
    (void)pthread_mutex_unlock(&responder->mutex);
    if (reply.len > 0) {
        (void)send(fd, reply.data, reply.len, MSG_NOSIGNAL);
    }
    buf_release(&reply);
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

static char *copy(const char *text)
{
    return text == NULL ? NULL : mem_copy_text(text, strlen(text));
}

static void set_answers(struct responder *responder, const struct answer *answers)
{
    for (size_t i = 0; i < responder->count; i++) {
        mem_free(responder->answers[i].command);
        mem_free(responder->answers[i].reply);
    }
    responder->count = 0;
    for (; answers->command != NULL; answers++) {
        assert(responder->count < RESPONDER_ANSWERS);
        responder->answers[responder->count].command = copy(answers->command);
        responder->answers[responder->count++].reply = copy(answers->reply);
    }
}

uint16_t responder_start(struct responder *responder, const struct answer *answers,
                         const char *path)
{
    *responder = (struct responder){0};
    set_answers(responder, answers);
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
    set_answers(responder, answers);
    (void)pthread_mutex_unlock(&responder->mutex);
}

void responder_stop(struct responder *responder)
{
    (void)close(responder->wake[1]);
    (void)pthread_join(responder->thread, NULL);
    (void)close(responder->wake[0]);
    (void)close(responder->listener);
    (void)pthread_mutex_destroy(&responder->mutex);
    set_answers(responder, &(struct answer){0});
}
