// Reading: at-least-once, each message in place.
#include "shmbus.h"

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

/// Passes by a claim whose owner died. False where the ring is empty, or where a claim's owner lives.
static bool skip_hole(struct subscriber *s) {
    struct endpoint *e = &s->endpoint;
    uint64_t tail = load64(e->base + TAIL);
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
    store64(e->slot + SLOT_LOSSES, load64(e->slot + SLOT_LOSSES) + 1);
    store64(e->slot + SLOT_LOST_BYTES, load64(e->slot + SLOT_LOST_BYTES) + end - s->position);
    go_on_at(s, end);
    store_gate(s);
    return true;
}

static bool is_there(void *self, bool thorough) {
    struct subscriber *s = self;
    return kind_at(&s->endpoint, s->position) != 0 || (thorough && skip_hole(s));
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
    const unsigned char *place = record(&s->endpoint, s->position) + (at - s->position);
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

void join_subscriber(struct subscriber *s, const char *path) {
    struct endpoint *e = &s->endpoint;
    open_region(e, path);
    take_slot(e, SUBSCRIBER);
    store32(e->slot + SLOT_STATE, STATE_JOINING);
    full_fence(); // a publisher does the same between sharedGate and the slots
    uint64_t resume = load64(e->slot + SLOT_RESUME);
    uint64_t shared = load64(e->base + SHARED_GATE);
    s->position = s->gate = resume > shared ? resume : shared;
    if (s->position % 16 != 0 || load64(e->base + TAIL) - s->position > e->capacity) {
        corrupt(e, s->position, "resume");
    }
    store64(e->slot + SLOT_RESUME, s->position);
    store64(e->slot + SLOT_GATE, s->gate);
    store32(e->slot + SLOT_STATE, STATE_ACTIVE);
}

struct message next_message(struct subscriber *s) {
    struct endpoint *e = &s->endpoint;
    for (;;) {
        unsigned kind = kind_at(e, s->position);
        if (kind == 0) {
            store_gate(s);
            wait_for(e, is_there, s);
            continue;
        }
        const unsigned char *place = record(e, s->position);
        struct head head = read_head(place + RECORD_LENGTH);
        if (head.length > max_length(e)) {
            corrupt(e, s->position, "a length");
        }
        uint64_t end = s->position + RECORD_HEADER + head.length;
        uint64_t length;
        struct message message = {s->position, place + RECORD_HEADER, head.length, head.type, {0}};
        switch (kind) {
        case KIND_ABORTED:
            go_on_at(s, s->position + extent(head.length));
            continue;
        case KIND_SHORT:
            length = load64(place + extent(head.length) - sizeof length);
            if (length >= head.length) {
                corrupt(e, s->position, "the length of a short record");
            }
            message.length = (uint32_t)length;
            break;
        case KIND_EXTENDED: {
            uint64_t block = 0;
            const char *wrong = get_extras(message.payload, head.length, &message.extras, &block, &message.length);
            if (wrong != NULL) {
                corrupt(e, s->position, wrong);
            }
            message.payload += block;
            break;
        }
        case KIND_BATCH:
            if (head.length == 0 || head.length % 8 != 0) {
                corrupt(e, s->position, "the length of a batch");
            }
            if (s->batch == 0) {
                s->batch = begin_batch(s, end);
            }
            return message_in_batch(s, s->batch, end);
        case KIND_MESSAGE:
            break;
        default:
            fail("kind %u at %llu is not known", kind, (unsigned long long)s->position);
        }
        return message;
    }
}

void done(struct subscriber *s, const struct message *message) {
    uint32_t length = read_head(record(&s->endpoint, s->position) + RECORD_LENGTH).length;
    uint64_t next = message->position + batch_extent(message->length);
    if (s->batch != 0 && next < s->position + RECORD_HEADER + length) {
        s->batch = next;
        store64(s->endpoint.slot + SLOT_WITHIN, next);
    } else {
        go_on_at(s, s->position + extent(length));
    }
    uint64_t messages = load64(s->endpoint.slot + SLOT_MESSAGES);
    store64(s->endpoint.slot + SLOT_MESSAGES, messages + 1);
}

void leave_subscriber(struct subscriber *s) {
    store_gate(s);
    leave(&s->endpoint);
}
