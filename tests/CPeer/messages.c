// The same messages as NumberedMessages of the C# test peer.
#include "peer.h"

#include <stdlib.h>
#include <string.h>

enum { PERIOD = 65521 };

/// SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t hash(const struct messages *messages, uint64_t number) {
    uint64_t z = messages->seed + number * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

struct messages numbered_messages(uint64_t seed, uint64_t max_length) {
    struct messages messages = {seed, (uint32_t)max_length, malloc(PERIOD + max_length)};
    for (uint64_t i = 0; i < PERIOD + max_length; i++) {
        messages.noise[i] = (unsigned char)hash(&messages, ~i);
    }
    return messages;
}

uint32_t length_of(const struct messages *messages, uint64_t number) {
    uint64_t value = hash(messages, number);
    switch (value >> 56) {
    case 0: return 0;
    case 1: return messages->max_length;
    default: return (uint32_t)(value % (messages->max_length + 1)) >> (value >> 56) % 4 * 2;
    }
}

static const unsigned char *noise(const struct messages *messages, uint64_t number) {
    return messages->noise + hash(messages, number) % PERIOD;
}

void fill(const struct messages *messages, uint64_t number, unsigned char *payload, uint32_t length) {
    memcpy(payload, noise(messages, number), length);
    if (length >= sizeof number) {
        memcpy(payload, &number, sizeof number);
    }
}

struct extras extras_of(const struct messages *messages, uint64_t number) {
    uint64_t value = hash(messages, number);
    struct extras extras = {
        .fields = value >> 40 & EXTRAS_KNOWN,
        .timestamp = (int64_t)(value >> 8) * 100, // .NET counts by 100 ns
        .trace_flags = value & 1,
        .trace_state_length = 1 + (value >> 48 & 31),
        .trace_state = "vendor=0123456789,another=abcdef",
    };
    for (unsigned i = 0; i < 16; i++) {
        extras.correlation[i] = (unsigned char)(value >> i % 8 * 8);
        extras.trace_id[i] = (unsigned char)(value + i);
    }
    memcpy(extras.span_id, &value, sizeof value);
    return extras;
}

bool are_extras(const struct messages *messages, uint64_t number, const struct extras *extras) {
    struct extras all = extras_of(messages, number);
    unsigned fields = extras->fields;
    return fields == all.fields &&
        (!(fields & EXTRAS_TIMESTAMP) || extras->timestamp == all.timestamp) &&
        (!(fields & EXTRAS_CORRELATION) || memcmp(extras->correlation, all.correlation, 16) == 0) &&
        (!(fields & EXTRAS_TRACE) || (memcmp(extras->trace_id, all.trace_id, 16) == 0 && memcmp(extras->span_id, all.span_id, 8) == 0 &&
                                      extras->trace_flags == all.trace_flags)) &&
        (!(fields & EXTRAS_TRACE_STATE) || (extras->trace_state_length == all.trace_state_length &&
                                            memcmp(extras->trace_state, all.trace_state, all.trace_state_length) == 0));
}

bool is_message(const struct messages *messages, uint64_t number, const unsigned char *payload, uint32_t length) {
    uint32_t header = length >= sizeof number ? sizeof number : 0;
    return length == length_of(messages, number) && memcmp(payload, &number, header) == 0 &&
        memcmp(payload + header, noise(messages, number) + header, length - header) == 0;
}
