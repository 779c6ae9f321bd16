"""Production refuses settings that are only safe in development."""

import json
import os
import random
import string
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.config.environment import (
    DEVELOPMENT_SECRET,
    MINIMUM_SECRET_LENGTH,
    looks_random,
    require_safe,
)

ROOT = Path(__file__).resolve().parents[3]
SECRET = "hV2qN7xR4mZ9sK1bT6wY3cP8dL5fG0jA-eQ_uXoiE7rM2nBpa4"
SAFE = {
    "VITRINE_ENVIRONMENT": "production",
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "shop.example",
    "DEBUG": "false",
}


def test_production_starts_with_safe_settings() -> None:
    require_safe("production", secret_key=SECRET, debug=False, allowed_hosts=["shop.example"])


@pytest.mark.parametrize(
    ("secret", "debug", "hosts", "names"),
    [
        (DEVELOPMENT_SECRET, False, ["shop.example"], "SECRET_KEY"),
        ("short", False, ["shop.example"], "SECRET_KEY"),
        ("x" * 50, False, ["shop.example"], "SECRET_KEY"),
        ("k9" * 25, False, ["shop.example"], "SECRET_KEY"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", False, ["shop.example"], "SECRET_KEY"),
        ("correct-horse-1!" * 4, False, ["shop.example"], "SECRET_KEY"),
        ("changemechangemechangemechangeme", False, ["shop.example"], "SECRET_KEY"),
        (SECRET, True, ["shop.example"], "DEBUG"),
        (SECRET, False, ["*"], "ALLOWED_HOSTS"),
        (SECRET, False, ["shop.example", "*"], "ALLOWED_HOSTS"),
        (SECRET, False, [], "ALLOWED_HOSTS"),
    ],
)
def test_the_error_for_an_unsafe_production_setting_names_it(
    secret: str, debug: bool, hosts: list[str], names: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=names):
        require_safe("production", secret_key=secret, debug=debug, allowed_hosts=hosts)


@pytest.mark.parametrize("alphabet", [string.digits, string.hexdigits[:16], string.ascii_letters])
def test_random_secrets_are_accepted(alphabet: str) -> None:
    source = random.Random(1)
    keys = ["".join(source.choices(alphabet, k=MINIMUM_SECRET_LENGTH)) for _ in range(500)]
    assert sum(not looks_random(key) for key in keys) <= 3


def test_one_error_names_all_unsafe_settings() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY.*DEBUG.*ALLOWED_HOSTS"):
        require_safe("production", secret_key="", debug=True, allowed_hosts=["*"])


def test_development_allows_unsafe_settings() -> None:
    require_safe("development", secret_key=DEVELOPMENT_SECRET, debug=True, allowed_hosts=["*"])


def test_a_misspelt_environment_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="development, production"):
        require_safe("prodution", secret_key=SECRET, debug=False, allowed_hosts=["shop.example"])


PROGRAM = """
import json
from django.conf import settings
names = ["SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "DEBUG", "ALLOWED_HOSTS", "TAX_PERCENTAGE"]
names += ["SHOP_NAME", "SHOP_ADDRESS"]
values = {name: getattr(settings, name) for name in names}
values["DATABASE_OPTIONS"] = settings.DATABASES["default"]["OPTIONS"]
print(json.dumps(values, default=str))
"""


def settings_with(
    home: Path, *, program: Sequence[str] = ("-c", PROGRAM), **environ: str
) -> "subprocess.CompletedProcess[str]":
    """Read the settings in a separate process with only these environment variables."""
    return subprocess.run(
        [sys.executable, *program],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "VITRINE_HOME": str(home),
            "VITRINE_ENV_FILE": str(home / "no.env"),
            **environ,
        },
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_production_does_not_start_by_default(tmp_path: Path) -> None:
    done = settings_with(tmp_path, VITRINE_ENVIRONMENT="production")
    assert done.returncode != 0
    assert "production refuses to start: SECRET_KEY must be set" in done.stderr


def test_production_requires_https_and_has_no_example_company(tmp_path: Path) -> None:
    address = "1 Example Street; 12345 Example Town;"
    done = settings_with(tmp_path, **SAFE, TAX_PERCENTAGE="8.875", SHOP_ADDRESS=address)
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    del values["DATABASE_OPTIONS"]
    assert values == {
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "DEBUG": False,
        "ALLOWED_HOSTS": ["shop.example"],
        "TAX_PERCENTAGE": "8.875",
        "SHOP_NAME": "",
        "SHOP_ADDRESS": ["1 Example Street", "12345 Example Town"],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TAX_PERCENTAGE", "eight"),
        ("SHIPPING_COST", "-5"),
        ("FREE_SHIPPING_FROM", "NaN"),
        ("THROTTLE_BROWSE", "often"),
        ("DATABASE_URL", "shop"),
        ("ACCESS_TOKEN_MINUTES", "an hour"),
        ("EMAIL_PORT", "-1"),
        ("LOG_LEVEL", "loud"),
        ("DEBUG", "perhaps"),
        ("DEFAULT_CURRENCY", "ZZZ"),
        ("DEFAULT_CURRENCY", "usd"),
        ("WEB_THREADS", "0"),
        ("INVOICE_PREFIX", "inv/1"),
        ("PAPER_SIZE", "A3"),
        ("RECOMMENDATION_EXPLORATION", "0.3"),
        ("RECOMMENDATION_EXPLORATION", "-0.1"),
        ("RECOMMENDATION_DIVERSITY", "user:1.5"),
        ("RECOMMENDATION_DIVERSITY", "user"),
    ],
)
def test_the_error_for_an_invalid_value_names_the_variable(name: str, value: str, tmp_path: Path) -> None:
    done = settings_with(tmp_path, **{name: value})
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name}" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("LOG_LEVEL", "loud"), ("VITRINE_SEARCH_ENGINE", "grep"), ("REDIS_URL", "ftp://shop")]
)
def test_a_command_reports_an_invalid_variable_in_one_line(name: str, value: str, tmp_path: Path) -> None:
    done = settings_with(tmp_path, program=[str(ROOT / "manage.py"), "check"], **{name: value})
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert name in line


def test_options_of_the_database_url_are_kept(tmp_path: Path) -> None:
    address = "postgresql://shop:secret@database.example/shop?sslmode=require"
    done = settings_with(tmp_path, DATABASE_URL=address, DATABASE_POOL_SIZE="4")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["DATABASE_OPTIONS"] == {
        "sslmode": "require",
        "connect_timeout": 3,
        "pool": {"min_size": 1, "max_size": 4, "timeout": 10, "reconnect_timeout": 10},
    }


def test_a_web_process_waits_for_the_database_only_for_seconds(tmp_path: Path) -> None:
    address = "postgresql://shop:secret@database.example/shop"
    done = settings_with(tmp_path, DATABASE_URL=address, VITRINE_PROCESS="web")
    options = json.loads(done.stdout)["DATABASE_OPTIONS"]
    assert options["pool"]["timeout"] <= 3
    assert "statement_timeout" in options["options"]
    assert (
        json.loads(settings_with(tmp_path, VITRINE_PROCESS="web").stdout)["DATABASE_OPTIONS"]["timeout"] <= 5
    )


def test_only_the_owner_can_read_the_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = home / "db.sqlite3"
    program = [str(ROOT / "manage.py"), "migrate", "audit", "-v0"]
    assert settings_with(tmp_path, program=program, VITRINE_HOME=str(home)).returncode == 0
    assert (home.stat().st_mode & 0o077, path.stat().st_mode & 0o077) == (0, 0)

    path.chmod(0o644)
    assert settings_with(tmp_path, program=program, VITRINE_HOME=str(home)).returncode == 0
    assert path.stat().st_mode & 0o077 == 0, "the permissions of an existing database are corrected"
