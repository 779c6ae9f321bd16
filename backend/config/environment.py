"""What a deployment may not do, checked before anything else runs."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105 - refused in production
ENVIRONMENTS = ("development", "production")
MINIMUM_SECRET_LENGTH = 32


def require_safe(environment: str, *, secret_key: str, debug: bool, allowed_hosts: Sequence[str]) -> None:
    """Refuse settings that are only fit for a developer's machine.

    Raises:
        ImproperlyConfigured: the environment is unknown, or it is production and something is unsafe; the
            message names every variable that has to change.
    """
    if environment not in ENVIRONMENTS:
        raise ImproperlyConfigured(
            f"VITRINE_ENVIRONMENT={environment!r}: allowed are {', '.join(ENVIRONMENTS)}"
        )
    if environment != "production":
        return
    problems = []
    if secret_key == DEVELOPMENT_SECRET or len(secret_key) < MINIMUM_SECRET_LENGTH:
        problems.append(
            f"SECRET_KEY must be set to a random string of {MINIMUM_SECRET_LENGTH} characters or more"
        )
    if debug:
        problems.append("DEBUG must be off")
    if not allowed_hosts or "*" in allowed_hosts:
        problems.append("ALLOWED_HOSTS must name the hosts that are served, without *")
    if problems:
        raise ImproperlyConfigured("production refuses to start: " + "; ".join(problems))
