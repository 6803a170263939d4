// The slots of the endpoint table, who is alive, and what every endpoint does on joining and leaving.
#include "shmbus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t slot_offset(const struct endpoint *e, enum role role, uint32_t index) {
    return e->table + SLOT_SIZE * (uint64_t)(role == PUBLISHER ? index : e->slots[PUBLISHER] + index);
}

unsigned char *slot_at(const struct endpoint *e, enum role role, uint32_t index) { return e->base + slot_offset(e, role, index); }

static struct flock first_byte(const struct endpoint *e, enum role role, uint32_t index) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)slot_offset(e, role, index), .l_len = 1};
}

bool is_alive(const struct endpoint *e, enum role role, uint32_t index) {
    if (role == e->role && index == e->index) {
        return true; // the kernel never reports one's own lock
    }
    struct flock lock = first_byte(e, role, index);
    if (fcntl(e->file, F_OFD_GETLK, &lock) != 0) {
        fail("F_OFD_GETLK: %s", strerror(errno));
    }
    return lock.l_type != F_UNLCK;
}

static uint32_t lock_one(const struct endpoint *e, enum role role) {
    for (uint32_t index = 0; index < e->slots[role]; index++) {
        struct flock lock = first_byte(e, role, index);
        if (fcntl(e->file, F_OFD_SETLK, &lock) == 0) {
            return index;
        }
        if (errno != EAGAIN && errno != EACCES) {
            fail("F_OFD_SETLK: %s", strerror(errno));
        }
    }
    fail("every slot is in use");
}

void take_slot(struct endpoint *e, enum role role) {
    e->role = role;
    e->index = lock_one(e, role);
    e->slot = slot_at(e, role, e->index);
    store32(e->slot + SLOT_GENERATION, load32(e->slot + SLOT_GENERATION) + 1);
    if (role == PUBLISHER) {
        store64(e->slot + SLOT_INTENT, 0);
    }
    uint32_t parked = load32(e->slot + SLOT_PARKED);
    if (parked % 2 != 0) {
        store32(e->slot + SLOT_PARKED, parked + 1);
    }
    e->announced = true; // as far as is known
    no_longer_parked(e);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    store32(e->slot + SLOT_PROCESS, (uint32_t)getpid());
    store64(e->slot + SLOT_JOINED, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    char name[SLOT_SIZE - SLOT_NAME] = {0};
    snprintf(name, sizeof name, "%s", program_invocation_short_name);
    memcpy(e->slot + SLOT_NAME, name, sizeof name);
    store64(e->slot + SLOT_MESSAGES, 0);
    register_wakers(e);
    watch_deaths(e);
}

void leave(struct endpoint *e) {
    no_longer_parked(e);
    store32(e->slot + SLOT_STATE, STATE_FREE);
    struct flock lock = first_byte(e, e->role, e->index);
    lock.l_type = F_UNLCK;
    fcntl(e->file, F_OFD_SETLK, &lock);
}

void corrupt(const struct endpoint *e, uint64_t position, const char *reason) {
    uint64_t none = 0;
    atomic_compare_exchange_strong((_Atomic uint64_t *)(e->base + CORRUPT), &none, position | 1);
    fail("corrupt at %llu: %s", (unsigned long long)position, reason);
}
