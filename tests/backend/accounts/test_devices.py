"""Sessions are recognised by the program and the operating system of their device."""

import pytest

from backend.accounts.devices import device_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (f"Mozilla/5.0 (iPhone; like Mac OS X) {WEBKIT} Version/18.0 Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} Chrome/140.0 Safari/537.36", "Chrome on Android"),
        ("okhttp/4.12.0", "Android app"),
        ("curl/8.5.0", "curl"),
        ("Something (X11; Linux x86_64)", "Linux"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_by_its_program_and_operating_system(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
