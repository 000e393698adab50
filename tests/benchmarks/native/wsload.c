/* The benches' websocket client: one thread, epoll, thousands of sockets, so that it is not what is measured.
 *
 * wsload PLAN name=value ...   PLAN is a file that the bench wrote (see `read_plan`); then commands on standard input,
 * one line each, and one line of JSON for each on standard output:
 *
 *   open                        connect every socket, one after the other as the server answers
 *   fan IN_FLIGHT SECONDS       publish ticks, so many under way at once; each must reach every socket
 *   group RATE SECONDS          each publisher publishes so often a second; each tick must reach every socket
 *   storm                       connect every socket at the same moment and have each take up where it left off
 *   (end of input)              close everything
 *
 * A tick is a frame in which the number after the plan's `tag` says which one it is. Times are this process's own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLOSED, CONNECTING, HANDSHAKE, STEPS, LIVE };
enum { MAX_STEPS = 64, MAX_TOKENS = 8192, READ_BYTES = 1 << 18, WINDOW = 1 << 14, MAX_PORTS = 8 };
#define FIRST_TICK 1000000000000ull /* thirteen digits, whichever tick */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

typedef struct {
    char *bytes;
    size_t size;
} Text;

typedef struct {
    int fd, state, step, index;
    bool publisher, stopped;
    size_t kept, room; /* what has been read of a frame whose rest is still to come */
    char *rest;
    uint64_t seq, entries; /* storm: the last entry and how many */
} Socket;

/* --- the plan ---------------------------------------------------------------------------------------------------- */

static Text request, publisher_request, tick_text, tag, step_text[MAX_STEPS], step_marker[MAX_STEPS], tokens[MAX_TOKENS];
static Text publisher_text[MAX_STEPS], publisher_marker[MAX_STEPS];
static int steps, publisher_steps, token_count, opcode = 1;
static int ports[MAX_PORTS], port_count, publisher_port, sockets_wanted, publishers_wanted = 1, stopped_wanted;
static int opening_at_once = 64;
static uint64_t since, expected; /* storm: each socket must get the entries since+1 ... since+expected */
static double patience_s = 30;

static void fail(const char *why) {
    printf("{\"error\": \"%s\"}\n", why);
    fflush(stdout);
    exit(1);
}

static Text unescaped(const char *from) {
    Text text = {malloc(strlen(from) + 1), 0};
    for (; *from && *from != '\n'; from++) {
        char c = *from;
        if (c == '\\' && from[1]) c = *++from == 'r' ? '\r' : *from == 'n' ? '\n' : *from;
        text.bytes[text.size++] = c;
    }
    text.bytes[text.size] = 0;
    return text;
}

/* Lines of NAME VALUE; in a value \r, \n and \\ are escaped. `step` and `publisher_step` are MARKER, a tab, and the text
 * to be sent: the next step follows when a frame holds the marker. {token} and {tick} are filled in. */
static void read_plan(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail("the plan cannot be read");
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        char *value = strchr(line, ' ');
        if (!value) continue;
        *value++ = 0;
        char *told = strchr(value, '\t');
        if (!strcmp(line, "request")) request = unescaped(value);
        else if (!strcmp(line, "publisher_request")) publisher_request = unescaped(value);
        else if (!strcmp(line, "tick")) tick_text = unescaped(value);
        else if (!strcmp(line, "tag")) tag = unescaped(value);
        else if (!strcmp(line, "opcode")) opcode = atoi(value);
        else if (!strcmp(line, "since")) since = strtoull(value, NULL, 10);
        else if (!strcmp(line, "expected")) expected = strtoull(value, NULL, 10);
        else if (!strcmp(line, "sockets")) sockets_wanted = atoi(value);
        else if (!strcmp(line, "publishers")) publishers_wanted = atoi(value);
        else if (!strcmp(line, "publisher_port")) publisher_port = atoi(value);
        else if (!strcmp(line, "stopped")) stopped_wanted = atoi(value);
        else if (!strcmp(line, "opening")) opening_at_once = atoi(value);
        else if (!strcmp(line, "patience")) patience_s = atof(value);
        else if (!strcmp(line, "port") && port_count < MAX_PORTS) ports[port_count++] = atoi(value);
        else if (!strcmp(line, "token") && token_count < MAX_TOKENS) tokens[token_count++] = unescaped(value);
        else if (!strcmp(line, "step") && told && steps < MAX_STEPS) {
            *told++ = 0;
            step_marker[steps] = unescaped(value);
            step_text[steps++] = unescaped(told);
        } else if (!strcmp(line, "publisher_step") && told && publisher_steps < MAX_STEPS) {
            *told++ = 0;
            publisher_marker[publisher_steps] = unescaped(value);
            publisher_text[publisher_steps++] = unescaped(told);
        } else fail("the plan has a line that is not understood");
    }
    free(line);
    fclose(file);
    if (!port_count || !sockets_wanted || !request.size) fail("the plan lacks port, sockets or request");
    if (!publisher_port) publisher_port = ports[0];
}

/* --- time, figures ------------------------------------------------------------------------------------------------- */

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double processor_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

/* Latencies are counted by the microsecond up to 0.2 s, and by the tenth of a millisecond from there to a minute. */
enum { FINE = 200000, COARSE = 600000 };
static uint64_t fine[FINE], coarse[COARSE], timed;
static double worst_s;

static void forget_times(void) {
    memset(fine, 0, sizeof fine);
    memset(coarse, 0, sizeof coarse);
    timed = 0;
    worst_s = 0;
}

static void count_time(double s) {
    if (s < 0) s = 0;
    if (s > worst_s) worst_s = s;
    if (s < 0.2) fine[(int)(s * 1e6) < FINE ? (int)(s * 1e6) : FINE - 1]++;
    else coarse[(int)(s * 1e4) < COARSE ? (int)(s * 1e4) : COARSE - 1]++;
    timed++;
}

static double percentile_ms(double share) {
    uint64_t wanted = (uint64_t)((double)timed * share), seen = 0;
    for (int i = 0; i < FINE; i++)
        if ((seen += fine[i]) > wanted) return (i + 0.5) / 1e3;
    for (int i = 0; i < COARSE; i++)
        if ((seen += coarse[i]) > wanted) return (i + 0.5) / 10;
    return worst_s * 1e3;
}

/* --- sockets --------------------------------------------------------------------------------------------------------- */

static int epoll_fd;
static Socket *sockets, *publishers;
static int live, dead, refused, opening;
static int last_close_code;
static char first_refusal[160]; /* what a server said instead of serving */
static char buffer[READ_BYTES];
static double arrived_s; /* when what is being looked at was read */

static uint64_t ticks, done_ticks, deliveries, strays;
static uint32_t receipts[WINDOW];
static double sent_s[WINDOW];
static uint64_t storm_lost, storm_doubled, storm_misplaced, storm_complete;
static bool storming;

static void watch(Socket *s, uint32_t events, int how) {
    struct epoll_event event = {.events = events, .data.ptr = s};
    if (epoll_ctl(epoll_fd, how, s->fd, &event) < 0) fail("epoll_ctl failed");
}

/* Each from one of 200 addresses, as a crowd comes from many: 127.0.1.1 to 127.0.1.200. */
static void start(Socket *s) {
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) fail("no more sockets: ulimit -n");
    int one = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(s->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101u + (uint32_t)(s->index % 200))};
    if (bind(s->fd, (struct sockaddr *)&from, sizeof from) < 0) fail("bind failed");
    int port = s->publisher ? publisher_port : ports[s->index % port_count];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->state = CONNECTING;
    s->step = 0;
    s->kept = 0;
    s->seq = since;
    s->entries = 0;
    opening++;
    if (connect(s->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) fail("connect failed");
    watch(s, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
}

static void end(Socket *s) {
    if (s->state == CLOSED) return;
    if (s->state == LIVE) {
        if (!s->publisher) live--;
        dead++;
    } else {
        refused++;
        opening--;
    }
    s->state = CLOSED;
    close(s->fd);
    free(s->rest);
    s->rest = NULL;
    s->room = s->kept = 0;
}

static void push(Socket *s, const char *bytes, size_t size) {
    while (size) {
        ssize_t sent = send(s->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue; /* our own messages are small */
        if (sent < 0) return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void say(Socket *s, int code, const char *bytes, size_t size) {
    static unsigned char frame[1 << 17];
    static const unsigned char mask[4] = {0x9d, 0x3b, 0xe4, 0x57};
    size_t head = 2;
    if (size > sizeof frame - 16) fail("a message of the plan is too long");
    frame[0] = (unsigned char)(0x80 | code);
    if (size < 126) frame[1] = (unsigned char)(0x80 | size);
    else if (size < 65536) {
        frame[1] = 0x80 | 126;
        frame[2] = (unsigned char)(size >> 8);
        frame[3] = (unsigned char)size;
        head = 4;
    } else {
        frame[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) frame[2 + i] = (unsigned char)((uint64_t)size >> (56 - 8 * i));
        head = 10;
    }
    memcpy(frame + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < size; i++) frame[head + i] = (unsigned char)bytes[i] ^ mask[i & 3];
    push(s, (char *)frame, head + size);
}

/* The text with {token} or {tick} filled in. */
static void say_filled(Socket *s, Text text, const char *hole, Text filling) {
    static char filled[1 << 16];
    char *at = memmem(text.bytes, text.size, hole, strlen(hole));
    if (!at) {
        say(s, opcode, text.bytes, text.size);
        return;
    }
    size_t before = (size_t)(at - text.bytes), after = text.size - before - strlen(hole);
    if (before + filling.size + after > sizeof filled) fail("a message of the plan is too long");
    memcpy(filled, text.bytes, before);
    memcpy(filled + before, filling.bytes, filling.size);
    memcpy(filled + before + filling.size, at + strlen(hole), after);
    say(s, opcode, filled, before + filling.size + after);
}

static void publish(Socket *s) {
    char number[24];
    Text filling = {number, (size_t)snprintf(number, sizeof number, "%llu", (unsigned long long)(FIRST_TICK + ticks))};
    sent_s[ticks % WINDOW] = now_s();
    receipts[ticks % WINDOW] = 0;
    ticks++;
    say_filled(s, tick_text, "{tick}", filling);
}

/* Say what the next steps are, until one has an answer to wait for; then it is live. */
static void go_on(Socket *s) {
    int count = s->publisher ? publisher_steps : steps;
    Text *texts = s->publisher ? publisher_text : step_text, *markers = s->publisher ? publisher_marker : step_marker;
    Text token = token_count ? tokens[s->index % token_count] : (Text){"", 0};
    while (s->step < count) {
        if (texts[s->step].size) say_filled(s, texts[s->step], "{token}", token);
        if (markers[s->step].size) return;
        s->step++;
    }
    s->state = LIVE;
    opening--;
    if (!s->publisher) live++;
    if (!s->publisher && !expected) storm_complete++;
}

static uint64_t number_at(const char *at, const char *end_of) {
    uint64_t number = 0;
    while (at < end_of && *at >= '0' && *at <= '9') number = number * 10 + (uint64_t)(*at++ - '0');
    return number;
}

static void count_tick(uint64_t number) {
    uint64_t tick = number - FIRST_TICK;
    if (tick >= ticks || tick + WINDOW <= ticks || tick < done_ticks) {
        strays++;
        return;
    }
    deliveries++;
    receipts[tick % WINDOW]++;
    count_time(arrived_s - sent_s[tick % WINDOW]);
}

/* Text: one tick a frame, and frames of one kind are alike, so the tag is most often where it was in the last one.
 * Binary (NATS): as many as its server put into one frame. */
static void count_ticks(const char *at, const char *end_of) {
    static size_t usual;
    if (opcode == 1) {
        bool there = (size_t)(end_of - at) > usual + tag.size && !memcmp(at + usual, tag.bytes, tag.size);
        const char *found = there ? at + usual : memmem(at, (size_t)(end_of - at), tag.bytes, tag.size);
        if (!found) return;
        usual = (size_t)(found - at);
        count_tick(number_at(found + tag.size, end_of));
        return;
    }
    while ((at = memmem(at, (size_t)(end_of - at), tag.bytes, tag.size))) {
        at += tag.size;
        count_tick(number_at(at, end_of));
    }
}

static void count_entry(Socket *s, const char *at, const char *end_of) {
    static const char fact[] = "\"t\":\"fact\"", place[] = "\"seq\":";
    if (!memmem(at, (size_t)(end_of - at) < 64 ? (size_t)(end_of - at) : 64, fact, sizeof fact - 1)) return;
    const char *found = memmem(at, (size_t)(end_of - at), place, sizeof place - 1);
    if (!found) return;
    uint64_t seq = number_at(found + sizeof place - 1, end_of);
    if (seq == s->seq + 1) {
        s->seq = seq;
        if (++s->entries == expected) storm_complete++;
    } else if (seq <= s->seq) {
        storm_doubled++;
    } else {
        storm_misplaced++;
        s->seq = seq;
        s->entries++;
    }
}

static void note_refusal(const char *at, size_t size) {
    if (*first_refusal) return;
    for (size_t i = 0; i < size && i < sizeof first_refusal - 1; i++)
        first_refusal[i] = at[i] < ' ' || at[i] == '"' || at[i] == '\\' ? ' ' : at[i];
}

static void on_frame(Socket *s, int code, const char *payload, size_t size) {
    if (code == 9) say(s, 10, payload, size);
    if (code == 8) {
        last_close_code = size >= 2 ? (unsigned char)payload[0] << 8 | (unsigned char)payload[1] : 1005;
        end(s);
    }
    if (code > 2) return;
    if (s->state == STEPS) {
        Text marker = s->publisher ? publisher_marker[s->step] : step_marker[s->step];
        if (memmem(payload, size, "request_refused", 15)) {
            note_refusal(payload, size);
            end(s);
            return;
        }
        if (!memmem(payload, size, marker.bytes, marker.size)) return;
        s->step++;
        go_on(s);
    } else if (s->publisher) {
        return;
    } else if (storming) {
        count_entry(s, payload, payload + size);
    } else {
        count_ticks(payload, payload + size);
    }
}

/* As much of a whole frame as there is; 0 when its rest is still to come. */
static size_t take_frame(Socket *s, const char *at, size_t size) {
    const unsigned char *b = (const unsigned char *)at;
    if (size < 2) return 0;
    uint64_t length = b[1] & 0x7f;
    size_t head = 2;
    if (length == 126) {
        if (size < 4) return 0;
        length = (uint64_t)b[2] << 8 | b[3];
        head = 4;
    } else if (length == 127) {
        if (size < 10) return 0;
        length = 0;
        for (int i = 0; i < 8; i++) length = length << 8 | b[2 + i];
        head = 10;
    }
    if (size < head + length) return 0;
    on_frame(s, b[0] & 0x0f, at + head, (size_t)length);
    return head + (size_t)length;
}

static size_t take_answer(Socket *s, const char *at, size_t size) {
    char *end_of = memmem(at, size, "\r\n\r\n", 4);
    if (!end_of) return 0;
    size_t head = (size_t)(end_of - at) + 4;
    if (memcmp(at, "HTTP/1.1 101", 12) || !memmem(at, head, ACCEPT, sizeof ACCEPT - 1)) {
        note_refusal(at, head);
        end(s);
        return 0;
    }
    s->state = STEPS;
    go_on(s);
    return head;
}

static void take(Socket *s, char *at, size_t size) {
    char *joined = NULL;
    if (s->kept) {
        joined = malloc(s->kept + size);
        memcpy(joined, s->rest, s->kept);
        memcpy(joined + s->kept, at, size);
        at = joined;
        size += s->kept;
        s->kept = 0;
    }
    while (size && s->state != CLOSED) {
        size_t taken = s->state == HANDSHAKE ? take_answer(s, at, size) : take_frame(s, at, size);
        if (!taken) break;
        at += taken;
        size -= taken;
    }
    if (size && s->state != CLOSED) {
        if (s->room < size) s->rest = realloc(s->rest, s->room = size * 2);
        memcpy(s->rest, at, size);
        s->kept = size;
    }
    free(joined);
}

static void on_event(Socket *s, uint32_t events) {
    if (s->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
            end(s);
            return;
        }
        s->state = HANDSHAKE;
        watch(s, EPOLLIN, EPOLL_CTL_MOD);
        Text asked = s->publisher && publisher_request.size ? publisher_request : request;
        push(s, asked.bytes, asked.size);
    }
    if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)) || s->state == CLOSED) return;
    if (s->stopped && s->state == LIVE) { /* it reads nothing: that the server gave it up is all it can learn */
        end(s);
        return;
    }
    ssize_t got = recv(s->fd, buffer, sizeof buffer, 0);
    if (got > 0) {
        arrived_s = now_s();
        take(s, buffer, (size_t)got);
    } else if (got == 0 || errno != EAGAIN) {
        end(s);
    }
    if (s->stopped && s->state == LIVE) watch(s, 0, EPOLL_CTL_MOD); /* from now on it reads nothing */
}

static bool turn(double wait_s) {
    static struct epoll_event events[1024];
    int count = epoll_wait(epoll_fd, events, 1024, wait_s <= 0 ? 0 : (int)(wait_s * 1e3 + 0.999));
    for (int i = 0; i < count; i++) on_event(events[i].data.ptr, events[i].events);
    return count > 0;
}

/* --- commands ----------------------------------------------------------------------------------------------------------- */

static int readers(void) { return sockets_wanted - stopped_wanted; }

static void open_all(void) {
    double began = now_s(), give_up = began + patience_s;
    int next = 0;
    while ((next < sockets_wanted + publishers_wanted || opening) && now_s() < give_up) {
        while (next < sockets_wanted + publishers_wanted && opening < opening_at_once) {
            Socket *s = next < sockets_wanted ? &sockets[next] : &publishers[next - sockets_wanted];
            start(s);
            next++;
        }
        turn(0.05);
    }
    printf("{\"live\": %d, \"refused\": %d, \"unfinished\": %d, \"seconds\": %.6f, \"close_code\": %d, \"refusal\": \"%s\"}\n", live,
           refused, opening, now_s() - began, last_close_code, first_refusal);
}

/* A round is fair when every tick has reached every socket that reads. */
static void settle(uint64_t *from) {
    while (*from < ticks && receipts[*from % WINDOW] >= (uint32_t)readers()) {
        (*from)++;
        done_ticks = *from;
    }
}

static void tell(double took, double used, uint64_t first) {
    printf("{\"ticks\": %llu, \"deliveries\": %llu, \"missing\": %lld, \"strays\": %llu, \"dead\": %d, \"seconds\": %.6f, "
           "\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"p999_ms\": %.4f, \"worst_ms\": %.4f, \"client_s\": %.6f, "
           "\"close_code\": %d}\n",
           (unsigned long long)(ticks - first), (unsigned long long)deliveries,
           (long long)((ticks - first) * (uint64_t)readers() - deliveries), (unsigned long long)strays, dead, took,
           percentile_ms(0.5), percentile_ms(0.99), percentile_ms(0.999), worst_s * 1e3, used, last_close_code);
}

static void fan(uint64_t in_flight, double seconds) {
    uint64_t first = ticks, waited = ticks;
    deliveries = strays = 0;
    forget_times();
    double used = processor_s(), began = now_s(), ends = began + seconds, give_up = ends + patience_s, last = began;
    for (double t = began; (t < ends || waited < ticks) && t < give_up; t = now_s()) {
        while (t < ends && ticks - waited < in_flight) publish(&publishers[ticks % (uint64_t)publishers_wanted]);
        turn(1);
        settle(&waited);
        last = arrived_s;
    }
    tell(last - began, processor_s() - used, first);
    done_ticks = ticks;
}

static void group(double rate, double seconds) {
    uint64_t first = ticks, waited = ticks;
    deliveries = strays = 0;
    forget_times();
    double used = processor_s(), began = now_s(), ends = began + seconds, step = 1 / (rate * publishers_wanted);
    double next = began + step, give_up = ends + patience_s;
    for (double t = began; (t < ends || waited < ticks) && t < give_up; t = now_s()) {
        if (t >= next && t < ends) {
            publish(&publishers[ticks % (uint64_t)publishers_wanted]);
            /* One keeps its pace; many come as people do: now two at once, now nobody. */
            next += publishers_wanted == 1 ? step : step * 2 * drand48();
        }
        double wait = t < ends ? next - now_s() : 1;
        turn(wait < 0.002 ? 0 : wait - 0.001); /* epoll sleeps whole milliseconds: the last one is waited for awake */
        settle(&waited);
        if (t >= ends && now_s() > ends + 2) break;
    }
    tell(now_s() - began, processor_s() - used, first);
    done_ticks = ticks;
}

static void storm(void) {
    storming = true;
    storm_complete = storm_doubled = storm_misplaced = 0;
    double used = processor_s(), began = now_s(), give_up = began + patience_s, complete_s = 0;
    for (int i = 0; i < sockets_wanted; i++) start(&sockets[i]);
    double started = now_s(), quiet = 0;
    /* Once all is there it listens on for a moment: what comes twice comes late. */
    for (double t = started; t < give_up; t = now_s()) {
        turn(0.05);
        if (!complete_s && storm_complete + (uint64_t)(refused + dead) >= (uint64_t)sockets_wanted) {
            complete_s = now_s() - began;
            quiet = now_s() + 0.5;
        }
        if (complete_s && now_s() > quiet) break;
    }
    uint64_t got = 0;
    for (int i = 0; i < sockets_wanted; i++) got += sockets[i].entries;
    storm_lost = expected * (uint64_t)sockets_wanted - got;
    printf("{\"complete\": %llu, \"refused\": %d, \"dead\": %d, \"lost\": %lld, \"doubled\": %llu, \"misplaced\": %llu, "
           "\"seconds\": %.6f, \"connects_s\": %.6f, \"client_s\": %.6f, \"close_code\": %d, \"refusal\": \"%s\"}\n",
           (unsigned long long)storm_complete, refused, dead, (long long)storm_lost, (unsigned long long)storm_doubled,
           (unsigned long long)storm_misplaced, complete_s ? complete_s : now_s() - began, started - began,
           processor_s() - used, last_close_code, first_refusal);
    storming = false;
}

static void do_command(char *line) {
    double a = 0, b = 0;
    if (!strncmp(line, "open", 4)) open_all();
    else if (!strncmp(line, "storm", 5)) storm();
    else if (sscanf(line, "fan %lf %lf", &a, &b) == 2) fan((uint64_t)a, b);
    else if (sscanf(line, "group %lf %lf", &a, &b) == 2) group(a, b);
    else fail("no such command");
    fflush(stdout);
}

int main(int count, char **arguments) {
    if (count != 2) fail("one argument: the plan");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    read_plan(arguments[1]);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    sockets = calloc((size_t)sockets_wanted, sizeof *sockets);
    publishers = calloc((size_t)publishers_wanted, sizeof *publishers);
    for (int i = 0; i < sockets_wanted; i++) {
        sockets[i].index = i;
        sockets[i].stopped = i < stopped_wanted;
    }
    for (int i = 0; i < publishers_wanted; i++) {
        publishers[i].index = i;
        publishers[i].publisher = true;
    }
    /* Between commands the sockets are served, too: pings are answered, and nobody is thought dead. */
    struct epoll_event typed = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &typed) < 0) fail("standard input must be a pipe");
    static char line[256];
    size_t size = 0;
    for (;;) {
        struct epoll_event event[256];
        int ready = epoll_wait(epoll_fd, event, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (event[i].data.ptr) {
                on_event(event[i].data.ptr, event[i].events);
                continue;
            }
            ssize_t got = read(STDIN_FILENO, line + size, sizeof line - size - 1);
            if (got <= 0) return 0;
            line[size += (size_t)got] = 0;
            epoll_ctl(epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
            for (char *newline; (newline = strchr(line, '\n'));) {
                *newline = 0;
                do_command(line);
                size -= (size_t)(newline + 1 - line);
                memmove(line, newline + 1, size + 1);
            }
            epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &typed);
        }
    }
}
