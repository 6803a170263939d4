// A subscriber in a loop of epoll that serves other descriptors as well: ADDRESS. Says 'line' for each line of its input, and for each
// message its length; ends with its input.
#include "peer.h"
#include "shmbus.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

static void watch(int loop, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        fail("epoll_ctl");
    }
}

static void read_all(struct subscriber *s) {
    struct message message;
    while (try_next_message(s, &message)) {
        printf("message of %u\n", message.length);
        done(s, &message);
    }
}

/// False at the end of the input.
static bool serve_input(void) {
    char line[64];
    if (read(STDIN_FILENO, line, sizeof line) <= 0) {
        return false;
    }
    puts("line");
    return true;
}

int main(int count, char **arguments) {
    end_with_host();
    if (count != 2) {
        fail("usage: loop ADDRESS");
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    static struct subscriber s;
    join_subscriber(&s, arguments[1], NULL);
    if (s.endpoint.events == NULL) {
        fail("it came without eventfds");
    }
    int loop = epoll_create1(EPOLL_CLOEXEC);
    watch(loop, own_event(&s.endpoint));
    watch(loop, STDIN_FILENO);
    puts("ready");
    for (;;) {
        read_all(&s);
        begin_sleep(&s.endpoint);
        // The sleep goes on, whatever else the loop wakes for, until the count is taken.
        for (bool sleeps = !is_message_there(&s, true); sleeps;) {
            struct epoll_event event;
            if (epoll_wait(loop, &event, 1, -1) == 1 && event.data.fd != STDIN_FILENO) {
                take_count(&s.endpoint);
                sleeps = false;
            } else if (!serve_input()) {
                end_sleep(&s.endpoint);
                leave_subscriber(&s);
                return 0;
            }
        }
        end_sleep(&s.endpoint);
    }
}
