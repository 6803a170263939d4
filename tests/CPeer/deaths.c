// The kernel tells when a process that had the file open is gone; whoever sleeps here must then look again.
#include "shmbus.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct seen {
    bool dead[2][MAX_SLOTS];
    uint32_t generation[2][MAX_SLOTS];
};

struct watch {
    struct endpoint *endpoint;
    int events;
    struct seen seen;
};

static bool has_changed(struct watch *watch) {
    struct endpoint *e = watch->endpoint;
    struct seen now;
    memset(&now, 0, sizeof now);
    for (enum role role = PUBLISHER; role <= SUBSCRIBER; role++) {
        for (uint32_t index = 0; index < e->slots[role]; index++) {
            unsigned char *slot = slot_at(e, role, index);
            now.dead[role][index] = load32(slot + SLOT_STATE) != STATE_FREE && !is_alive(e, role, index);
            now.generation[role][index] = load32(slot + SLOT_GENERATION);
        }
    }
    bool changed = memcmp(&now, &watch->seen, sizeof now) != 0;
    watch->seen = now;
    return changed;
}

static void *run(void *argument) {
    // The lock may be freed a moment after the close, so there are several looks. In milliseconds, each after the one before.
    static const int pauses[] = {0, 1, 4, 20, 75, 400, 2000};
    enum { LOOKS = sizeof pauses / sizeof *pauses };
    struct watch *watch = argument;
    struct pollfd events = {.fd = watch->events, .events = POLLIN};
    for (int looks = 0;;) {
        if (poll(&events, 1, looks < LOOKS ? pauses[looks] : -1) > 0) {
            char buffer[4096];
            if (read(watch->events, buffer, sizeof buffer) < 0) {
                fail("the inotify descriptor cannot be read");
            }
            looks = 0;
        } else if (looks < LOOKS) {
            looks++;
        }
        if (has_changed(watch)) {
            get_up(watch->endpoint, watch->endpoint->role, watch->endpoint->index);
        }
    }
    return NULL;
}

void watch_deaths(struct endpoint *e) {
    static struct watch watch;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", e->file);
    watch.endpoint = e;
    watch.events = inotify_init1(IN_CLOEXEC);
    pthread_t thread;
    e->deaths_are_seen = watch.events >= 0 && inotify_add_watch(watch.events, link, IN_CLOSE_WRITE) >= 0 &&
        (has_changed(&watch), pthread_create(&thread, NULL, run, &watch) == 0);
}
