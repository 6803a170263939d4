// The C publisher that tests start. Each command is one behaviour.
#include "peer.h"
#include "shmbus.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

static void await_line(void) {
    char line[16];
    if (fgets(line, sizeof line, stdin) == NULL) {
        exit(3);
    }
}

/// Publishes messages from a number on as one batch, as many as fit of a few; returns how many.
static uint64_t send_batch(struct publisher *p, const struct messages *messages, uint64_t first, uint64_t end, uint32_t type) {
    uint64_t most = first + 1 + first % 7;
    uint64_t total = 0;
    uint64_t number = first;
    for (; number < end && number < most; number++) {
        uint64_t more = batch_extent(length_of(messages, number));
        if (total + more > max_length(&p->endpoint)) {
            break;
        }
        total += more;
    }
    if (total == 0) {
        return 0; // the first alone is too long with its header
    }
    unsigned char *at = claim(p, total, 0);
    unsigned char *payload = malloc(messages->max_length);
    for (uint64_t each = first; each < number; each++) {
        uint32_t length = length_of(messages, each);
        fill(messages, each, payload, length);
        at = put_in_batch(at, length, type, payload);
    }
    free(payload);
    commit_batch(p);
    return number - first;
}

static void send_one(struct publisher *p, const struct messages *messages, uint64_t number, uint32_t type) {
    uint32_t length = length_of(messages, number);
    fill(messages, number, claim(p, length, type), length);
    commit(p, length);
}

/// SEED TYPE FIRST COUNT: publishes messages FIRST to FIRST + COUNT - 1, by each way of publishing in turn.
static void send_messages(struct publisher *p, char **arguments) {
    struct messages messages = numbered_messages(strtoull(arguments[0], NULL, 10), max_length(&p->endpoint));
    uint32_t type = (uint32_t)strtoul(arguments[1], NULL, 10);
    uint64_t number = strtoull(arguments[2], NULL, 10);
    uint64_t end = number + strtoull(arguments[3], NULL, 10);
    say("ready");
    while (number < end) {
        uint32_t length = length_of(&messages, number);
        uint64_t longer = length + number % 64;
        uint64_t sent = 0;
        switch (number % 5) {
        case 0:
            longer = longer < messages.max_length ? longer : messages.max_length;
            fill(&messages, number, claim(p, longer, type), length);
            commit(p, length);
            sent = 1;
            break;
        case 1:
            memset(claim(p, length, type), 0xEE, length);
            abort_claim(p);
            break;
        case 2:
            sent = send_batch(p, &messages, number, end, type);
            break;
        case 3: {
            struct extras extras = extras_of(&messages, number);
            if (extras_size(&extras) + longer <= max_length(&p->endpoint)) {
                fill(&messages, number, claim_extended(p, longer, type, &extras), length);
                commit(p, length);
                sent = 1;
            }
            break;
        }
        }
        if (sent == 0) {
            send_one(p, &messages, number, type);
            sent = 1;
        }
        number += sent;
    }
    say("sent");
}

/// LENGTH: opens a claim, says so, and commits it when told to.
static void hold_claim(struct publisher *p, char **arguments) {
    uint64_t length = strtoull(arguments[0], NULL, 10);
    memset(claim(p, length, 0), 42, length);
    say("in claim");
    await_line();
    commit(p, length);
    say("committed");
}

/// Commits a message and dies before it looks whether somebody sleeps.
static void die_before_wake(struct publisher *p, char **arguments) {
    (void)arguments;
    static const char words[] = "the last words";
    say("at it");
    await_line();
    memcpy(claim(p, sizeof words - 1, 0), words, sizeof words - 1);
    stamp_only(p);
    raise(SIGKILL);
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        int arguments;
        void (*run)(struct publisher *p, char **arguments);
    } commands[] = {{"send", 4, send_messages}, {"hold-claim", 1, hold_claim}, {"die-before-wake", 0, die_before_wake}};
    end_with_host();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (count == commands[i].arguments + 3 && strcmp(arguments[1], commands[i].name) == 0) {
            static struct publisher publisher;
            join_publisher(&publisher, arguments[2]);
            commands[i].run(&publisher, arguments + 3);
            leave_publisher(&publisher);
            return 0;
        }
    }
    fail("usage: publisher send|hold-claim|die-before-wake PATH ...");
}
