/*
 * The physical limit: a client that opens a connection, sends fixed bytes, waits for as many as the answer has, and resets.
 *
 *   client tcp|udp|tls PORT SECONDS IN_FLIGHT RATE ANSWER_BYTES [REQUEST_HEX]
 *
 * RATE 0 keeps IN_FLIGHT exchanges going; another paces so many a second. Goes round 127.0.0.1 to 127.0.0.64. Prints one line of
 * JSON; first-byte times, from the request sent to the answer's first byte, are there when paced.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

enum { ADDRESSES = 64, EVENTS = 512, SAMPLES = 1 << 20, REQUEST = 4096 };

struct exchange { int fd, connected, received; long long sent_ns; void *tls; struct exchange *next; };

static int poll_fd, port, answer_bytes, is_udp, is_tls;
static char request[REQUEST], input[65536];
static int request_bytes;
static long started, done, failed;
static double samples[SAMPLES];
static struct exchange *idle;
static int one = 1;
#ifdef TLS
static SSL_CTX *context;
#endif

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void end(struct exchange *exchange, int well) {
    static const struct linger reset = {1, 0};
#ifdef TLS
    if (exchange->tls) SSL_free(exchange->tls);
#endif
    if (!is_udp) setsockopt(exchange->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(exchange->fd);
    if (well) done++;
    else failed++;
    exchange->next = idle;
    idle = exchange;
}

static void begin(struct exchange *exchange) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + started++ % ADDRESSES)};
    int fd = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *exchange = (struct exchange){.fd = fd};
    if (fd < 0 || (connect(fd, (void *)&address, sizeof address) && errno != EINPROGRESS)) return end(exchange, 0);
    if (!is_udp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = exchange};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void await_answer(struct exchange *exchange) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = exchange};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, exchange->fd, &event);
}

/* Sends the request, once connected. */
static void connected(struct exchange *exchange) {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(exchange->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) return end(exchange, 0);
    exchange->connected = 1;
    exchange->sent_ns = now_ns();
#ifdef TLS
    if (is_tls) {
        exchange->tls = SSL_new(context);
        SSL_set_fd(exchange->tls, exchange->fd);
        SSL_set_tlsext_host_name(exchange->tls, "localhost");
        SSL_set1_host(exchange->tls, "localhost");
        SSL_set_connect_state(exchange->tls);
        SSL_do_handshake(exchange->tls);
        return await_answer(exchange);
    }
#endif
    if (request_bytes) send(exchange->fd, request, request_bytes, MSG_NOSIGNAL);
    await_answer(exchange);
}

static int take(struct exchange *exchange) {
#ifdef TLS
    if (is_tls) {
        if (!SSL_is_init_finished(exchange->tls)) {
            int state = SSL_do_handshake(exchange->tls);
            if (state != 1) return SSL_get_error(exchange->tls, state) == SSL_ERROR_WANT_READ ? 0 : -1;
            SSL_write(exchange->tls, request, request_bytes);
            exchange->sent_ns = now_ns();
        }
        int length = SSL_read(exchange->tls, input, sizeof input);
        return length > 0 ? length : SSL_get_error(exchange->tls, length) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
#endif
    ssize_t length = recv(exchange->fd, input, sizeof input, 0);
    return length > 0 ? length : length < 0 && errno == EAGAIN ? 0 : -1;
}

static void readable(struct exchange *exchange) {
    int length = take(exchange);
    if (length == 0) return;
    if (length < 0) return end(exchange, 0);
    if (!exchange->received) samples[done % SAMPLES] = (now_ns() - exchange->sent_ns) / 1e6;
    exchange->received += length;
    if (exchange->received >= answer_bytes) end(exchange, 1);
}

static int ascending(const void *a, const void *b) { return *(double *)a < *(double *)b ? -1 : *(double *)a > *(double *)b; }

static void report(double seconds, double cpu_seconds, int paced) {
    long count = done < SAMPLES ? done : SAMPLES;
    qsort(samples, count, sizeof *samples, ascending);
    printf("{\"checks\":%ld,\"failed\":%ld,\"seconds\":%f,\"cpuSeconds\":%f", done, failed, seconds, cpu_seconds);
    if (paced && count) printf(",\"firstByteP50Ms\":%f,\"firstByteP99Ms\":%f", samples[count / 2], samples[count * 99 / 100]);
    printf("}\n");
}

static void read_request(const char *hex) {
    for (; hex[0] && hex[1] && request_bytes < REQUEST; hex += 2) sscanf(hex, "%2hhx", (unsigned char *)&request[request_bytes++]);
}

static int trust(const char *authority) {
#ifdef TLS
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return authority && SSL_CTX_load_verify_locations(context, authority, NULL) == 1;
#else
    (void)authority;
    return 0;
#endif
}

/* RATE 0: whatever is idle begins. Else exchange n begins at n / RATE seconds. */
static void exchange_all(struct exchange *exchanges, int count, double seconds, double rate) {
    for (int i = 0; i < count; i++) exchanges[i].next = idle, idle = &exchanges[i];
    long long start = now_ns(), until = start + seconds * 1e9;
    for (long long now = start; now < until; now = now_ns()) {
        /* No more than there are: one that fails at once is not tried again before the next round. */
        for (int left = count; left && idle && (!rate || started < (now - start) / 1e9 * rate); left--) {
            struct exchange *next = idle;
            idle = next->next;
            begin(next);
        }
        long long wait_ns = rate ? start + (started + 1) / rate * 1e9 - now : until - now;
        struct timespec wait = {0};
        if (wait_ns > 0) wait = (struct timespec){wait_ns / 1000000000, wait_ns % 1000000000};
        struct epoll_event events[EVENTS];
        int ready = epoll_pwait2(poll_fd, events, EVENTS, &wait, NULL);
        for (int i = 0; i < ready; i++) {
            struct exchange *exchange = events[i].data.ptr;
            if (exchange->connected) readable(exchange);
            else connected(exchange);
        }
    }
}

int main(int count, char **arguments) {
    if (count < 7) return fprintf(stderr, "usage: client tcp|udp|tls PORT SECONDS IN_FLIGHT RATE ANSWER_BYTES [REQUEST_HEX]\n"), 2;
    is_udp = !strcmp(arguments[1], "udp");
    is_tls = !strcmp(arguments[1], "tls");
    port = atoi(arguments[2]);
    double seconds = atof(arguments[3]), rate = atof(arguments[5]);
    int in_flight = atoi(arguments[4]);
    answer_bytes = atoi(arguments[6]);
    if (count > 7) read_request(arguments[7]);
    if (is_tls && !trust(getenv("AUTHORITY"))) return fprintf(stderr, "client: the authority in AUTHORITY cannot be read\n"), 1;
    /* Timers are to fire when asked, not within the usual 50 us. */
    prctl(PR_SET_TIMERSLACK, 1);
    poll_fd = epoll_create1(0);
    long long start = now_ns();
    exchange_all(calloc(in_flight, sizeof(struct exchange)), in_flight, seconds, rate);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu_seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    report((now_ns() - start) / 1e9, cpu_seconds, rate > 0);
    return 0;
}
