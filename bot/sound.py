"""What a voice message is made of: Opus in Ogg, read without a decoder."""

from __future__ import annotations

#: Opus in Ogg always counts at 48 kHz (RFC 7845 §4), whatever rate the sound had.
_OPUS_RATE_HZ = 48_000
_PAGE_HEADER_BYTES = 27
_NO_PACKET_ENDS = 2**64 - 1


class NotASoundError(Exception):
    """A file is not one stream of Opus in Ogg, or too long."""


def check_sound(data: bytes, max_seconds: int) -> None:
    """Make sure that a file is one stream of Opus in Ogg (RFC 3533, RFC 7845), and not too long.

    Raises: NotASoundError
    """
    place, serial, last_granule, pre_skip = 0, b"", 0, -1
    while place < len(data):
        header = data[place : place + _PAGE_HEADER_BYTES]
        if len(header) < _PAGE_HEADER_BYTES or not header.startswith(b"OggS\0"):
            raise NotASoundError
        body = place + _PAGE_HEADER_BYTES + header[26]
        end = body + sum(data[place + _PAGE_HEADER_BYTES : body])
        if body > len(data) or end > len(data):
            raise NotASoundError
        if place == 0:
            serial, pre_skip = header[14:18], _read_pre_skip(data[body:end])
        elif header[14:18] != serial:
            raise NotASoundError
        granule = int.from_bytes(header[6:14], "little")
        if granule != _NO_PACKET_ENDS:
            last_granule = max(last_granule, granule)
        place = end
    if not 0 < last_granule - pre_skip <= max_seconds * _OPUS_RATE_HZ or pre_skip < 0:
        raise NotASoundError


def _read_pre_skip(head: bytes) -> int:
    """Read from the first packet how many samples are not to be heard."""
    if len(head) < 19 or not head.startswith(b"OpusHead") or head[8] >> 4 or head[9] not in (1, 2):
        raise NotASoundError
    return int.from_bytes(head[10:12], "little")
