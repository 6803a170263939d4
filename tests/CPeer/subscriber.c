// The C subscriber that tests start: PATH SEED TYPES COUNT JOURNAL [die | at PLACE]. Reads COUNT messages of each type from 0 to
// TYPES - 1, the row of type t by the seed SEED + t, from where the journal says on. With 'die' it is killed with the last one in
// hand. Where messages may be missed, so may be those before one that says its number; the last one never is.
// Or PATH show: says what the next message carries.
#include "peer.h"
#include "shmbus.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MAX_TYPES = 8 };

// Survives a kill: how many messages of each type were dealt with, and where the last one stood. One of the two entries holds.
// The C# test peer keeps the same.
struct journal {
    _Atomic uint64_t current;
    struct entry {
        uint64_t position;
        uint64_t next[MAX_TYPES];
    } entries[2];
};

static void print_bytes(const unsigned char *bytes, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        printf("%02x", bytes[i]);
    }
}

static struct journal *open_journal(const char *path) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *journal = mmap(NULL, sizeof(struct journal), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (journal == MAP_FAILED) {
        fail("there is no journal");
    }
    return journal;
}

static struct entry last_entry(struct journal *journal) { return journal->entries[atomic_load(&journal->current)]; }

static void write_entry(struct journal *journal, const struct entry *entry) {
    uint64_t other = atomic_load(&journal->current) ^ 1;
    journal->entries[other] = *entry;
    atomic_store(&journal->current, other);
}

/// Says what the next message is and carries, in one line.
static void show(struct subscriber *s) {
    puts("ready");
    fflush(stdout);
    struct message message = next_message(s);
    const struct extras *extras = &message.extras;
    printf("type %u, %u bytes: %.*s", message.type, message.length, (int)message.length, (const char *)message.payload);
    if (extras->fields & EXTRAS_TIMESTAMP) {
        printf("; at %lld", (long long)extras->timestamp);
    }
    if (extras->fields & EXTRAS_CORRELATION) {
        printf("; about ");
        print_bytes(extras->correlation, 16);
    }
    if (extras->fields & EXTRAS_TRACE) {
        printf("; trace ");
        print_bytes(extras->trace_id, 16);
        printf(" ");
        print_bytes(extras->span_id, 8);
        printf(" %02x", extras->trace_flags);
    }
    if (extras->fields & EXTRAS_TRACE_STATE) {
        printf("; state %.*s", (int)extras->trace_state_length, extras->trace_state);
    }
    puts("");
    done(s, &message);
    leave_subscriber(s);
}

int main(int count, char **arguments) {
    end_with_host();
    if (count == 3 && strcmp(arguments[2], "show") == 0) {
        static struct subscriber shown;
        join_subscriber(&shown, arguments[1], NULL);
        show(&shown);
        return 0;
    }
    if (count < 6 || count > 8) {
        fail("usage: subscriber PATH SEED TYPES COUNT JOURNAL [die | at PLACE], or PATH show");
    }
    static struct subscriber subscriber;
    join_subscriber(&subscriber, arguments[1], count == 8 ? arguments[7] : NULL);
    uint64_t missed = subscriber.missed;
    uint32_t types = (uint32_t)strtoul(arguments[3], NULL, 10);
    uint64_t left = types * strtoull(arguments[4], NULL, 10);
    struct journal *journal = open_journal(arguments[5]);
    struct entry entry = last_entry(journal);
    struct messages rows[MAX_TYPES];
    for (uint32_t type = 0; type < types; type++) {
        rows[type] = numbered_messages(strtoull(arguments[2], NULL, 10) + type, max_length(&subscriber.endpoint));
        left -= entry.next[type];
    }
    puts("ready");
    fflush(stdout);
    for (bool is_first = true; left > 0; is_first = false) {
        struct message message = next_message(&subscriber);
        if (message.type >= types) {
            fail("type %u at %llu", message.type, (unsigned long long)message.position);
        }
        // The one in hand when the last subscriber was killed comes again, and no other.
        bool is_again = is_first && message.position == entry.position;
        uint64_t number = entry.next[message.type] - (is_again ? 1 : 0);
        if (subscriber.missed != missed && message.length >= sizeof number) {
            memcpy(&number, message.payload, sizeof number);
            if (number < entry.next[message.type]) {
                fail("message %llu after %llu", (unsigned long long)number, (unsigned long long)entry.next[message.type]);
            }
            left -= number - entry.next[message.type];
            entry.next[message.type] = number;
            missed = subscriber.missed;
        } else if (subscriber.missed != missed) {
            done(&subscriber, &message); // too short to say which it is
            continue;
        }
        if (!is_message(&rows[message.type], number, message.payload, message.length)) {
            fail("not message %llu of type %u: %u bytes at %llu", (unsigned long long)number, message.type, message.length,
                 (unsigned long long)message.position);
        }
        if (message.extras.fields != 0 && !are_extras(&rows[message.type], number, &message.extras)) {
            fail("not the extras of message %llu of type %u", (unsigned long long)number, message.type);
        }
        if (!is_again) {
            left--;
            if (left == 0 && count == 7) {
                raise(SIGKILL);
            }
            entry.next[message.type]++;
            entry.position = message.position;
            write_entry(journal, &entry);
        }
        done(&subscriber, &message);
    }
    leave_subscriber(&subscriber);
    printf(subscriber.missed == 0 ? "received\n" : "received all but %llu bytes\n", (unsigned long long)subscriber.missed);
    return 0;
}
