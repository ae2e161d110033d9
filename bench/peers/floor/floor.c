/*
 * The floor of a fan-out: one write() of a ready-made WebSocket frame for each member and broadcast, and nothing else.
 * No handshake, no protocol, no queue. What a server takes beyond this is its own doing; what it takes less comes from
 * writing less often.
 *
 *   floor PORT SOCKET
 *
 * Members are TCP connections to 127.0.0.1:PORT. A line "10 200\n" to the Unix-domain socket SOCKET asks for 10
 * broadcasts of payloads of 200 bytes. The port opens last; ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 65536, MAX_EVENTS = 256, MAX_LINE = 64, MAX_PAYLOAD = 65535 };

static int poller;
static int listener;
static int members[MAX_FDS];
static int place_of[MAX_FDS];
static int member_count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

/* Members are never read. Their sockets block: a full one holds up the loop, since the floor keeps no queue. */
static void accept_members(void) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED)) return;
    if (fd < 0 || fd >= MAX_FDS) fail("accept4");
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("TCP_NODELAY");
    watch(fd, EPOLLRDHUP);
    place_of[fd] = member_count;
    members[member_count++] = fd;
  }
}

static void drop_member(int fd) {
  int last = members[--member_count];
  members[place_of[fd]] = last;
  place_of[last] = place_of[fd];
  close(fd);
}

/* A text frame of RFC 6455, section 5.2, around the payload that bench/peers/payloads.ts describes. */
static size_t build_frame(unsigned char *frame, size_t bytes) {
  size_t length = 0;
  frame[length++] = 0x81;
  if (bytes < 126) {
    frame[length++] = (unsigned char)bytes;
  } else {
    frame[length++] = 126;
    frame[length++] = (unsigned char)(bytes >> 8);
    frame[length++] = (unsigned char)bytes;
  }
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long long us = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
  char *payload = (char *)frame + length;
  size_t head = (size_t)sprintf(payload, "{\"stamp\":\"t=%016lld\",\"text\":\"", us);
  memset(payload + head, 'x', bytes - head - 2);
  memcpy(payload + bytes - 2, "\"}", 2);
  return length + bytes;
}

static void broadcast(size_t bytes) {
  static unsigned char frame[MAX_PAYLOAD + 4];
  size_t length = build_frame(frame, bytes);
  for (int place = 0; place < member_count; place++) {
    /* A member that has gone is dropped when epoll says so: closing here could hand the number to a new one. */
    if (write(members[place], frame, length) < 0 && errno != EPIPE && errno != ECONNRESET) fail("write");
  }
}

static void turn(const char *line) {
  int broadcasts;
  size_t bytes;
  if (sscanf(line, "%d %zu", &broadcasts, &bytes) != 2 || bytes < 64 || bytes > MAX_PAYLOAD) {
    fprintf(stderr, "floor: not a turn: \"%s\"; expected \"BROADCASTS BYTES\", 64 bytes or more.\n", line);
    exit(1);
  }
  /* A client that has connected is a member, even when the loop has not come to accept it yet. */
  accept_members();
  while (broadcasts-- > 0) broadcast(bytes);
}

/* Returns 0 when the other end has gone. */
static int read_turns(int commander) {
  static char text[4096];
  static size_t kept;
  ssize_t count = read(commander, text + kept, sizeof text - kept);
  if (count <= 0) return 0;
  kept += (size_t)count;
  char *line = text;
  for (char *end; (end = memchr(line, '\n', kept)) != NULL; line = end + 1) {
    *end = '\0';
    kept -= (size_t)(end + 1 - line);
    turn(line);
  }
  if (kept > MAX_LINE) {
    fprintf(stderr, "floor: a line without an end\n");
    exit(1);
  }
  memmove(text, line, kept);
  return 1;
}

static int listen_to_members(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) fail("listen");
  return fd;
}

static int listen_to_commands(const char *path) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4) != 0) fail(path);
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: floor PORT SOCKET\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  poller = epoll_create1(EPOLL_CLOEXEC);
  int command_listener = listen_to_commands(argv[2]);
  listener = listen_to_members(atoi(argv[1]));
  int commander = -1;
  watch(listener, EPOLLIN);
  watch(command_listener, EPOLLIN);
  watch(STDIN_FILENO, EPOLLIN);

  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(poller, events, MAX_EVENTS, -1);
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      if (fd == STDIN_FILENO) return 0;
      if (fd == listener) accept_members();
      else if (fd == command_listener) watch(commander = accept4(fd, NULL, NULL, SOCK_CLOEXEC), EPOLLIN);
      else if (fd != commander) drop_member(fd);
      else if (!read_turns(fd)) close(fd);
    }
  }
}
