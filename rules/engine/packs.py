"""Packs of pages at rest: what they are in memory, and as records of the saved state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

import msgspec
from cramjam import lz4

from .records import days_at_rest, name_of, name_of_day, name_of_record, what_rests
from .resting import Name

KIND = "pages at rest"
"""Of the records of packs. It sorts behind that of pages, so that who reads a log in its order finds that a page is no
longer saved by itself before it finds the pack in which it is."""

BEGINNING = name_of_record(KIND)[: len(KIND) + 2]
"""How the names of all records of packs begin."""

Laid = tuple[Name, bytes, list[int]]
"""A page at rest: name, bytes, days of its entries."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Laid]).decode


class Pack(msgspec.Struct, array_like=True):
    """Pages as they are saved together, with what leads to each, so that none has to be read.

    names: their numbers, 32 bits. ledgers: theirs. touched: when, ms. marks: of their entries. pages: `pressed`.
    """

    names: list[int]
    ledgers: list[str]
    touched: list[int]
    marks: list[list[int]]
    pages: bytes


DECODER = msgspec.msgpack.Decoder(Pack)


def pressed(pages: Sequence[Laid]) -> bytes:
    """Pages, compressed."""
    return bytes(lz4.compress_block(_encode(pages)))


def unpressed(pages: bytes) -> list[Laid]:
    """What `pressed` was given."""
    return _decode(lz4.decompress_block(pages))


def saved(pages: Sequence[Laid], compressed: bytes) -> bytes:
    """Pages as they are saved together. compressed: themselves, `pressed`."""
    resting = [what_rests(bytes_at_rest) for _, bytes_at_rest, _ in pages]
    return together(
        [crc32(name) for name, *_ in pages],
        [name_of(name)[0] for name, *_ in pages],
        [one.touched for one in resting],
        [one.marks for one in resting],
        compressed,
    )


def together(
    names: Sequence[int], ledgers: Sequence[str], touched: Sequence[int], marks: Sequence[Sequence[int]], pages: bytes
) -> bytes:
    """The same of what leads to the pages, where it is at hand: as `Pack` says."""
    return _encode((names, ledgers, touched, marks, pages))


def apart(saved_pack: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records that the pages of a saved pack have where each is saved by itself."""
    for name, bytes_at_rest, days in unpressed(DECODER.decode(saved_pack).pages):
        for day, value in zip(days, days_at_rest(bytes_at_rest), strict=True):
            yield name_of_day(name, day), value


def parted(records: Mapping[bytes, bytes | None]) -> Iterator[tuple[bytes, bytes | None]]:
    """Saved records, each page by itself. What becomes of pages that leave a pack is said of each of them besides."""
    for name, value in records.items():
        if not name.startswith(BEGINNING):
            yield name, value
        elif value is not None:
            yield from apart(value)
