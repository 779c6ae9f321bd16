"""Draw a shape on a background, in the colours of a product."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

SIZE = 480
_SUPERSAMPLING = 2
_UNITS = 100
_CURVE_STEPS = 8

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Colour = (252, 251, 248)
BLACK: Colour = (28, 28, 32)
FIXED: dict[str, Colour] = {
    "ink": (44, 44, 52),
    "white": WHITE,
    "wood": (176, 130, 86),
    "metal": (178, 184, 192),
    "green": (88, 138, 92),
    "accent": (238, 176, 72),
}
BACKGROUNDS: tuple[Colour, ...] = (
    (243, 238, 230),
    (232, 238, 241),
    (240, 234, 238),
    (234, 240, 232),
    (245, 236, 226),
    (236, 235, 242),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a shape: a primitive, a tone, and numbers in hundredths of the picture."""

    primitive: str
    tone: str
    numbers: tuple[float, ...]


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """Return `colour` with `share` of `other`."""
    red, green, blue = (round(one + (two - one) * share) for one, two in zip(colour, other, strict=True))
    return red, green, blue


def drawn(parts: Sequence[Part], *, colour: Colour, background: Colour) -> Image.Image:
    """Return a picture of SIZE × SIZE pixels."""
    side = SIZE * _SUPERSAMPLING
    image = _backdrop(side, background).copy()
    tones = {
        **FIXED,
        "body": colour,
        "dark": mixed(colour, BLACK, 0.32),
        "light": mixed(colour, WHITE, 0.38),
        "pale": mixed(colour, WHITE, 0.74),
    }
    draw = ImageDraw.Draw(image)
    for part in parts:
        PRIMITIVES[part.primitive](draw, _scaled(part, side / _UNITS), tones[part.tone])
    return image.reduce(_SUPERSAMPLING)


def _scaled(part: Part, factor: float) -> tuple[float, ...]:
    """Return the numbers in pixels; the angles of an arc stay degrees."""
    lengths = part.numbers[:5] if part.primitive == "arc" else part.numbers
    return (*(number * factor for number in lengths), *part.numbers[len(lengths) :])


@lru_cache(maxsize=len(BACKGROUNDS))
def _backdrop(side: int, background: Colour) -> Image.Image:
    """Return the background with an object's shadow, which is blurred before it is enlarged."""
    small = Image.new("RGB", (_UNITS, _UNITS), background)
    draw = ImageDraw.Draw(small)
    draw.rectangle((0, 80, _UNITS, _UNITS), fill=mixed(background, BLACK, 0.05))
    draw.ellipse((14, 80, 86, 93), fill=mixed(background, BLACK, 0.2))
    return small.filter(ImageFilter.GaussianBlur(4)).resize((side, side), Image.Resampling.BICUBIC)


def _points(numbers: Sequence[float]) -> list[Point]:
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _poly(draw: ImageDraw.ImageDraw, numbers: Sequence[float], colour: Colour) -> None:
    draw.polygon(_points(numbers), fill=colour)


def _smooth(draw: ImageDraw.ImageDraw, numbers: Sequence[float], colour: Colour) -> None:
    draw.polygon(_curve(_points(numbers)), fill=colour)


def _curve(points: Sequence[Point]) -> list[Point]:
    """Return points of the closed Catmull-Rom curve through `points`."""
    neighbours = zip(
        (points[-1], *points[:-1]), points, (*points[1:], points[0]), (*points[2:], *points[:2]), strict=True
    )
    return [
        _between(before, start, end, after, step / _CURVE_STEPS)
        for before, start, end, after in neighbours
        for step in range(_CURVE_STEPS)
    ]


def _between(before: Point, start: Point, end: Point, after: Point, share: float) -> Point:
    x, y = (
        0.5
        * (
            2 * b
            + (c - a) * share
            + (2 * a - 5 * b + 4 * c - d) * share**2
            + (3 * b - a - 3 * c + d) * share**3
        )
        for a, b, c, d in zip(before, start, end, after, strict=True)
    )
    return x, y


def _ellipse(draw: ImageDraw.ImageDraw, numbers: Sequence[float], colour: Colour) -> None:
    draw.ellipse(tuple(numbers), fill=colour)


def _round(draw: ImageDraw.ImageDraw, numbers: Sequence[float], colour: Colour) -> None:
    *box, radius = numbers
    draw.rounded_rectangle(tuple(box), radius, fill=colour)


def _line(draw: ImageDraw.ImageDraw, numbers: Sequence[float], colour: Colour) -> None:
    width, *rest = numbers
    points = _points(rest)
    draw.line(points, fill=colour, width=math.ceil(width), joint="curve")
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)


def _arc(draw: ImageDraw.ImageDraw, numbers: Sequence[float], colour: Colour) -> None:
    width, x0, y0, x1, y1, start, end = numbers
    draw.arc((x0, y0, x1, y1), start, end, fill=colour, width=math.ceil(width))


PRIMITIVES: dict[str, Callable[[ImageDraw.ImageDraw, Sequence[float], Colour], None]] = {
    "poly": _poly,
    "smooth": _smooth,
    "ellipse": _ellipse,
    "round": _round,
    "line": _line,
    "arc": _arc,
}
