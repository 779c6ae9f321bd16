"""Describes access tokens in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class JWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A bearer token in the header Authorization."""

    target_class = "backend.accounts.authentication.JWTAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
