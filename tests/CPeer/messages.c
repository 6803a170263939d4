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

bool is_message(const struct messages *messages, uint64_t number, const unsigned char *payload, uint32_t length) {
    uint32_t header = length >= sizeof number ? sizeof number : 0;
    return length == length_of(messages, number) && memcmp(payload, &number, header) == 0 &&
        memcmp(payload + header, noise(messages, number) + header, length - header) == 0;
}
