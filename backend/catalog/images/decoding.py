"""Validates uploaded images and encodes them again, so that uploaded bytes are never served.

The format is detected from the content; names and content types of uploads are ignored. The stored image is
WebP in sRGB with 8 bits per channel, without metadata, upright, and its longer side has at most LONGEST_SIDE
pixels.
"""

import io
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageCms, UnidentifiedImageError

from backend.catalog.errors import ImageRefused, ImagesBusy

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PIXELS = 32_000_000
LONGEST_SIDE = 2_048
QUALITY = 82
EFFORT = 4
_JPEG_WITH_SEVERAL_PICTURES = "MPO"

# An image of MAX_PIXELS takes up to 300 MB while it is decoded and reduced.
_AT_ONCE = 2
_WAIT_SECONDS = 5.0
_slots = threading.BoundedSemaphore(_AT_ONCE)

_ORIENTATION = 0x0112
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The exceptions that Pillow raises for damaged files, depending on the format and the kind of damage.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An image as it is stored: WebP, with its size in pixels."""

    data: bytes
    width: int
    height: int


def normalised(data: bytes) -> Encoded:
    """Return the image that is stored for an upload.

    Raises:
        ImageRefused: the data is not an image in one of FORMATS, is damaged or animated, or has too many
            pixels.
    """
    if not data:
        raise ImageRefused(reason="empty")
    try:
        return _encoded(_shrunk(_upright(_opened(data))))
    except _DAMAGED as error:
        raise ImageRefused(reason="damaged") from error


def thumbnail(data: bytes, *, size: int) -> bytes:
    """Return a stored image, reduced to fit into a square of `size` pixels.

    Raises:
        OSError: the bytes are no longer an image.
    """
    image = Image.open(io.BytesIO(data), formats=("WEBP",))
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    return encoded_webp(image)


def encoded_webp(image: Image.Image, *, effort: int = EFFORT) -> bytes:
    """Return the image as WebP, without metadata; more `effort` (0 to 6) makes it smaller."""
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=effort, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


@contextmanager
def slot() -> Iterator[None]:
    """Limit how many uploads this process handles at once.

    An upload keeps its slot until it is stored. Otherwise many decoded images could wait for the lock of one
    seller until the database's timeout, and would then have to be decoded again.

    Raises:
        ImagesBusy: there was no slot for _WAIT_SECONDS.
    """
    if not _slots.acquire(timeout=_WAIT_SECONDS):
        raise ImagesBusy
    try:
        yield
    finally:
        _slots.release()


def _opened(data: bytes) -> Image.Image:
    """Return the image, not decoded yet.

    Raises:
        ImageRefused: it is of another format, animated, or has too many pixels.
    """
    # Pillow allocates the whole canvas of a WebP file when it opens it.
    _require_few_pixels(_webp_size(data) or (0, 0))
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise ImageRefused(reason="unsupported_format") from None
    except Image.DecompressionBombError:
        raise ImageRefused(reason="too_many_pixels") from None
    _require_few_pixels(image.size)
    # Phones append a second image, such as a preview or a depth map, to a JPEG.
    if image.format != _JPEG_WITH_SEVERAL_PICTURES and getattr(image, "is_animated", False):
        raise ImageRefused(reason="animated")
    return image


def _require_few_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise ImageRefused(reason="too_many_pixels")


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Return the size in the header of a WebP file (RFC 9649); None if there is no such header."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            return _uint24(data, 24) + 1, _uint24(data, 27) + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _upright(image: Image.Image) -> Image.Image:
    """Return the image decoded, in sRGB with 8 bits per channel, rotated according to its EXIF data."""
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    # JPEG is decoded at a fraction of its size if that is enough.
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    image = _eight_bits(image, profile=profile)
    transposition = None if orientation is None else _TRANSPOSITIONS.get(orientation)
    return image if transposition is None else image.transpose(transposition)


def _orientation(image: Image.Image) -> int | None:
    try:
        stored = image.getexif().get(_ORIENTATION)
    except _DAMAGED:
        return None
    return stored if isinstance(stored, int) else None


def _eight_bits(image: Image.Image, *, profile: bytes | None) -> Image.Image:
    if image.mode.startswith("I"):
        # convert() would clip 16-bit values at 255 instead of scaling them.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    transparent = image.has_transparency_data
    if profile and image.mode in ("RGB", "CMYK") and (converted := _in_srgb(image, profile)):
        return converted
    image = image.convert("RGBA" if transparent else "RGB")
    if transparent and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the image converted from its colour profile to sRGB; None if the profile can't be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *_DAMAGED):
        return None


def _shrunk(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _encoded(image: Image.Image) -> Encoded:
    return Encoded(encoded_webp(image), *image.size)
