/*
 * What the benchmark checks: answers 200 to every request and costs as little as possible, so that what is measured is the
 * monitor. One socket for each of 127.0.0.1 to 127.0.0.64, for the ports to one address run out. Prints its port, then serves.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESSES = 64, BACKLOG = 4096, EVENTS = 512 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "Content-Length: 11\r\n"
    "\r\n"
    "{\"ok\":true}";

static int one = 1;

/* Gives a socket that listens on 127.0.0.<host>, or -1. Port 0 picks one. */
static int listen_on(int host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (void *)&address, sizeof address) || listen(fd, BACKLOG)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int port_of(int fd) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(fd, (void *)&address, &length);
    return ntohs(address.sin_port);
}

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void take(int epoll, int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(epoll, fd);
    }
}

/* A request is small and comes in one packet; one that does not is waited for, since its end has not been seen. */
static void serve(int fd) {
    static char request[65536];
    ssize_t length = recv(fd, request, sizeof request - 1, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length > 0) {
        request[length] = 0;
        if (!strstr(request, "\r\n\r\n")) return;
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    }
    close(fd);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    int epoll = epoll_create1(0), last = 0, port = 0;
    for (int host = 1; host <= ADDRESSES; host++) {
        int fd = listen_on(host, port);
        if (fd < 0) {
            perror("bind");
            return 1;
        }
        if (!port) port = port_of(fd);
        watch(epoll, fd);
        last = fd;
    }
    printf("%d\n", port);
    fflush(stdout);
    /* Listeners were opened first, so every descriptor up to the last of them is one. */
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd <= last) take(epoll, fd);
            else serve(fd);
        }
    }
}
