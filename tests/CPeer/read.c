// Reading: at-least-once, each message in place; where messages may vanish, as a copy.
#include "shmbus.h"

#include <stdlib.h>
#include <string.h>

static void store_gate(struct subscriber *s) {
    if (s->gate != s->position) {
        s->gate = s->position;
        store64(s->endpoint.slot + SLOT_GATE, s->gate);
        wake(&s->endpoint, PUBLISHER);
    }
}

/// Everything before a position is done with.
static void go_on_at(struct subscriber *s, uint64_t position) {
    s->position = position;
    s->batch = 0;
    store64(s->endpoint.slot + SLOT_RESUME, position);
    if (position - s->gate >= s->endpoint.capacity / 8) {
        store_gate(s);
        no_longer_parked(&s->endpoint);
    }
}

/// Whether what was read at the position stood there to the end.
static bool is_intact(const struct subscriber *s) {
    const struct endpoint *e = &s->endpoint;
    atomic_thread_fence(memory_order_acquire);
    return !is_lossy(e) || (e->overwrites ? load64(e->base + TAIL) - s->position <= e->capacity : load32(e->slot + SLOT_STATE) == STATE_ACTIVE);
}

static void miss(struct subscriber *s, uint64_t from, uint64_t to) {
    s->missed += to - from;
    store64(s->endpoint.slot + SLOT_MISSED_BYTES, load64(s->endpoint.slot + SLOT_MISSED_BYTES) + to - from);
}

/// The first record in the newer half of what can be read.
static uint64_t first_intact(const struct endpoint *e, uint64_t tail) {
    uint64_t position = tail - (window(e) / 2 & ~(uint64_t)15);
    while (position < tail && kind_at(e, position) == 0) {
        position += 16;
    }
    return position;
}

/// What stood at the position was written over, or publishers wait for this one no longer.
static void was_passed(struct subscriber *s) {
    struct endpoint *e = &s->endpoint;
    if (!e->overwrites) {
        fail("evicted at %llu", (unsigned long long)s->position);
    }
    uint64_t tail = load64(e->base + TAIL);
    if (tail % 16 != 0 || tail < s->position || tail >= (uint64_t)1 << 63) {
        corrupt(e, tail, "the tail");
    }
    uint64_t next = first_intact(e, tail);
    miss(s, s->position, next);
    go_on_at(s, next);
    store_gate(s);
}

/// Passes by a claim whose owner died. False where the ring is empty, or where a claim's owner lives.
static bool skip_hole(struct subscriber *s) {
    struct endpoint *e = &s->endpoint;
    uint64_t tail = load64(e->base + TAIL);
    if (!is_intact(s)) {
        return true;
    }
    if (tail % 16 != 0 || tail - s->position > e->capacity) {
        corrupt(e, tail, "the tail");
    }
    if (tail == s->position) {
        return false;
    }
    uint64_t end = tail;
    for (uint32_t index = 0; index < e->slots[PUBLISHER]; index++) {
        uint64_t intent = load64(slot_at(e, PUBLISHER, index) + SLOT_INTENT);
        if (intent == s->position && is_alive(e, PUBLISHER, index)) {
            return false;
        }
        if (intent % 16 == 0 && intent > s->position && intent < end) {
            end = intent;
        }
    }
    if (kind_at(e, s->position) != 0) {
        return true;
    }
    for (uint64_t at = s->position + 16; at < end; at += 16) {
        if (kind_at(e, at) != 0) {
            end = at;
        }
    }
    if (!is_intact(s)) {
        return true;
    }
    store64(e->slot + SLOT_LOSSES, load64(e->slot + SLOT_LOSSES) + 1);
    store64(e->slot + SLOT_LOST_BYTES, load64(e->slot + SLOT_LOST_BYTES) + end - s->position);
    go_on_at(s, end);
    store_gate(s);
    return true;
}

bool is_message_there(void *self, bool thorough) {
    struct subscriber *s = self;
    return kind_at(&s->endpoint, s->position) != 0 || !is_intact(s) || (thorough && skip_hole(s));
}

struct head {
    uint32_t length, type;
};

static struct head read_head(const unsigned char *at) {
    struct head head;
    memcpy(&head, at, sizeof head);
    return head;
}

/// The message at a place in the batch that the subscriber is at.
static struct message message_in_batch(const struct subscriber *s, uint64_t at, uint64_t end) {
    const unsigned char *place = s->payload + (at - s->position - RECORD_HEADER);
    struct head head = read_head(place);
    if (end - at < BATCH_HEADER || batch_extent(head.length) > end - at) {
        corrupt(&s->endpoint, s->position, "a message beyond the end of its batch");
    }
    return (struct message){at, place + BATCH_HEADER, head.length, head.type, {0}};
}

/// Where a batch is begun: at its first message, or where the last owner of the slot got to, if steps lead there.
static uint64_t begin_batch(const struct subscriber *s, uint64_t end) {
    uint64_t first = s->position + RECORD_HEADER;
    uint64_t within = load64(s->endpoint.slot + SLOT_WITHIN);
    uint64_t at = first;
    if (within > first && within < end) {
        while (at < within) {
            at += batch_extent(message_in_batch(s, at, end).length);
        }
    }
    return at == within ? at : first;
}

void join_subscriber(struct subscriber *s, const char *path, const char *place) {
    struct endpoint *e = &s->endpoint;
    open_region(e, SUBSCRIBER, path);
    take_slot(e, SUBSCRIBER, place);
    s->copy = malloc(extent(max_length(e)));
    uint64_t generation = load32(e->slot + SLOT_GENERATION) + 1;
    store64(e->slot + SLOT_STATE, generation << 32 | STATE_JOINING);
    full_fence(); // a publisher does the same between sharedGate and the slots
    uint64_t resume = load64(e->slot + SLOT_RESUME);
    uint64_t shared = load64(e->base + SHARED_GATE);
    uint64_t tail = load64(e->base + TAIL);
    bool goes_on_at_shared = (!e->broadcast || e->lag != 0) && shared > resume;
    s->position = e->is_new_place ? tail : goes_on_at_shared ? shared : resume;
    if (s->position % 16 != 0 || tail < s->position || (tail - s->position > e->capacity && !e->overwrites)) {
        corrupt(e, s->position, "resume");
    }
    if (e->is_new_place) {
        store64(e->slot + SLOT_WITHIN, 0);
    } else if (e->lag != 0 && s->position != resume) {
        s->position = tail - s->position > e->lag / 2 ? first_intact(e, tail) : s->position;
        miss(s, resume, s->position);
    }
    s->gate = s->position;
    store64(e->slot + SLOT_RESUME, s->position);
    store64(e->slot + SLOT_GATE, s->gate);
    store32(e->slot + SLOT_STATE, STATE_ACTIVE);
    if (e->is_new_place && place != NULL) {
        keep_place(e, place);
    }
    wake(e, PUBLISHER); // one may have looked when the gate was still the last owner's
}

/// Reads what begins at the position: a kind, or 0 where nothing is there. What is read once is used.
static unsigned read_record(struct subscriber *s) {
    struct endpoint *e = &s->endpoint;
    unsigned kind = kind_at(e, s->position);
    const unsigned char *place = record(e, s->position);
    struct head head = read_head(place + RECORD_LENGTH);
    s->payload = place + RECORD_HEADER;
    if (is_lossy(e)) {
        uint64_t length = head.length < max_length(e) ? head.length : max_length(e);
        s->payload = memcpy(s->copy, place + RECORD_HEADER, extent(length) - RECORD_HEADER);
        if (!is_intact(s)) {
            was_passed(s);
            return read_record(s);
        }
    }
    if (kind != 0 && head.length > max_length(e)) {
        corrupt(e, s->position, "a length");
    }
    s->length = head.length;
    s->type = head.type;
    return kind;
}

bool try_next_message(struct subscriber *s, struct message *found) {
    struct endpoint *e = &s->endpoint;
    for (;;) {
        unsigned kind = s->batch != 0 ? KIND_BATCH : read_record(s);
        uint64_t end = s->position + RECORD_HEADER + s->length;
        uint64_t length = s->length;
        struct message message = {s->position, s->payload, s->length, s->type, {0}};
        switch (kind) {
        case 0:
            store_gate(s);
            return false;
        case KIND_ABORTED:
            go_on_at(s, s->position + extent(length));
            continue;
        case KIND_SHORT:
            memcpy(&length, s->payload + extent(s->length) - RECORD_HEADER - sizeof length, sizeof length);
            if (length >= s->length) {
                corrupt(e, s->position, "the length of a short record");
            }
            message.length = (uint32_t)length;
            break;
        case KIND_EXTENDED: {
            uint64_t block = 0;
            const char *wrong = get_extras(message.payload, s->length, &message.extras, &block, &message.length);
            if (wrong != NULL) {
                corrupt(e, s->position, wrong);
            }
            message.payload += block;
            break;
        }
        case KIND_BATCH:
            if (length == 0 || length % 8 != 0) {
                corrupt(e, s->position, "the length of a batch");
            }
            if (s->batch == 0) {
                s->batch = begin_batch(s, end);
            }
            message = message_in_batch(s, s->batch, end);
            break;
        case KIND_MESSAGE:
            break;
        default:
            fail("kind %u at %llu is not known", kind, (unsigned long long)s->position);
        }
        *found = message;
        return true;
    }
}

struct message next_message(struct subscriber *s) {
    struct message message;
    while (!try_next_message(s, &message)) {
        wait_for(&s->endpoint, is_message_there, s);
    }
    return message;
}

void done(struct subscriber *s, const struct message *message) {
    uint64_t next = message->position + batch_extent(message->length);
    if (s->batch != 0 && next < s->position + RECORD_HEADER + s->length) {
        s->batch = next;
        store64(s->endpoint.slot + SLOT_WITHIN, next);
    } else {
        go_on_at(s, s->position + extent(s->length));
    }
    uint64_t messages = load64(s->endpoint.slot + SLOT_MESSAGES);
    store64(s->endpoint.slot + SLOT_MESSAGES, messages + 1);
}

void leave_subscriber(struct subscriber *s) {
    store_gate(s);
    leave(&s->endpoint);
}
