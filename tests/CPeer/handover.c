// Getting a region from a server, with the eventfds of its slots where it has some. The connection stays open: its end is this peer's.
#include "shmbus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MOST_DESCRIPTORS = 1 + 2 * MAX_SLOTS,
    MAGIC = 0x484D4853, // "SHMH"
    VERSION = 1,
    KIND_REQUEST = 1,
    KIND_GRANT = 2,
    MOST_TEXT = 1024,
    SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
};

struct head {
    uint32_t magic;
    uint16_t version, kind;
    uint32_t value;
    uint16_t first, second;
};

_Static_assert(sizeof(struct head) == 16, "as it goes over the socket");

static int connect_to(const char *address) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t length = strlen(address);
    if (length >= sizeof name.sun_path) {
        fail("an address of %zu bytes", length);
    }
    memcpy(name.sun_path, address, length);
    if (address[0] == '@') {
        name.sun_path[0] = 0;
    }
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(connection, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        fail("connect: %s", strerror(errno));
    }
    return connection;
}

/// Receives one message; returns how many descriptors came with it.
static int receive(int connection, struct head *head, char *text, int *descriptors) {
    union {
        struct cmsghdr head; // for its alignment
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec parts[] = {{head, sizeof *head}, {text, 2 * MOST_TEXT}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (length < (ssize_t)sizeof *head || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || head->magic != MAGIC ||
        head->version != VERSION || (size_t)length != sizeof *head + head->first + head->second) {
        fail("what came is no answer");
    }
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (rights == NULL) {
        return 0;
    }
    size_t bytes = rights->cmsg_len - CMSG_LEN(0);
    memcpy(descriptors, CMSG_DATA(rights), bytes);
    return (int)(bytes / sizeof(int));
}

void receive_region(struct endpoint *e, enum role role, const char *address) {
    int connection = connect_to(address);
    struct head request = {.magic = MAGIC, .version = VERSION, .kind = KIND_REQUEST, .value = role == PUBLISHER ? 1 : 2};
    if (send(connection, &request, sizeof request, MSG_NOSIGNAL) != sizeof request) {
        fail("send: %s", strerror(errno));
    }
    struct head answer;
    char text[2 * MOST_TEXT];
    int descriptors[MOST_DESCRIPTORS];
    int count = receive(connection, &answer, text, descriptors);
    if (answer.kind != KIND_GRANT || count != (int)answer.value + 1) {
        fail("not granted: %.*s", answer.first, text);
    }
    e->file = descriptors[0];
    struct stat found;
    if (fstat(e->file, &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != geteuid() || (fcntl(e->file, F_GETFL) & O_ACCMODE) != O_RDWR ||
        (fcntl(e->file, F_GET_SEALS) & SEALS) != SEALS) {
        fail("what came is no sealed memfd of this user");
    }
    if (count > 1) {
        e->events = malloc(sizeof descriptors);
        memcpy(e->events, descriptors + 1, sizeof(int) * (size_t)(count - 1));
    }
}
