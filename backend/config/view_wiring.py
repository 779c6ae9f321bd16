"""Registers the errors of the web process and of tokens for the OpenAPI document.

The URLs load it, because it imports Django REST framework, which processes without views don't need.
"""

from backend.accounts.second_factor.errors import SecondFactorRequired
from backend.api.schema.error_responses import register_server_errors
from backend.config.errors import BodyTooLarge, BodyTooSlow, ResponseTooLate, ServerBusy


def connect() -> None:
    """Register the errors that no view raises."""
    register_server_errors(
        any_request=[ServerBusy, ResponseTooLate],
        body=[BodyTooLarge, BodyTooSlow],
        token=[SecondFactorRequired],
    )
