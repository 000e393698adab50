"""Websocket frames, made once for any number of sockets. Pure: RFC 6455, a server's unmasked text frames."""

from __future__ import annotations

from collections.abc import Iterator

_TEXT = b"\x81"
_TWO_BYTES, _EIGHT_BYTES = 126, 127


def frame(text: str) -> bytes:
    """A whole text message as the bytes that go over the wire. No text, no frame: nothing is told."""
    if not text:
        return b""
    payload = text.encode()
    size = len(payload)
    if size < _TWO_BYTES:
        return b"".join((_TEXT, size.to_bytes(1, "big"), payload))
    if size < 1 << 16:
        return b"".join((_TEXT, b"\x7e", size.to_bytes(2, "big"), payload))
    return b"".join((_TEXT, b"\x7f", size.to_bytes(8, "big"), payload))


def texts(frames: bytes) -> Iterator[str]:
    """The messages of frames that `frame` made, for a server that wants to frame them itself."""
    at = 0
    while at < len(frames):
        size, at = frames[at + 1], at + 2
        if extended := {_TWO_BYTES: 2, _EIGHT_BYTES: 8}.get(size, 0):
            size, at = int.from_bytes(frames[at : at + extended], "big"), at + extended
        yield frames[at : at + size].decode()
        at += size
