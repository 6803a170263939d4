# Reads MessagePack values from the file that is named and writes a line for each: the value as text (see Value.cs), a tab, and its bytes in
# hexadecimal as this library packs it.
import struct
import sys

import msgpack


class Pairs(list):
    """A map as it stands: a dict would join keys that are equal."""


class Extension(tuple):
    pass


def text(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return "i%d" % value
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, bytes):
        return "b" + value.hex()
    if isinstance(value, Pairs):
        return "{%s}" % " ".join(text(each) for pair in value for each in pair)
    if isinstance(value, list):
        return "[%s]" % " ".join(map(text, value))
    if isinstance(value, Extension):
        return "e%d:%s" % (value[0], value[1].hex())
    return "T%d.%d" % (value.seconds, value.nanoseconds)


def pack(packer, value):
    if isinstance(value, Pairs):
        packer.pack_map_header(len(value))
        for pair in value:
            for each in pair:
                pack(packer, each)
    elif isinstance(value, list):
        packer.pack_array_header(len(value))
        for each in value:
            pack(packer, each)
    elif isinstance(value, Extension):
        packer.pack_ext_type(*value)
    else:
        packer.pack(value)


with open(sys.argv[1], "rb") as file:
    unpacker = msgpack.Unpacker(
        file, max_buffer_size=0, strict_map_key=False, object_pairs_hook=Pairs, ext_hook=lambda *both: Extension(both))
    for value in unpacker:
        packer = msgpack.Packer(autoreset=False)
        pack(packer, value)
        print(text(value), packer.bytes().hex(), sep="\t")
