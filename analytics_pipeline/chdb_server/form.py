"""Multipart forms, in which clients send long parameters and external tables."""

import re
from email.message import Message
from typing import NamedTuple

_NAME = re.compile(rb'\bname="((?:[^"\\]|\\.)*)"')


class Part(NamedTuple):
    """One named value of a form."""

    name: str
    value: bytes


def parse(body: bytes, *, content_type: str) -> list[Part] | None:
    """Return the parts of a multipart form in their order, or None if the body isn't one."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return None
    parts = []
    for section in body.split(b"--" + boundary.encode())[1:]:
        head, separator, value = section.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if separator and name is not None:
            parts.append(Part(name=name.group(1).decode(), value=value.removesuffix(b"\r\n")))
    return parts
