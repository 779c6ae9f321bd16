"""Files of images, good and bad, drawn by the tests."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

Colour = tuple[int, ...]
RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)


def halves(size: tuple[int, int] = (64, 48), *, left: Colour = RED, right: Colour = BLUE) -> Image.Image:
    """Return a picture whose left half and right half have different colours."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def encoded(image: Image.Image, format_name: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_name, **options)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (64, 48), *, left: Colour = RED, **options: Any) -> bytes:
    return encoded(halves(size, left=left), "JPEG", quality=95, **options)


def png(size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    return encoded(halves(size), "PNG", **options)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def png_bomb(width: int = 20_000, height: int = 10_000) -> bytes:
    """Return a PNG of 200 megapixels in a few kB: every row is zeros."""
    compressor = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    parts = [compressor.compress(row * 100) for _ in range(height // 100)]
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = b"".join(parts) + compressor.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def webp_bomb() -> bytes:
    """Return the head of a WebP file that claims a canvas of 16,384 × 16,384 pixels."""
    side = (16_384 - 1).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + side + side
    body = b"WEBP" + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animated(format_name: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, GREEN, BLUE)]
    return encoded(frames[0], format_name, save_all=True, append_images=frames[1:], duration=80)


def gif_with_script() -> bytes:
    """Return a GIF that is a script as well: its width and height are the start of a comment."""
    plain = bytearray(encoded(Image.new("P", (10, 10)), "GIF"))
    plain[6:10] = b"/*\0\0"
    return bytes(plain) + b"*/=1;alert(document.cookie)"


def tagged(*, orientation: int) -> bytes:
    """Return a JPEG that has to be rotated, with a place, a camera and a comment in its metadata."""
    image = halves()
    exif = image.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETCAM"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return encoded(image, "JPEG", quality=95, exif=exif, comment=b"SECRETNOTE", icc_profile=None)
