"""The reports of a remote shop, over its API."""

import getpass
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import urllib3

from analytics_pipeline.analyst.access import Access
from analytics_pipeline.analyst.definition import Definition
from analytics_pipeline.analyst.errors import CredentialRefused, ReportRefused, ShopNotReachable
from analytics_pipeline.reports.errors import InvalidParameters, UnknownReport

_TIMEOUT = urllib3.Timeout(connect=5.0, read=60.0)
# A busy shop says when to ask again.
_RETRIES = urllib3.Retry(
    3, connect=0, read=0, redirect=0, status_forcelist={503}, backoff_factor=0.5, raise_on_status=False
)
_NO_CREDENTIALS = (
    "reports of {url} need an account: set VITRINE_PHONE and VITRINE_PASSWORD, or VITRINE_TOKEN to an access "
    "token, or write them to ~/.config/vitrine/access.toml"
)


class RemoteReports:
    """The reports that this account may run. Logs in with the first request."""

    def __init__(self, access: Access, *, ask_code: Callable[[str], str] = getpass.getpass) -> None:
        """Describe the shop. `ask_code` asks for the code of the second factor if the account has one."""
        self._access = access
        self._ask_code = ask_code
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=_RETRIES)
        self._tokens: dict[str, str] = {"access_token": access.token}
        self._list: dict[str, Any] | None = None

    def __str__(self) -> str:
        """Return where the shop is."""
        return self._access.url

    @property
    def time_zone(self) -> str:
        """The time zone of the reports' days."""
        return str(self._reports()["time_zone"])

    def check(self) -> None:
        """Log in and read the list of reports."""
        self._reports()

    def definitions(self) -> list[Definition]:
        """Return the definitions of the reports that this account may run, by name."""
        return [
            Definition(
                name=each["name"],
                description=each["description"],
                parameters=tuple(each["parameters"]),
                columns=tuple(each["columns"]),
            )
            for each in self._reports()["reports"]
        ]

    def parquet(self, name: str, given: Mapping[str, object]) -> bytes:
        """Return the report as a Parquet file.

        Raises:
            ShopNotReachable, CredentialRefused, ReportRefused, InvalidParameters: the report can't be run.
        """
        query = {key: _text(value) for key, value in given.items() if value is not None}
        return self._get(f"/api/analytics/reports/{name}/", {**query, "format": "parquet"})

    def _reports(self) -> dict[str, Any]:
        if self._list is None:
            found: dict[str, Any] = json.loads(self._get("/api/analytics/reports/", {}))["data"]
            self._list = found
        return self._list

    def _get(self, path: str, query: Mapping[str, str]) -> bytes:
        if not self._tokens.get("access_token"):
            self._log_in()
        response = self._authorised(path, query)
        if response.status == 401 and self._renew():
            response = self._authorised(path, query)
        if response.status != 200:
            raise _failure(response, url=self._access.url)
        return response.data

    def _authorised(self, path: str, query: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self._tokens['access_token']}"}
        return self._request("GET", path, fields=query, headers=headers)

    def _renew(self) -> bool:
        """Get a new access token, which is valid for some minutes only; return whether there is one."""
        refresh = self._tokens.get("refresh_token")
        if refresh:
            response = self._request("POST", "/accounts/token-refresh/", json={"refresh_token": refresh})
            if response.status == 200:
                self._tokens = response.json()["data"]
                return True
        if self._access.password:
            self._log_in()
            return True
        return False

    def _log_in(self) -> None:
        access = self._access
        if not (access.phone and access.password):
            raise CredentialRefused(_NO_CREDENTIALS.format(url=access.url))
        found = self._post("/accounts/login/", {"phone": access.phone, "password": access.password})
        if "challenge_token" in found:
            code = self._ask_code("Code of the authenticator app: ")
            body = {"challenge_token": found["challenge_token"], "code": code}
            found = self._post("/api/accounts/login/second-factor/", body)
        self._tokens = found

    def _post(self, path: str, body: Mapping[str, str]) -> dict[str, Any]:
        response = self._request("POST", path, json=body)
        if response.status != 200:
            raise _login_failure(response, url=self._access.url)
        found: dict[str, Any] = response.json()["data"]
        return found

    def _request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._http.request(method, self._access.url + path, **options)
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise ShopNotReachable(f"{self._access.url} doesn't respond: {reason}") from error


def _failure(response: urllib3.BaseHTTPResponse, *, url: str) -> Exception:
    """Return the exception for a response to a request with a token."""
    error = _error(response)
    details: dict[str, Any] = error.get("details") or {}
    match response.status, error.get("code", ""):
        case 401, _:
            return CredentialRefused(
                f"{url} refused the access token, which is valid for some minutes: set VITRINE_PHONE and "
                "VITRINE_PASSWORD instead"
            )
        case 404, "report_not_found":
            return UnknownReport(details["report"], known=details["known"])
        case 400, "invalid_input":
            return InvalidParameters({name: " ".join(reasons) for name, reasons in details.items()})
        case 403, code:
            return ReportRefused(
                f"{error.get('error', 'refused')} Reports need the area `reports`, or a seller's account.",
                code=code,
            )
        case _, "":
            return _not_a_shop(response, url=url)
        case _, code:
            return ReportRefused(str(error.get("error")), code=code)


def _login_failure(response: urllib3.BaseHTTPResponse, *, url: str) -> Exception:
    error = _error(response)
    if not error.get("code"):
        return _not_a_shop(response, url=url)
    return CredentialRefused(
        f"{url} refused the login: {error.get('error')} Check the phone and the password."
    )


def _not_a_shop(response: urllib3.BaseHTTPResponse, *, url: str) -> ShopNotReachable:
    return ShopNotReachable(
        f"{url} responded with status {response.status} and no JSON: is it a Vitrine shop?"
    )


def _error(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    try:
        body: object = response.json()
    except (ValueError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: object) -> str:
    """Return a parameter's value as it is written in an address."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value.isoformat()[:10] if isinstance(value, date) else str(value)
