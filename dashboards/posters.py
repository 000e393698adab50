"""A show without a picture still gets a poster: drawn from its address, the same every time. Pure."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

PALETTES = 6
_WIDTH, _HEIGHT = 400, 225


def poster_of(seed: str) -> str:
    """An SVG drawing, 400 x 225, coloured by the classes of components.css; decoration only, hidden from readers."""
    digest = sha256(seed.encode()).digest()
    draw = _MOTIFS[digest[1] % len(_MOTIFS)]
    return (
        f'<svg class="poster poster--{digest[0] % PALETTES}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">'
        f'<rect class="poster__c" width="{_WIDTH}" height="{_HEIGHT}"/>{draw(digest)}</svg>'
    )


def _sun(digest: bytes) -> str:
    x = 90 + digest[2] % 220
    rings = "".join(
        f'<circle class="poster__line" stroke-width="2" cx="{x}" cy="190" r="{radius}"/>'
        for radius in range(118, 420, 22)
    )
    return f'{rings}<circle class="poster__a" cx="{x}" cy="190" r="96"/>' + _strips(x)


def _strips(x: int) -> str:
    return "".join(
        f'<rect class="poster__c" x="{x - 100}" y="{128 + 20 * i}" width="200" height="{4 + 2 * i}"/>'
        for i in range(5)
    )


def _levels(digest: bytes) -> str:
    bars = []
    for i in range(20):
        height = 20 + digest[2 + i] * 170 // 255
        shade = "poster__b" if digest[2 + i] % 5 == 0 else "poster__a"
        bars.append(
            f'<rect class="{shade}" x="{6 + i * 20}" y="{_HEIGHT - height}" width="13" height="{height}" rx="3"/>'
        )
    return "".join(bars)


def _beams(digest: bytes) -> str:
    x = 120 + digest[2] % 160
    beams = "".join(
        f'<polygon class="{"poster__a" if i % 2 else "poster__b"}" opacity="{0.45 + 0.1 * (i % 4):.2f}"'
        f' points="{x},-10 {i * 90 - 150 + digest[3 + i] % 40},240 {i * 90 - 105 + digest[3 + i] % 40},240"/>'
        for i in range(7)
    )
    return f'{beams}<circle class="poster__b" cx="{x}" cy="0" r="34"/>'


def _record(digest: bytes) -> str:
    x = 130 + digest[2] % 140
    grooves = "".join(
        f'<circle class="poster__line" stroke-width="1.5" cx="{x}" cy="112" r="{radius}"/>'
        for radius in range(58, 150, 9)
    )
    moon = f'<circle class="poster__b" cx="{(x + 210) % 400}" cy="48" r="26"/>'
    label = f'<circle class="poster__a" cx="{x}" cy="112" r="46"/><circle class="poster__c" cx="{x}" cy="112" r="7"/>'
    return moon + grooves + label


_MOTIFS: tuple[Callable[[bytes], str], ...] = (_sun, _levels, _beams, _record)
