// The block of extras in front of the payload of an extended record.
#include "shmbus.h"

#include <string.h>

static uint64_t fixed_size(unsigned fields) {
    return EXTRAS_HEAD + (fields & EXTRAS_TIMESTAMP ? 8 : 0) + (fields & EXTRAS_CORRELATION ? 16 : 0) + (fields & EXTRAS_TRACE ? 32 : 0);
}

uint64_t extras_size(const struct extras *extras) {
    uint64_t state = extras->fields & EXTRAS_TRACE_STATE ? (2 + extras->trace_state_length + 7) & ~7u : 0;
    return fixed_size(extras->fields) + state;
}

static unsigned char *put(unsigned char *at, const void *bytes, size_t count) {
    memcpy(at, bytes, count);
    return at + count;
}

void put_extras(unsigned char *at, const struct extras *extras) {
    uint64_t size = extras_size(extras);
    uint16_t head[] = {(uint16_t)size, (uint16_t)extras->fields};
    memset(at, 0, size);
    memcpy(at, head, sizeof head);
    at += EXTRAS_HEAD;
    if (extras->fields & EXTRAS_TIMESTAMP) {
        at = put(at, &extras->timestamp, 8);
    }
    if (extras->fields & EXTRAS_CORRELATION) {
        at = put(at, extras->correlation, 16);
    }
    if (extras->fields & EXTRAS_TRACE) {
        at = put(at, extras->trace_id, 16);
        at = put(at, extras->span_id, 8);
        *at = extras->trace_flags;
        at += 8;
    }
    if (extras->fields & EXTRAS_TRACE_STATE) {
        at = put(at, &extras->trace_state_length, 2);
        put(at, extras->trace_state, extras->trace_state_length);
    }
}

static const unsigned char *get(const unsigned char *at, void *bytes, size_t count) {
    memcpy(bytes, at, count);
    return at + count;
}

const char *get_extras(const unsigned char *at, uint64_t length, struct extras *extras, uint64_t *size, uint32_t *payload) {
    if (length < EXTRAS_HEAD) {
        return "the length of an extended record";
    }
    uint64_t head = load64(at);
    *size = (uint16_t)head;
    *payload = (uint32_t)(head >> 32);
    extras->fields = (uint16_t)(head >> 16) & EXTRAS_KNOWN;
    if (*size < EXTRAS_HEAD || *size % 8 != 0 || *size > length) {
        return "the size of a block of extras";
    }
    if (*payload > length - *size) {
        return "the true length of an extended record";
    }
    uint64_t end = fixed_size(extras->fields);
    if (end > *size) {
        return "the fields of a block of extras";
    }
    if (extras->fields & EXTRAS_TRACE_STATE) {
        if (*size - end < 2) {
            return "a trace state beyond its block";
        }
        get(at + end, &extras->trace_state_length, 2);
        if (extras->trace_state_length > *size - end - 2) {
            return "the length of a trace state";
        }
        extras->trace_state = (const char *)at + end + 2;
    }
    at += EXTRAS_HEAD;
    if (extras->fields & EXTRAS_TIMESTAMP) {
        at = get(at, &extras->timestamp, 8);
    }
    if (extras->fields & EXTRAS_CORRELATION) {
        at = get(at, extras->correlation, 16);
    }
    if (extras->fields & EXTRAS_TRACE) {
        at = get(at, extras->trace_id, 16);
        at = get(at, extras->span_id, 8);
        extras->trace_flags = *at;
    }
    return NULL;
}
