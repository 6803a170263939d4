// What the two test programs share, and the C# test peer does as well.
#ifndef PEER_H
#define PEER_H

#include "shmbus.h"

#include <stdbool.h>
#include <stdint.h>

// messages.c: message n of a row has a length and contents that follow from n and a seed.
struct messages {
    uint64_t seed;
    uint32_t max_length;
    unsigned char *noise;
};

struct messages numbered_messages(uint64_t seed, uint64_t max_length);
uint32_t length_of(const struct messages *messages, uint64_t number);
void fill(const struct messages *messages, uint64_t number, unsigned char *payload, uint32_t length);
bool is_message(const struct messages *messages, uint64_t number, const unsigned char *payload, uint32_t length);
/// The extras of a message, where it is published with any; from none to all fields.
struct extras extras_of(const struct messages *messages, uint64_t number);
bool are_extras(const struct messages *messages, uint64_t number, const struct extras *extras);

// host.c
void end_with_host(void);

#endif
