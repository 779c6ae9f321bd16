"""The cookies of the admin and the dashboard, which are the only ones that authenticate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdminCookies:
    """Names and path of the cookies."""

    session: str
    csrf: str
    path: str


def admin_cookies(*, is_secure: bool) -> AdminCookies:
    """Return names with the prefix `__Host-` if the shop is served over https.

    Browsers accept such a cookie only from the host itself, with `Secure` and the path `/`, so that another
    host of the domain can't set it. Without https the prefix would make them refuse the cookie. One login
    is valid in the admin and in the dashboard, so the path is always `/`; the API reads no cookie.
    """
    if is_secure:
        return AdminCookies(session="__Host-admin_session", csrf="__Host-csrftoken", path="/")
    return AdminCookies(session="admin_session", csrf="csrftoken", path="/")
