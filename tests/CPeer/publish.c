// Publishing: find room, say in the own slot what will be claimed, claim it, write it, stamp it.
#include "shmbus.h"

#include <string.h>

static const uint64_t nothing = UINT64_MAX;

/// What a subscriber slot still needs. With the dead: by what they had read, which the gate lags behind.
static uint64_t needed_by(const struct endpoint *e, uint32_t index, bool thorough) {
    const unsigned char *slot = slot_at(e, SUBSCRIBER, index);
    uint32_t generation = load32(slot + SLOT_GENERATION);
    uint32_t state = load32(slot + SLOT_STATE);
    if (e->broadcast && state == STATE_EVICTED) {
        return nothing;
    }
    if (state == STATE_FREE || (thorough && !is_alive(e, SUBSCRIBER, index))) {
        bool is_kept = !e->broadcast || load32(slot + SLOT_KEPT) != 0;
        uint64_t resume = load64(slot + SLOT_RESUME);
        if (load32(slot + SLOT_GENERATION) == generation) {
            return is_kept ? resume : nothing;
        }
        state = STATE_JOINING;
    }
    return e->broadcast && state == STATE_JOINING ? 0 : load64(slot + SLOT_GATE);
}

/// Among several publishers of a broadcast: the oldest claim that somebody alive has open, or the tail.
static uint64_t oldest_claim(const struct endpoint *e, uint64_t tail, bool thorough) {
    uint64_t oldest = tail;
    for (uint32_t index = 0; e->many && index < e->slots[PUBLISHER]; index++) {
        uint64_t intent = load64(slot_at(e, PUBLISHER, index) + SLOT_INTENT);
        if (intent != 0 && intent < oldest && tail - intent <= e->capacity && intent % 16 == 0 && kind_at(e, intent) == 0 &&
            !(thorough && index != (e->role == PUBLISHER ? e->index : UINT32_MAX) && !is_alive(e, PUBLISHER, index))) {
            oldest = intent;
        }
    }
    return oldest;
}

static uint64_t least_needed(const struct endpoint *e, uint64_t tail, bool thorough) {
    uint64_t shared = load64(e->base + SHARED_GATE);
    uint64_t least = e->broadcast ? oldest_claim(e, tail, thorough) : nothing;
    for (uint32_t index = 0; index < e->slots[SUBSCRIBER]; index++) {
        uint64_t needed = needed_by(e, index, thorough);
        if (needed == nothing) {
            continue;
        }
        uint64_t known = needed > shared ? needed : shared;
        // Among many the tail may have moved on since it was read, and a reader behind it.
        uint64_t end = known > tail && e->many ? load64(e->base + TAIL) : tail;
        if (end - known > e->capacity) {
            corrupt(e, known, "what a subscriber needs is not within the ring");
        }
        least = least < needed ? least : needed;
    }
    return least;
}

/// Evicts who needs something below a position, by state and generation at once. True when there was somebody.
static bool evict(struct publisher *p, uint64_t needed, bool thorough) {
    struct endpoint *e = &p->endpoint;
    bool any = false;
    for (uint32_t index = 0; index < e->slots[SUBSCRIBER]; index++) {
        unsigned char *slot = slot_at(e, SUBSCRIBER, index);
        uint64_t seen = load64(slot + SLOT_STATE);
        uint32_t state = (uint32_t)seen;
        bool is_dead = state == STATE_JOINING && thorough && !is_alive(e, SUBSCRIBER, index);
        bool is_place = (state == STATE_FREE || is_dead) && load32(slot + SLOT_KEPT) != 0;
        if ((state == STATE_ACTIVE || is_place) && load64(slot + (is_place ? SLOT_RESUME : SLOT_GATE)) < needed) {
            any |= atomic_compare_exchange_strong((_Atomic uint64_t *)(slot + SLOT_STATE), &seen, (seen & ~(uint64_t)UINT32_MAX) | STATE_EVICTED);
        }
    }
    return any;
}

static bool find_room(struct publisher *p, uint64_t tail, uint64_t needed, bool thorough) {
    struct endpoint *e = &p->endpoint;
    if (e->many && (tail % 16 != 0 || tail < e->capacity)) {
        corrupt(e, tail, "the tail");
    }
    if (e->overwrites) {
        p->limit = UINT64_MAX;
        return true;
    }
    uint64_t least = least_needed(e, tail, thorough);
    if (least < needed && e->lag != 0 && oldest_claim(e, tail, thorough) >= needed && evict(p, needed, thorough)) {
        wake(e, SUBSCRIBER);
        least = least_needed(e, tail, thorough);
    }
    if (least >= needed) {
        uint64_t raised = load64(e->base + SHARED_GATE);
        while (raised < least && !atomic_compare_exchange_weak((_Atomic uint64_t *)(e->base + SHARED_GATE), &raised, least)) {
        }
        full_fence(); // a subscriber that joins does the same between its state and sharedGate
        uint64_t again = least_needed(e, tail, thorough);
        least = least < again ? least : again;
    }
    p->limit = least + window(e);
    return least >= needed;
}

/// A claim was closed: in a broadcast of several, publishers may wait for that, too.
static void wake_waiters(struct endpoint *e) {
    wake(e, SUBSCRIBER);
    if (e->broadcast && e->many) {
        wake(e, PUBLISHER);
    }
}

void join_publisher(struct publisher *p, const char *path) {
    struct endpoint *e = &p->endpoint;
    open_region(e, PUBLISHER, path);
    take_slot(e, PUBLISHER, NULL);
    p->tail = load64(e->base + TAIL);
    if (p->tail % 16 != 0 || p->tail < e->capacity) {
        corrupt(e, p->tail, "the tail");
    }
    find_room(p, p->tail, 0, false);
    store32(e->slot + SLOT_STATE, STATE_ACTIVE);
    wake_waiters(e); // one may wait for a claim of the slot's last owner
}

unsigned char *try_claim(struct publisher *p, uint64_t length, uint32_t type, bool thorough) {
    struct endpoint *e = &p->endpoint;
    for (bool outrun = false;; outrun = true) {
        uint64_t tail = e->many ? load64(e->base + TAIL) : p->tail;
        uint64_t end = tail + extent(length);
        if (end > p->limit && !find_room(p, tail, end - window(e), thorough)) {
            if (outrun) {
                // The intent names what another has claimed, and a reader may wait for this publisher because of it.
                store64(e->slot + SLOT_INTENT, 0);
                wake(e, SUBSCRIBER);
            }
            return NULL;
        }
        store64(e->slot + SLOT_INTENT, tail);
        if (!e->many) {
            store64(e->base + TAIL, end);
        } else if (!atomic_compare_exchange_strong((_Atomic uint64_t *)(e->base + TAIL), &tail, end)) {
            continue;
        }
        if (e->overwrites) {
            atomic_thread_fence(memory_order_release); // whoever sees what is written over sees the tail
        }
        p->claim = tail;
        p->claimed = length;
        p->block = 0;
        uint32_t head[] = {(uint32_t)length, type};
        memcpy(record(e, tail) + RECORD_LENGTH, head, sizeof head);
        return record(e, tail) + RECORD_HEADER;
    }
}

struct wanted {
    struct publisher *publisher;
    uint64_t length;
    uint32_t type;
    unsigned char *place;
};

static bool try_wanted(void *self, bool thorough) {
    struct wanted *wanted = self;
    wanted->place = try_claim(wanted->publisher, wanted->length, wanted->type, thorough);
    return wanted->place != NULL;
}

unsigned char *claim(struct publisher *p, uint64_t length, uint32_t type) {
    struct wanted wanted = {p, length, type, NULL};
    if (length > max_length(&p->endpoint)) {
        fail("%llu bytes are too many", (unsigned long long)length);
    }
    wait_for(&p->endpoint, try_wanted, &wanted);
    return wanted.place;
}

unsigned char *claim_extended(struct publisher *p, uint64_t length, uint32_t type, const struct extras *extras) {
    uint64_t block = extras->fields == 0 ? 0 : extras_size(extras);
    unsigned char *place = claim(p, block + length, type);
    if (block != 0) {
        put_extras(place, extras);
        p->block = block;
    }
    return place + block;
}

static void finish(struct publisher *p, unsigned kind) {
    struct endpoint *e = &p->endpoint;
    store64(record(e, p->claim), stamp(e, p->claim, kind));
    p->tail = p->claim + extent(p->claimed);
}

void stamp_only(struct publisher *p) { finish(p, KIND_MESSAGE); }

void commit(struct publisher *p, uint64_t length) {
    struct endpoint *e = &p->endpoint;
    unsigned char *place = record(e, p->claim);
    unsigned kind = KIND_MESSAGE;
    uint32_t true_length = (uint32_t)length;
    if (p->block != 0) {
        memcpy(place + RECORD_HEADER + 4, &true_length, sizeof true_length);
        kind = KIND_EXTENDED;
    } else if (extent(length) == extent(p->claimed)) {
        memcpy(place + RECORD_LENGTH, &true_length, sizeof true_length);
    } else {
        memcpy(place + extent(p->claimed) - sizeof length, &length, sizeof length);
        kind = KIND_SHORT;
    }
    finish(p, kind);
    wake_waiters(e);
}

void commit_batch(struct publisher *p) {
    finish(p, KIND_BATCH);
    wake_waiters(&p->endpoint);
}

void abort_claim(struct publisher *p) {
    finish(p, KIND_ABORTED);
    wake_waiters(&p->endpoint);
}

unsigned char *put_in_batch(unsigned char *at, uint32_t length, uint32_t type, const unsigned char *payload) {
    uint32_t head[] = {length, type};
    memcpy(at, head, sizeof head);
    memcpy(at + BATCH_HEADER, payload, length);
    return at + batch_extent(length);
}

void leave_publisher(struct publisher *p) { leave(&p->endpoint); }
