/* The floor: what a websocket fan-out costs when nothing is done but send(): epoll, one frame built once, one send() for
 * each socket. It knows no rights, no log and no slow readers, and answers the handshake for RFC 6455's sample key only.
 *
 * floor PORT: a socket whose path is /bench/publish publishes, every other one receives.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 17, MOST = 1 << 16 };
static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

typedef struct {
    int fd, place; /* among the readers; -1 before the handshake and for a publisher */
    bool open, publisher;
    size_t kept;
    unsigned char *rest;
} Socket;

static int epoll_fd, reader_count;
static Socket *readers[MOST];

static void end(Socket *s) {
    if (s->place >= 0) {
        readers[s->place] = readers[--reader_count];
        readers[s->place]->place = s->place;
    }
    close(s->fd);
    free(s->rest);
    free(s);
}

/* A full socket is waited for: the floor has no queue. */
static void push(int fd, const unsigned char *bytes, size_t size) {
    while (size) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd full = {.fd = fd, .events = POLLOUT};
            if (poll(&full, 1, 1000) <= 0) return;
            continue;
        }
        if (sent < 0) return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void fan_out(unsigned char *payload, size_t size, const unsigned char mask[4]) {
    static unsigned char frame[ROOM];
    size_t head = 2;
    frame[0] = 0x81;
    if (size < 126) frame[1] = (unsigned char)size;
    else {
        frame[1] = 126;
        frame[2] = (unsigned char)(size >> 8);
        frame[3] = (unsigned char)size;
        head = 4;
    }
    for (size_t i = 0; i < size; i++) frame[head + i] = payload[i] ^ mask[i & 3];
    for (int i = 0; i < reader_count; i++) push(readers[i]->fd, frame, head + size);
}

/* The bytes used of one whole frame, 0 when there is none yet. Clients' frames are masked and below 64 KB. */
static size_t take_frame(Socket *s) {
    unsigned char *b = s->rest;
    if (s->kept < 6) return 0;
    size_t size = b[1] & 0x7f, head = 6;
    if (size == 126) {
        size = (size_t)b[2] << 8 | b[3];
        head = 8;
    }
    if (s->kept < head + size) return 0;
    if ((b[0] & 0x0f) == 1 && s->publisher) fan_out(b + head, size, b + head - 4);
    return head + size;
}

static size_t take_request(Socket *s) {
    unsigned char *end_of = memmem(s->rest, s->kept, "\r\n\r\n", 4);
    if (!end_of) return 0;
    s->publisher = s->kept > 18 && !memcmp(s->rest, "GET /bench/publish", 18);
    push(s->fd, (const unsigned char *)ANSWER, sizeof ANSWER - 1);
    s->open = true;
    if (!s->publisher) readers[s->place = reader_count++] = s;
    return (size_t)(end_of - s->rest) + 4;
}

static void on_bytes(Socket *s) {
    ssize_t got = recv(s->fd, s->rest + s->kept, ROOM - s->kept, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        end(s);
        return;
    }
    s->kept += (size_t)got;
    for (size_t used; (used = s->open ? take_frame(s) : take_request(s));) {
        memmove(s->rest, s->rest + used, s->kept - used);
        s->kept -= used;
    }
}

static void welcome(int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Socket *s = calloc(1, sizeof *s);
        s->fd = fd;
        s->place = -1;
        s->rest = malloc(ROOM);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int count, char **arguments) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)(count == 2 ? atoi(arguments[1]) : 0)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, 4096) < 0) {
        perror("floor");
        return 1;
    }
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[1024];
        int ready = epoll_wait(epoll_fd, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr) on_bytes(events[i].data.ptr);
            else welcome(listener);
        }
    }
}
