// Parking and waking: 'I sleep, then look what is there' against 'store, then look who sleeps'.
#include "shmbus.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS_BEFORE_PARKING = 200 };

static const uint64_t millisecond = 1000000;

static unsigned char *summary(const struct endpoint *e, enum role role) {
    return e->base + (role == SUBSCRIBER ? PARKED_SUBSCRIBERS : PARKED_PUBLISHERS);
}

static bool membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0) == 0; }

void register_wakers(struct endpoint *e) { e->registered = membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED); }

void no_longer_parked(struct endpoint *e) {
    if (e->announced) {
        e->announced = false;
        atomic_fetch_and((_Atomic uint64_t *)summary(e, e->role), ~((uint64_t)1 << e->index));
    }
}

static void announce(struct endpoint *e) {
    if (!e->announced || !e->barrier_worked) {
        e->announced = true;
        atomic_fetch_or((_Atomic uint64_t *)summary(e, e->role), (uint64_t)1 << e->index);
        full_fence();
        e->barrier_worked = membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
    } else {
        full_fence();
    }
}

static int event_of(const struct endpoint *e, enum role role, uint32_t index) {
    return e->events[role == PUBLISHER ? index : e->slots[PUBLISHER] + index];
}

int own_event(const struct endpoint *e) { return event_of(e, e->role, e->index); }

void take_count(const struct endpoint *e) {
    uint64_t count;
    if (read(own_event(e), &count, sizeof count) < 0 && errno != EAGAIN) {
        fail("the eventfd: %s", strerror(errno));
    }
}

/// It may return for any reason; the caller looks again.
static void sleep_while(const struct endpoint *e, uint32_t seen, uint64_t nanoseconds) {
    struct timespec limit = {.tv_sec = 0, .tv_nsec = (long)nanoseconds};
    struct timespec *until = nanoseconds == 0 ? NULL : &limit;
    if (e->events == NULL) {
        syscall(SYS_futex, e->slot + SLOT_FUTEX, FUTEX_WAIT, seen, until, NULL, 0);
        return;
    }
    struct pollfd event = {.fd = own_event(e), .events = POLLIN};
    if (ppoll(&event, 1, until, NULL) > 0) {
        take_count(e);
    }
}

void begin_sleep(struct endpoint *e) {
    store32(e->slot + SLOT_PARKED, load32(e->slot + SLOT_PARKED) + 1);
    announce(e);
}

void end_sleep(struct endpoint *e) { store32(e->slot + SLOT_PARKED, load32(e->slot + SLOT_PARKED) + 1); }

void wait_for(struct endpoint *e, look *look, void *self) {
    for (int i = 0; i < LOOKS_BEFORE_PARKING; i++) {
        if (look(self, false)) {
            no_longer_parked(e);
            return;
        }
    }
    bool slept = false;
    uint64_t unsure = millisecond;
    for (bool found = false; !found;) {
        uint32_t seen = load32(e->slot + SLOT_FUTEX);
        begin_sleep(e);
        found = look(self, true);
        if (!found) {
            uint64_t limit = e->deaths_are_seen ? 0 : 10 * millisecond;
            if (!e->barrier_worked) {
                limit = limit == 0 || limit > unsure ? unsure : limit;
                unsure = unsure * 2 < 20 * millisecond ? unsure * 2 : 20 * millisecond;
            }
            sleep_while(e, seen, limit);
            slept = true;
        }
        end_sleep(e);
        found = found || look(self, false);
    }
    if (!slept) {
        no_longer_parked(e);
    }
}

void get_up(const struct endpoint *e, enum role role, uint32_t index) {
    unsigned char *word = slot_at(e, role, index) + SLOT_FUTEX;
    add32(word, 1);
    if (e->events == NULL) {
        syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
        return;
    }
    static const uint64_t one = 1;
    // EAGAIN: the count is full, and wakes as it is.
    if (write(event_of(e, role, index), &one, sizeof one) < 0 && errno != EAGAIN) {
        fail("the eventfd of another: %s", strerror(errno));
    }
}

void wake(struct endpoint *e, enum role role) {
    if (e->registered) {
        atomic_signal_fence(memory_order_seq_cst); // the sleeper's membarrier is the other half
    } else {
        full_fence();
    }
    uint64_t sleepers = load64(summary(e, role));
    if (sleepers == 0) {
        return;
    }
    full_fence();
    for (uint32_t index = 0; index < e->slots[role]; index++) {
        if (sleepers >> index & 1) {
            uint32_t parked = load32(slot_at(e, role, index) + SLOT_PARKED);
            if (parked % 2 != 0 && parked != e->woken[index]) {
                e->woken[index] = parked;
                get_up(e, role, index);
            }
        }
    }
}
