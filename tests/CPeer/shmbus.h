// A peer of ShmBus in C, written from src/ShmBus/LAYOUT.md alone: it shows that the document is enough. One endpoint for each
// process. What is wrong with a region, or with a system call, ends the process with a reason.
#ifndef SHMBUS_H
#define SHMBUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HEADER_SIZE = 512,
    SLOT_SIZE = 512,
    MAX_SLOTS = 64,

    TAIL = 512,
    SHARED_GATE = 640,
    PARKED_SUBSCRIBERS = 768,
    PARKED_PUBLISHERS = 776,
    CORRUPT = 896,

    SLOT_INTENT = 0,
    SLOT_GATE = 0,
    SLOT_RESUME = 128,
    SLOT_WITHIN = 136,
    SLOT_MISSED_BYTES = 144,
    SLOT_PLACE_NAME = 192,
    PLACE_NAME_SIZE = 64,
    SLOT_PARKED = 256,
    SLOT_FUTEX = 260,
    SLOT_STATE = 384,
    SLOT_GENERATION = 388,
    SLOT_PROCESS = 392,
    SLOT_KEPT = 396,
    SLOT_JOINED = 400,
    SLOT_MESSAGES = 408,
    SLOT_LOSSES = 416,
    SLOT_LOST_BYTES = 424,
    SLOT_NAME = 432,

    STATE_FREE = 0,
    STATE_JOINING = 1,
    STATE_ACTIVE = 2,
    STATE_EVICTED = 3,

    RECORD_LENGTH = 8,
    RECORD_TYPE = 12,
    RECORD_HEADER = 16,
    BATCH_HEADER = 8,

    KIND_MESSAGE = 1,
    KIND_ABORTED = 2,
    KIND_BATCH = 3,
    KIND_SHORT = 4,
    KIND_EXTENDED = 5,

    EXTRAS_HEAD = 8,
    EXTRAS_TIMESTAMP = 1,
    EXTRAS_CORRELATION = 2,
    EXTRAS_TRACE = 4,
    EXTRAS_TRACE_STATE = 8,
    EXTRAS_KNOWN = 15,
};

enum role { PUBLISHER, SUBSCRIBER };

struct endpoint {
    enum role role;
    int file;
    int *events; // of the slots, in the order of the table, where sleepers are woken so; or NULL
    unsigned char *base; // the whole file; the data area once more behind it
    uint64_t table, data, capacity, size, key;
    uint32_t slots[2]; // by role
    bool many;         // publishers on this ring
    bool broadcast;    // every subscriber gets every message
    bool overwrites;   // what was not read
    uint64_t lag;      // subscribers that lag by more are evicted; 0: never
    bool is_new_place; // nobody's place is continued
    uint32_t index;    // of the own slot
    unsigned char *slot;

    // Parking and waking, see park.c and deaths.c.
    bool registered;      // wakers of this process need no fence for every message
    bool announced;       // the own bit is in the summary
    bool barrier_worked;  // and everybody has seen it
    bool deaths_are_seen; // a thread watches for them
    uint32_t woken[MAX_SLOTS];
};

static inline uint64_t load64(const unsigned char *at) { return atomic_load_explicit((const _Atomic uint64_t *)at, memory_order_acquire); }
static inline uint32_t load32(const unsigned char *at) { return atomic_load_explicit((const _Atomic uint32_t *)at, memory_order_acquire); }
static inline void store64(unsigned char *at, uint64_t value) { atomic_store_explicit((_Atomic uint64_t *)at, value, memory_order_release); }
static inline void store32(unsigned char *at, uint32_t value) { atomic_store_explicit((_Atomic uint32_t *)at, value, memory_order_release); }
static inline void add32(unsigned char *at, uint32_t value) { atomic_fetch_add((_Atomic uint32_t *)at, value); }
static inline void full_fence(void) { atomic_thread_fence(memory_order_seq_cst); }

static inline uint64_t extent(uint64_t length) { return (RECORD_HEADER + length + 15) & ~(uint64_t)15; }
static inline uint64_t stamp(const struct endpoint *e, uint64_t position, unsigned kind) { return ((position ^ e->key) & ~(uint64_t)15) | kind; }
static inline unsigned char *record(const struct endpoint *e, uint64_t position) { return e->base + e->data + (position & (e->capacity - 1)); }
/// Messages may vanish while they are read.
static inline bool is_lossy(const struct endpoint *e) { return e->overwrites || e->lag != 0; }
/// How far publishers may be ahead of a subscriber.
static inline uint64_t window(const struct endpoint *e) { return e->lag != 0 ? e->lag : e->capacity; }
static inline uint64_t max_length(const struct endpoint *e) { return e->capacity / 4; }

/// The kind of the record at a position; 0 where none is there.
static inline unsigned kind_at(const struct endpoint *e, uint64_t position) {
    uint64_t kind = load64(record(e, position)) ^ stamp(e, position, 0);
    return kind < 16 ? (unsigned)kind : 0;
}

/// Ends the process and says why.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// region.c
/// By its path; or behind "unix:" by the address of a server, which is asked for an endpoint of the first topic.
void open_region(struct endpoint *e, enum role role, const char *path);

// handover.c
void receive_region(struct endpoint *e, enum role role, const char *address);

// slot.c
uint64_t slot_offset(const struct endpoint *e, enum role role, uint32_t index);
unsigned char *slot_at(const struct endpoint *e, enum role role, uint32_t index);
bool is_alive(const struct endpoint *e, enum role role, uint32_t index);
/// With the name of a place, or NULL for none.
void take_slot(struct endpoint *e, enum role role, const char *place);
void keep_place(struct endpoint *e, const char *place);
void leave(struct endpoint *e);
_Noreturn void corrupt(const struct endpoint *e, uint64_t position, const char *reason);

// park.c
/// Looks for what is waited for; thoroughly: with the dead, which costs system calls.
typedef bool look(void *self, bool thorough);
void register_wakers(struct endpoint *e);
void wait_for(struct endpoint *e, look *look, void *self);
void begin_sleep(struct endpoint *e);
void end_sleep(struct endpoint *e);
void no_longer_parked(struct endpoint *e);
void wake(struct endpoint *e, enum role role);
void get_up(const struct endpoint *e, enum role role, uint32_t index);
/// By eventfds: the one that the endpoint waits for, and taking its count.
int own_event(const struct endpoint *e);
void take_count(const struct endpoint *e);

// deaths.c
void watch_deaths(struct endpoint *e);

// extras.c
struct extras {
    unsigned fields; // which of the following there are
    int64_t timestamp;
    unsigned char correlation[16], trace_id[16], span_id[8], trace_flags;
    uint16_t trace_state_length;
    const char *trace_state; // not terminated
};

uint64_t extras_size(const struct extras *extras);
/// Writes all of a block but the true length.
void put_extras(unsigned char *at, const struct extras *extras);
/// Reads a block within a record of a length. What is wrong with it, or NULL.
const char *get_extras(const unsigned char *at, uint64_t length, struct extras *extras, uint64_t *size, uint32_t *payload);

// publish.c
struct publisher {
    struct endpoint endpoint;
    uint64_t tail;  // of the only producer; among many, the shared one counts
    uint64_t limit; // the least gate that was seen, plus the capacity
    uint64_t claim; // the open one's position
    uint64_t claimed;
    uint64_t block; // of extras, in front of its payload
};

void join_publisher(struct publisher *p, const char *path);
/// Where the payload goes; NULL where there is no room.
unsigned char *try_claim(struct publisher *p, uint64_t length, uint32_t type, bool thorough);
/// The same, and waits for room.
unsigned char *claim(struct publisher *p, uint64_t length, uint32_t type);
/// The same with extras, if it has any.
unsigned char *claim_extended(struct publisher *p, uint64_t length, uint32_t type, const struct extras *extras);
/// Publishes the open claim: as it is, with less, as a batch, or not at all. The last does not wake anybody, as if killed.
void commit(struct publisher *p, uint64_t length);
void commit_batch(struct publisher *p);
void abort_claim(struct publisher *p);
void stamp_only(struct publisher *p);
/// Puts a message behind those that are in a batch already; returns where the next one goes.
unsigned char *put_in_batch(unsigned char *at, uint32_t length, uint32_t type, const unsigned char *payload);
static inline uint64_t batch_extent(uint64_t length) { return (BATCH_HEADER + length + 7) & ~(uint64_t)7; }
void leave_publisher(struct publisher *p);

// read.c
struct message {
    uint64_t position;
    const unsigned char *payload;
    uint32_t length, type;
    struct extras extras;
};

struct subscriber {
    struct endpoint endpoint;
    uint64_t position;
    uint64_t gate;  // as it was stored last
    uint64_t batch; // where the next message stands in the batch at position; 0 where none was begun
    uint32_t length, type;        // of the record at position, read once
    const unsigned char *payload; // of that record, or a copy of it
    unsigned char *copy;
    uint64_t missed; // bytes that were written over, or given up, before they were read
};

/// At the end, or where the place of a name stopped.
void join_subscriber(struct subscriber *s, const char *path, const char *place);
/// The next message, if it is there. It stays as it is until done() says that it was dealt with.
bool try_next_message(struct subscriber *s, struct message *message);
look is_message_there;
/// The same, waited for.
struct message next_message(struct subscriber *s);
void done(struct subscriber *s, const struct message *message);
void leave_subscriber(struct subscriber *s);

#endif
