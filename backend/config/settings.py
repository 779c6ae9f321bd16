"""Django's settings, read from the environment (and from a file .env beside manage.py)."""

import os
from datetime import timedelta
from pathlib import Path

import environ

from backend.config.description import SPECTACULAR_SETTINGS  # noqa: F401 - a setting
from backend.config.engines import redis_addresses
from backend.config.environment import (
    DEVELOPMENT_SECRET,
    amount,
    log_level,
    require_database,
    require_rates,
    require_safe,
    whole_number,
)
from backend.config.logging import logging_configuration
from backend.config.optional import GENERATED_SHOP, is_installed
from backend.config.schedule import BEAT_SCHEDULE
from indexing.settings import SearchSettings

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()
environ.Env.read_env(env.str("VITRINE_ENV_FILE", str(BASE_DIR / ".env")))

ENVIRONMENT = env.str("VITRINE_ENVIRONMENT", "development")
VITRINE_HOME = Path(env.str("VITRINE_HOME", str(BASE_DIR / "var"))).resolve()
VITRINE_HOME.mkdir(parents=True, exist_ok=True)
# The engines read the environment themselves; they and every child process have to mean the same folder.
os.environ["VITRINE_HOME"] = str(VITRINE_HOME)

SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET)
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
require_safe(ENVIRONMENT, secret_key=SECRET_KEY, debug=DEBUG, allowed_hosts=ALLOWED_HOSTS)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "backend.api",
    "backend.audit",
    "backend.outbox",
    "backend.engines",
    "backend.accounts",
    "backend.catalog",
    "backend.inventory",
    "backend.carts",
    "backend.orders",
    "backend.importing",
    "backend.search",
    "backend.recommendations",
    "backend.tracking",
    "backend.analytics",
    "backend.operations",
    "backend.config.apps.ConfigConfig",
]

MIDDLEWARE = [
    "backend.operations.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "backend.api.request_id.RequestIdMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "backend.config.urls"
ASGI_APPLICATION = "backend.config.asgi.application"
WEB_WORKERS = whole_number("WEB_WORKERS", env.str("WEB_WORKERS", "1"))
METRICS_PORT = whole_number("METRICS_PORT", env.str("METRICS_PORT", "0"))
WEB_THREADS = whole_number("WEB_THREADS", env.str("WEB_THREADS", "16"))
WEB_BODY_SECONDS = whole_number("WEB_BODY_SECONDS", env.str("WEB_BODY_SECONDS", "15"))
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VITRINE_HOME / 'db.sqlite3'}")}
require_database(DATABASES["default"])
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A transaction that reads first and writes later would otherwise fail at once under another writer.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA mmap_size=134217728; PRAGMA cache_size=-20000;",
    }
else:
    # Beside what the address itself asks for, such as ?sslmode=require.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": whole_number("DATABASE_POOL_SIZE", env.str("DATABASE_POOL_SIZE", "16")),
        "timeout": 10,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if is_installed(GENERATED_SHOP):
    # Before backend.config, whose command populate_data only says that the app is absent.
    INSTALLED_APPS.insert(0, GENERATED_SHOP)

SEARCH = SearchSettings.from_env()
if SEARCH.engine == "elasticsearch":
    # Its import takes a second, which a shop without Elasticsearch need not spend at every start.
    INSTALLED_APPS += ["django_elasticsearch_dsl"]
    ELASTICSEARCH_DSL = {"default": {"hosts": SEARCH.elasticsearch_url}}
    ELASTICSEARCH_DSL_SIGNAL_PROCESSOR = "django_elasticsearch_dsl.signals.BaseSignalProcessor"

OUTBOX_SUBSCRIBERS = "backend.config.subscriptions.subscribers"
OUTBOX_ENGINES = "backend.config.engines.running"
OUTBOX_ABANDONED_AFTER = timedelta(
    hours=whole_number("OUTBOX_ABANDONED_HOURS", env.str("OUTBOX_ABANDONED_HOURS", "24"))
)

REDIS = redis_addresses(os.environ)
CACHES = {
    "default": {
        "BACKEND": "backend.engines.cache.OptionalCache",
        "LOCATION": REDIS.cache,
        "KEY_PREFIX": "vitrine",
        # Every key has a time to live: the embedded cache shares its memory with the stream, which has none.
        "TIMEOUT": 300,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5},
    }
}

CELERY_BROKER_URL = REDIS.broker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 3_600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(VITRINE_HOME / "beat-schedule")

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUDIT_RETENTION = timedelta(days=whole_number("AUDIT_RETENTION_DAYS", env.str("AUDIT_RETENTION_DAYS", "730")))

ACCESS_TOKEN_LIFETIME = timedelta(
    minutes=whole_number("ACCESS_TOKEN_MINUTES", env.str("ACCESS_TOKEN_MINUTES", "60"))
)
REFRESH_TOKEN_LIFETIME = timedelta(
    days=whole_number("REFRESH_TOKEN_DAYS", env.str("REFRESH_TOKEN_DAYS", "14"))
)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "UPDATE_LAST_LOGIN": False,
}
DEFAULT_PHONE_REGION = env.str("DEFAULT_PHONE_REGION", "US")
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", "USD")
TAX_PERCENTAGE = amount("TAX_PERCENTAGE", env.str("TAX_PERCENTAGE", "0"))
SHIPPING_COST = amount("SHIPPING_COST", env.str("SHIPPING_COST", "0"))
_free_shipping_from = env.str("FREE_SHIPPING_FROM", "")
FREE_SHIPPING_FROM = amount("FREE_SHIPPING_FROM", _free_shipping_from) if _free_shipping_from else None

EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = whole_number("EMAIL_PORT", env.str("EMAIL_PORT", "25"))
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VITRINE_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True

THROTTLE_RATES = {
    "anon": env.str("THROTTLE_ANON", "100/hour"),
    "user": env.str("THROTTLE_USER", "1000/hour"),
    "browse": env.str("THROTTLE_BROWSE", "1200/minute"),
    "events": env.str("THROTTLE_EVENTS", "1200/minute"),
    "login": env.str("THROTTLE_LOGIN", "20/minute"),
}
require_rates(THROTTLE_RATES)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["backend.accounts.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.api.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "backend.api.schema.autoschema.ShopSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": THROTTLE_RATES,
    "EXCEPTION_HANDLER": "backend.api.error_handling.handle",
    "NUM_PROXIES": whole_number("NUM_PROXIES", env.str("NUM_PROXIES", "0")),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_EXPOSE_HEADERS = ["X-Request-Id", "Idempotent-Replayed", "Retry-After"]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "x-anonymous-id",
    "x-request-id",
]

if ENVIRONMENT == "production":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^api/health/"]
    SECURE_HSTS_SECONDS = whole_number("SECURE_HSTS_SECONDS", env.str("SECURE_HSTS_SECONDS", "31536000"))

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
LOGGING = logging_configuration(level=log_level("LOG_LEVEL", env.str("LOG_LEVEL", "INFO")), plain=DEBUG)
