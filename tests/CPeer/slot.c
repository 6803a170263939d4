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
    lock.l_type = F_RDLCK; // the read locks of whoever may only read tell nothing
    if (fcntl(e->file, F_OFD_GETLK, &lock) != 0) {
        fail("F_OFD_GETLK: %s", strerror(errno));
    }
    return lock.l_type != F_UNLCK;
}

static bool set_lock(const struct endpoint *e, struct flock lock) {
    if (fcntl(e->file, F_OFD_SETLK, &lock) == 0) {
        return true;
    }
    if (errno != EAGAIN && errno != EACCES) {
        fail("F_OFD_SETLK: %s", strerror(errno));
    }
    return false;
}

static void unlock(const struct endpoint *e, enum role role, uint32_t index) {
    struct flock lock = first_byte(e, role, index);
    lock.l_type = F_UNLCK;
    set_lock(e, lock);
}

static bool is_kept(const struct endpoint *e, enum role role, uint32_t index) {
    return role == SUBSCRIBER && e->broadcast && load32(slot_at(e, role, index) + SLOT_KEPT) != 0;
}

/// The first that nobody holds and that is kept for nobody.
static uint32_t lock_one(const struct endpoint *e, enum role role) {
    for (uint32_t index = 0; index < e->slots[role]; index++) {
        if (!is_kept(e, role, index) && set_lock(e, first_byte(e, role, index))) {
            if (!is_kept(e, role, index)) {
                return index;
            }
            unlock(e, role, index); // it was named meanwhile
        }
    }
    fail("every slot is in use");
}

/// The lock that whoever has a name holds: by the 64-bit FNV-1a hash of the name.
static struct flock name_lock(const char *name) {
    uint64_t hash = 0xCBF29CE484222325;
    for (const char *at = name; *at != 0; at++) {
        hash = (hash ^ (unsigned char)*at) * 0x100000001B3;
    }
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)(((uint64_t)1 << 62) + hash / 8), .l_len = 1};
}

/// The slot of a name, or a new one.
static uint32_t lock_place(struct endpoint *e, const char *name) {
    char padded[PLACE_NAME_SIZE] = {0};
    if (strlen(name) > sizeof padded || !set_lock(e, name_lock(name))) {
        fail("the place '%s' is in use, or its name too long", name);
    }
    memcpy(padded, name, strlen(name));
    for (uint32_t index = 0; index < e->slots[SUBSCRIBER]; index++) {
        if (is_kept(e, SUBSCRIBER, index) && memcmp(slot_at(e, SUBSCRIBER, index) + SLOT_PLACE_NAME, padded, sizeof padded) == 0) {
            // Its owner is dead: the kernel frees its locks one after the other.
            while (!set_lock(e, first_byte(e, SUBSCRIBER, index))) {
                usleep(1000);
            }
            e->is_new_place = false;
            return index;
        }
    }
    return lock_one(e, SUBSCRIBER);
}

void keep_place(struct endpoint *e, const char *place) {
    memset(e->slot + SLOT_PLACE_NAME, 0, PLACE_NAME_SIZE);
    memcpy(e->slot + SLOT_PLACE_NAME, place, strlen(place));
    store32(e->slot + SLOT_KEPT, 1);
}

void take_slot(struct endpoint *e, enum role role, const char *place) {
    e->role = role;
    e->is_new_place = role == SUBSCRIBER && e->broadcast;
    e->index = place != NULL ? lock_place(e, place) : lock_one(e, role);
    e->slot = slot_at(e, role, e->index);
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
    if (e->is_new_place) {
        store64(e->slot + SLOT_LOSSES, 0);
        store64(e->slot + SLOT_LOST_BYTES, 0);
        store64(e->slot + SLOT_MISSED_BYTES, 0);
    }
    if (role == PUBLISHER) {
        store32(e->slot + SLOT_GENERATION, load32(e->slot + SLOT_GENERATION) + 1);
    }
    register_wakers(e);
    watch_deaths(e);
}

void leave(struct endpoint *e) {
    no_longer_parked(e);
    if (load32(e->slot + SLOT_STATE) != STATE_EVICTED) {
        store32(e->slot + SLOT_STATE, STATE_FREE);
    }
    unlock(e, e->role, e->index);
    if (e->role == SUBSCRIBER) {
        wake(e, PUBLISHER); // what is needed here may be less now
    }
}

void corrupt(const struct endpoint *e, uint64_t position, const char *reason) {
    uint64_t none = 0;
    atomic_compare_exchange_strong((_Atomic uint64_t *)(e->base + CORRUPT), &none, position | 1);
    fail("corrupt at %llu: %s", (unsigned long long)position, reason);
}
