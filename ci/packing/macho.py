"""Programs for macOS: who they are, and what was signed of them.

The forms are those of loader.h and cs_blobs.h in XNU.
"""

import hashlib
import struct

HEADER = 32
LC_UUID, LC_CODE_SIGNATURE = 0x1B, 0x1D


def commands(program):
    """The load commands: kind, and where each begins."""
    magic, _, _, _, count, _, _, _ = struct.unpack_from("<8I", program)
    assert magic == 0xFEEDFACF, "no program for macOS"
    at = HEADER
    for _ in range(count):
        kind, size = struct.unpack_from("<2I", program, at)
        yield kind, at
        at += size


def signature(program):
    """Where the signature begins; None without one."""
    places = [struct.unpack_from("<I", program, at + 8)[0] for kind, at in commands(program) if kind == LC_CODE_SIGNATURE]
    return places[0] if places else None


def pages(program):
    """Of each page that was signed: where its hash is, where it begins and where it ends."""
    place = signature(program)
    if place is None:
        return
    magic, _, blobs = struct.unpack_from(">3I", program, place)
    assert magic == 0xFADE0CC0, "the signature has another form"
    for index in range(blobs):
        at = place + struct.unpack_from(">2I", program, place + 12 + 8 * index)[1]
        if struct.unpack_from(">I", program, at)[0] != 0xFADE0C02:
            continue
        hashes, _, _, slots, limit = struct.unpack_from(">5I", program, at + 16)
        size, kind, _, page = struct.unpack_from(">4B", program, at + 36)
        assert (size, kind) == (32, 2), "hashes are not SHA-256"
        for slot in range(slots):
            start = slot << page
            yield at + hashes + size * slot, start, min(start + (1 << page), limit)


def signed(program):
    """The kernel of macOS ends a program for Apple's processors whose bytes are others than those that were signed.

    A linker signs without an identity ("ad hoc"), and what strips symbols later has to sign again.
    """
    count = 0
    for kept, start, end in pages(program):
        made = hashlib.sha256(program[start:end]).digest()
        assert program[kept : kept + 32] == made, f"page at {start} is another than the one that was signed"
        count += 1
    assert count, "nothing was signed"


def identified(program):
    """The program with an identifier that follows from the rest of it, and the hashes of pages that it is in.

    The linker takes the identifier from what it links, paths of that among it, before symbols are taken out.
    """
    out = bytearray(program)
    places = [at + 8 for kind, at in commands(program) if kind == LC_UUID]
    for at in places:
        out[at : at + 16] = bytes(16)
    made = bytearray(hashlib.sha256(out[: signature(program)]).digest()[:16])
    # Of the kind that is made of a hash (RFC 9562, version 8).
    made[6] = made[6] & 0x0F | 0x80
    made[8] = made[8] & 0x3F | 0x80
    for at in places:
        out[at : at + 16] = made
    for kept, start, end in pages(program):
        if any(start < at + 16 and at < end for at in places):
            out[kept : kept + 32] = hashlib.sha256(out[start:end]).digest()
    return bytes(out)
