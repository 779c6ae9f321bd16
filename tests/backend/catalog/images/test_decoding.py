"""Uploaded images are validated and re-encoded."""

import tracemalloc
from threading import Thread
from typing import Any

import pytest
from PIL import Image, ImageCms

from backend.catalog.errors import ImageRefused, ImagesBusy
from backend.catalog.images import decoding
from backend.catalog.images.decoding import LONGEST_SIDE, normalised, thumbnail
from tests.backend.catalog.images import samples
from tests.backend.catalog.images.samples import BLUE, GREEN, RED, encoded, halves, opened

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def is_close(pixel: Any, colour: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\0", "unsupported_format"),
        (SVG, "unsupported_format"),
        (b"%PDF-1.7\n%" + bytes(2_000), "unsupported_format"),
        (encoded(halves(), "BMP"), "unsupported_format"),
        (encoded(halves(), "TIFF"), "unsupported_format"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "damaged"),
        (samples.jpeg()[:-200], "damaged"),
        (samples.png()[:-30], "damaged"),
        (encoded(halves(), "WEBP")[:-20], "damaged"),
        (samples.png().replace(b"IDAT", b"IDAX"), "damaged"),
        (samples.animated("GIF"), "animated"),
        (samples.animated("WEBP"), "animated"),
        (samples.animated("PNG"), "animated"),
        (samples.png_bomb(), "too_many_pixels"),
        (samples.webp_bomb(), "too_many_pixels"),
    ],
)
def test_an_unusable_file_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        normalised(data)

    assert refused.value.details["reason"] in {
        reason,
        *({"unsupported_format"} if reason == "damaged" else ()),
    }


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = samples.png_bomb()
    assert len(bomb) < 100_000

    tracemalloc.start()
    with pytest.raises(ImageRefused):
        normalised(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize("percent", range(1, 100, 7))
@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "JPEG", "GIF"])
def test_a_truncated_file_is_refused(percent: int, format_name: str) -> None:
    data = encoded(Image.effect_noise((80, 60), 60), format_name)

    with pytest.raises(ImageRefused):
        normalised(data[: len(data) * percent // 100])


@pytest.mark.parametrize(
    "data", [samples.jpeg() + b"PK\x03\x04 a zip archive <script>", samples.png() + b"<?php ?>"]
)
def test_data_after_the_image_in_a_file_is_not_stored(data: bytes) -> None:
    stored = normalised(data)

    assert opened(stored.data).format == "WEBP"
    assert not any(text in stored.data for text in (b"PK\x03\x04", b"script", b"php"))


def test_a_gif_that_is_also_a_script_becomes_an_image_or_is_refused() -> None:
    try:
        stored = normalised(samples.gif_with_script()).data
    except ImageRefused:
        stored = b""

    assert b"alert" not in stored
    assert not stored.startswith(b"GIF")


@pytest.mark.parametrize(
    ("orientation", "size", "top_left"),
    [(1, (64, 48), RED), (3, (64, 48), BLUE), (6, (48, 64), RED), (8, (48, 64), BLUE), (99, (64, 48), RED)],
)
def test_an_image_is_stored_upright_and_without_metadata(
    orientation: int, size: tuple[int, int], top_left: tuple[int, int, int]
) -> None:
    stored = normalised(samples.tagged(orientation=orientation))

    image = opened(stored.data)
    assert image.size == (stored.width, stored.height) == size
    assert is_close(image.convert("RGB").getpixel((2, 2)), top_left)
    assert not image.getexif()
    assert {"exif", "xmp", "icc_profile", "comment"}.isdisjoint(image.info)
    assert not any(secret in stored.data for secret in (b"SECRET", b"GPS", b"Exif"))


def palette_with_transparency() -> bytes:
    image = halves().convert("P")
    image.info["transparency"] = image.getpixel((0, 0))
    return encoded(image, "PNG")


@pytest.mark.parametrize(
    ("data", "left", "has_alpha"),
    [
        (encoded(halves().convert("CMYK"), "JPEG", quality=95), RED, False),
        (encoded(halves().quantize(8), "GIF"), RED, False),
        (palette_with_transparency(), None, True),
        (encoded(Image.new("RGBA", (20, 20), (*GREEN, 128)), "PNG"), GREEN, True),
        (encoded(Image.new("RGBA", (20, 20), (*GREEN, 255)), "PNG"), GREEN, False),
        (encoded(Image.new("LA", (20, 20), (90, 128)), "PNG"), (90, 90, 90), True),
        (encoded(Image.new("I;16", (20, 20), 90 * 256), "PNG"), (90, 90, 90), False),
        (encoded(Image.new("1", (20, 20), 1), "PNG"), (255, 255, 255), False),
        (encoded(Image.new("L", (20, 20), 90), "JPEG"), (90, 90, 90), False),
    ],
    ids=["cmyk", "gif", "palette", "alpha", "opaque alpha", "grey alpha", "16 bits", "1 bit", "grey"],
)
def test_every_pixel_format_becomes_rgb_with_alpha_only_if_it_is_used(
    data: bytes, left: tuple[int, ...] | None, has_alpha: bool
) -> None:
    image = opened(normalised(data).data)

    assert image.mode == ("RGBA" if has_alpha else "RGB")
    assert left is None or is_close(image.convert("RGB").getpixel((2, 2)), left)


def test_colour_profiles_are_applied_and_invalid_profiles_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for profile in (srgb, lab, b"not a profile", srgb[:200]):
        stored = normalised(samples.jpeg(icc_profile=profile))
        assert is_close(opened(stored.data).convert("RGB").getpixel((2, 2)), RED)


def test_only_the_first_image_of_a_multi_picture_jpeg_is_kept() -> None:
    two = encoded(halves(), "MPO", save_all=True, append_images=[halves(left=GREEN)])

    assert is_close(opened(normalised(two).data).convert("RGB").getpixel((2, 2)), RED)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((5_000, 2_500), (2_048, 1_024)), ((1, 30_000), (1, LONGEST_SIDE)), ((2_048, 10), (2_048, 10))],
)
def test_a_large_image_is_reduced(size: tuple[int, int], expected: tuple[int, int]) -> None:
    stored = normalised(samples.png(size))

    assert (stored.width, stored.height) == expected


def test_a_thumbnail_fits_into_a_square() -> None:
    stored = normalised(samples.jpeg((600, 300)))

    assert opened(thumbnail(stored.data, size=160)).size == (160, 80)


def test_uploads_beyond_the_concurrency_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_WAIT_SECONDS", 0.01)
    busy: list[Exception] = []

    def upload() -> None:
        try:
            with decoding.slot():
                pass
        except ImagesBusy as error:
            busy.append(error)

    with decoding.slot(), decoding.slot():
        thread = Thread(target=upload)
        thread.start()
        thread.join(30)
    upload()

    assert len(busy) == 1
