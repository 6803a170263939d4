// Reads MessagePack values from the file that is named and writes a line for each: the value as text (see Value.cs), a tab, and its bytes in
// hexadecimal as this library packs it.
#include <inttypes.h>
#include <msgpack.h>
#include <msgpack/timestamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_hex(const char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        putchar(digits[(unsigned char)bytes[i] >> 4]);
        putchar(digits[bytes[i] & 15]);
    }
}

static void write_text(const msgpack_object *value)
{
    uint64_t bits;
    msgpack_timestamp time;
    switch (value->type) {
    case MSGPACK_OBJECT_NIL:
        putchar('n');
        break;
    case MSGPACK_OBJECT_BOOLEAN:
        putchar(value->via.boolean ? 't' : 'f');
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        printf("i%" PRIu64, value->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        printf("i%" PRId64, value->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        memcpy(&bits, &value->via.f64, sizeof bits);
        printf("d%016" PRIx64, bits);
        break;
    case MSGPACK_OBJECT_STR:
        putchar('s');
        write_hex(value->via.str.ptr, value->via.str.size);
        break;
    case MSGPACK_OBJECT_BIN:
        putchar('b');
        write_hex(value->via.bin.ptr, value->via.bin.size);
        break;
    case MSGPACK_OBJECT_ARRAY:
        putchar('[');
        for (uint32_t i = 0; i < value->via.array.size; i++) {
            if (i > 0)
                putchar(' ');
            write_text(&value->via.array.ptr[i]);
        }
        putchar(']');
        break;
    case MSGPACK_OBJECT_MAP:
        putchar('{');
        for (uint32_t i = 0; i < value->via.map.size; i++) {
            if (i > 0)
                putchar(' ');
            write_text(&value->via.map.ptr[i].key);
            putchar(' ');
            write_text(&value->via.map.ptr[i].val);
        }
        putchar('}');
        break;
    case MSGPACK_OBJECT_EXT:
        if (msgpack_object_to_timestamp(value, &time)) {
            printf("T%" PRId64 ".%" PRIu32, time.tv_sec, time.tv_nsec);
        } else {
            printf("e%d:", value->via.ext.type);
            write_hex(value->via.ext.ptr, value->via.ext.size);
        }
        break;
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return 2;
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(length + 1);
    if (data == NULL || fread(data, 1, length, file) != length)
        return 3;
    fclose(file);

    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    msgpack_sbuffer packed;
    msgpack_sbuffer_init(&packed);
    msgpack_packer packer;
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    size_t at = 0;
    while (at < length) {
        if (msgpack_unpack_next(&unpacked, data, length, &at) != MSGPACK_UNPACK_SUCCESS) {
            fprintf(stderr, "no value at %zu\n", at);
            return 4;
        }
        write_text(&unpacked.data);
        putchar('\t');
        msgpack_sbuffer_clear(&packed);
        msgpack_pack_object(&packer, unpacked.data);
        write_hex(packed.data, packed.size);
        putchar('\n');
    }
    msgpack_sbuffer_destroy(&packed);
    msgpack_unpacked_destroy(&unpacked);
    free(data);
    return 0;
}
