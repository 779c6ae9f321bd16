"""The shapes of products, by noun, and the colours of words."""

import tomllib
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from PIL import Image

from demo.drawing.canvas import BACKGROUNDS, Colour, Part, drawn

FILE = Path(__file__).parent / "shapes.toml"
COLOURS: Mapping[str, Colour] = {
    "black": (58, 58, 66),
    "white": (240, 238, 232),
    "navy": (44, 62, 104),
    "grey": (146, 150, 158),
    "olive": (122, 124, 74),
    "rust": (186, 92, 56),
    "sand": (214, 190, 152),
    "burgundy": (124, 42, 62),
    "sage": (154, 176, 148),
    "sky blue": (132, 182, 218),
    "silver": (188, 194, 202),
    "midnight blue": (46, 52, 92),
    "copper": (196, 116, 72),
    "denim": (74, 104, 152),
    "cast iron": (72, 72, 78),
}
OTHER_COLOURS: Sequence[Colour] = (
    (92, 132, 158),
    (198, 112, 92),
    (126, 152, 112),
    (212, 164, 92),
    (146, 112, 152),
    (84, 146, 142),
    (206, 138, 150),
    (112, 120, 168),
)


@cache
def shapes() -> Mapping[str, Sequence[Part]]:
    """Return the parts of the shape of each noun."""
    stored = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {noun: _parts(shape["parts"]) for shape in stored.values() for noun in shape["nouns"]}


def _parts(text: str) -> list[Part]:
    lines = [line.split() for line in text.splitlines() if line]
    return [Part(primitive, tone, tuple(map(float, numbers))) for primitive, tone, *numbers in lines]


def colour_of(words: str) -> Colour:
    """Return the colour named in the words, or else one chosen by a hash of the words."""
    lowered = words.lower()
    named = [name for name in COLOURS if name in lowered]
    return COLOURS[max(named, key=len)] if named else OTHER_COLOURS[_number(words) % len(OTHER_COLOURS)]


def picture(noun: str, *, colour: Colour, label: str) -> Image.Image:
    """Return the picture of a product, with a background chosen by a hash of `label`."""
    return drawn(shapes()[noun], colour=colour, background=BACKGROUNDS[_number(label) % len(BACKGROUNDS)])


def _number(text: str) -> int:
    return zlib.crc32(text.encode())
