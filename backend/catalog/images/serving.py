"""Serves images that are stored in a folder; in docker compose, nginx serves them."""

import re
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

# The names that `files.name_of` generates; other files in the folder are never served.
NAME = re.compile(r"products/[0-9]{1,19}/[0-9a-f]{32}/(?:image|[0-9]{1,4})\.webp")
HEADERS = {
    # The name of an image is never used for another one.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Allows storefronts on other sites to show the images.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
def serve_image(request: HttpRequest, name: str) -> HttpResponse:
    """Return the file of an image.

    Raises:
        Http404: there is no such file, or images are not stored in a folder.
    """
    storage = storages["default"]
    if not (NAME.fullmatch(name) and isinstance(storage, FileSystemStorage)):
        raise Http404
    etag = f'"{name.removeprefix("products/")}"'
    path = Path(storage.path(name))
    if request.headers.get("If-None-Match") == etag and path.is_file():
        return HttpResponseNotModified(headers={**HEADERS, "ETag": etag})
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise Http404 from error
    return HttpResponse(content, content_type="image/webp", headers={**HEADERS, "ETag": etag})
