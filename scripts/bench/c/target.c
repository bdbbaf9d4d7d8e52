/*
 * What the benchmark checks: answers as told by the port it is asked at and costs as little as possible, so that what is
 * measured is the monitor. Each way of answering listens on 127.0.0.1 to 127.0.0.64, for the ports to one address run out.
 *
 *   target SOON_US LATE_US [CERTIFICATE KEY]     (the last two when compiled with TLS and linked with OpenSSL)
 *
 * Prints one line of JSON, name → { port, bytes of an answer }, then serves until it is killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef TLS
#include <openssl/ssl.h>
#endif

enum { ADDRESSES = 64, BACKLOG = 4096, EVENTS = 512, DESCRIPTORS = 1 << 17, NS_PER_US = 1000 };

enum mode { HTTP, HTTP_SOON, HTTP_LATE, HTTP_NEVER, BANNER, GRPC, DNS, DNS_NEVER, HTTPS, MODES };

static const char *names[MODES] = {"http", "http_soon", "http_late", "http_never", "banner", "grpc", "dns", "dns_never", "https"};

static const char page[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "Content-Length: 11\r\n"
    "\r\n"
    "{\"ok\":true}";

static const char banner[] = "220 bench ready\r\n";

/* SETTINGS, the acknowledgement of the client's, headers (200, application/grpc), the message SERVING, trailers (grpc-status 0). */
static const char serving[] =
    "\0\0\0\4\0\0\0\0\0"
    "\0\0\0\4\1\0\0\0\0"
    "\0\0\24\1\4\0\0\0\1\x88\x0f\x10\x10" "application/grpc"
    "\0\0\7\0\0\0\0\0\1\0\0\0\0\2\x08\1"
    "\0\0\17\1\5\0\0\0\1\0\x0b" "grpc-status" "\1" "0";

/* An A record for the name that was asked: 127.0.0.1, one minute. */
static const char record[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1";
enum { RECORD = sizeof record - 1, DNS_HEADER = 12 };

/* By descriptor. A generation tells an answer that waits from a later connection with the same number. */
static struct { unsigned char mode, listens; unsigned generation; void *tls; } connections[DESCRIPTORS];

/* Answers that wait. All of one mode wait equally long, so the first in is the first out. */
struct waiting { int fd; unsigned generation; long long due_ns; };
static struct queue { struct waiting items[DESCRIPTORS]; unsigned head, tail; long long delay_ns; } soon, late;

static int poll_fd;
static char input[65536];
static int one = 1;

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void watch(int fd, enum mode mode, int listens) {
    connections[fd].mode = mode;
    connections[fd].listens = listens;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void hang_up(int fd) {
#ifdef TLS
    if (connections[fd].tls) SSL_free(connections[fd].tls);
#endif
    connections[fd].tls = NULL;
    connections[fd].generation++;
    close(fd);
}

static void say(int fd, const char *answer, size_t length) { send(fd, answer, length, MSG_NOSIGNAL); }

static void answer_page(int fd) {
    say(fd, page, sizeof page - 1);
    hang_up(fd);
}

static void answer_later(struct queue *queue, int fd) {
    queue->items[queue->tail++ % DESCRIPTORS] = (struct waiting){fd, connections[fd].generation, now_ns() + queue->delay_ns};
}

/* Answers what is due; gives when the next one is, or 0. */
static long long answer_due(struct queue *queue, long long now) {
    for (; queue->head != queue->tail; queue->head++) {
        struct waiting *next = &queue->items[queue->head % DESCRIPTORS];
        if (next->due_ns > now) return next->due_ns;
        if (connections[next->fd].generation == next->generation) answer_page(next->fd);
    }
    return 0;
}

/* Whether the client has ended its request. Frames are small and come whole. */
static int ends_request(const unsigned char *bytes, ssize_t length) {
    ssize_t at = length >= 24 && !memcmp(bytes, "PRI * HTTP/2.0", 14) ? 24 : 0;
    while (at + 9 <= length) {
        int size = bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2], type = bytes[at + 3], flags = bytes[at + 4];
        if (type <= 1 && flags & 1) return 1;
        at += 9 + size;
    }
    return 0;
}

static void answer_query(int fd) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    for (ssize_t length; (length = recvfrom(fd, input, 512, 0, (void *)&from, &size)) > DNS_HEADER;) {
        if (connections[fd].mode == DNS_NEVER) continue;
        ssize_t end = DNS_HEADER;
        while (end < length && input[end]) end += input[end] + 1;
        end += 5;
        if (end > length) continue;
        input[2] = '\x81', input[3] = '\x80';
        input[6] = 0, input[7] = 1;
        memset(input + 8, 0, 4);
        memcpy(input + end, record, RECORD);
        sendto(fd, input, end + RECORD, 0, (void *)&from, size);
    }
}

#ifdef TLS
static SSL_CTX *context;

static void serve_tls(int fd) {
    SSL *tls = connections[fd].tls;
    if (!tls) {
        tls = connections[fd].tls = SSL_new(context);
        SSL_set_fd(tls, fd);
        SSL_set_accept_state(tls);
    }
    int length = SSL_read(tls, input, sizeof input - 1);
    if (length <= 0 && SSL_get_error(tls, length) == SSL_ERROR_WANT_READ) return;
    if (length > 0) SSL_write(tls, page, sizeof page - 1);
    hang_up(fd);
}
#endif

static void serve(int fd) {
#ifdef TLS
    if (connections[fd].mode == HTTPS) return serve_tls(fd);
#endif
    ssize_t length = recv(fd, input, sizeof input - 1, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) return hang_up(fd);
    input[length] = 0;
    enum mode mode = connections[fd].mode;
    if (mode == GRPC && ends_request((unsigned char *)input, length)) return say(fd, serving, sizeof serving - 1);
    /* A request is small and comes in one packet; one that does not is waited for, since its end has not been seen. */
    if (mode > HTTP_LATE || !strstr(input, "\r\n\r\n")) return;
    if (mode == HTTP) return answer_page(fd);
    answer_later(mode == HTTP_SOON ? &soon : &late, fd);
}

static void take(int listener) {
    enum mode mode = connections[listener].mode;
    if (mode == DNS || mode == DNS_NEVER) return answer_query(listener);
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (fd >= DESCRIPTORS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(fd, mode, 0);
        if (mode == BANNER) say(fd, banner, sizeof banner - 1);
    }
}

/* Listens on every address, all at one port that the first of them picks; gives the port. */
static int listen_everywhere(enum mode mode) {
    int type = mode == DNS || mode == DNS_NEVER ? SOCK_DGRAM : SOCK_STREAM, port = 0;
    for (int host = 0; host < ADDRESSES; host++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host)};
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (void *)&address, sizeof address) || (type == SOCK_STREAM && listen(fd, BACKLOG))) {
            perror("target: bind");
            exit(1);
        }
        getsockname(fd, (void *)&address, &size);
        port = ntohs(address.sin_port);
        watch(fd, mode, 1);
    }
    return port;
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: target SOON_US LATE_US [CERTIFICATE KEY]\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    /* Timers are to fire when asked, not within the usual 50 us. */
    prctl(PR_SET_TIMERSLACK, 1);
    struct rlimit files = {DESCRIPTORS, DESCRIPTORS};
    if (setrlimit(RLIMIT_NOFILE, &files)) {
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    soon.delay_ns = atoll(arguments[1]) * NS_PER_US;
    late.delay_ns = atoll(arguments[2]) * NS_PER_US;
    poll_fd = epoll_create1(0);
    int modes = HTTPS;
#ifdef TLS
    if (count > 4) {
        context = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(context, arguments[3]) != 1 || SSL_CTX_use_PrivateKey_file(context, arguments[4], SSL_FILETYPE_PEM) != 1) return fprintf(stderr, "target: the certificate cannot be read\n"), 1;
        /* A check resumes no session: tickets would only cost. */
        SSL_CTX_set_num_tickets(context, 0);
        modes = MODES;
    }
#endif
    const int sizes[MODES] = {[HTTP] = sizeof page - 1, [HTTP_SOON] = sizeof page - 1, [HTTP_LATE] = sizeof page - 1, [BANNER] = sizeof banner - 1, [GRPC] = sizeof serving - 1, [DNS] = 1, [HTTPS] = sizeof page - 1};
    for (int mode = 0; mode < modes; mode++) printf("%s\"%s\":{\"port\":%d,\"answerBytes\":%d}", mode ? "," : "{", names[mode], listen_everywhere(mode), sizes[mode]);
    printf("}\n");
    fflush(stdout);

    struct epoll_event events[EVENTS];
    for (;;) {
        long long now = now_ns(), first = answer_due(&soon, now), second = answer_due(&late, now);
        long long next = first && (!second || first < second) ? first : second;
        struct timespec wait = {(next - now) / 1000000000, (next - now) % 1000000000};
        int ready = epoll_pwait2(poll_fd, events, EVENTS, next ? &wait : NULL, NULL);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (connections[fd].listens) take(fd);
            else serve(fd);
        }
    }
}
