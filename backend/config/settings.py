"""Django settings, read from the environment (and from a file .env beside manage.py).

Importing this module writes nothing to disk.
"""

import os
from datetime import timedelta
from pathlib import Path

import environ

from analytics_pipeline.settings import PipelineSettings
from backend.api.security_headers import PAGE_POLICY
from backend.config import installed, telemetry
from backend.config.admin_site.theme import UNFOLD  # noqa: F401 - a setting
from backend.config.cookies import admin_cookies
from backend.config.databases import databases
from backend.config.description import SPECTACULAR_SETTINGS  # noqa: F401 - a setting
from backend.config.environment import DEVELOPMENT_SECRET, Variables, require_safe
from backend.config.logging import logging_configuration
from backend.config.mail import email_backend, sender
from backend.config.optional import GENERATED_SHOP, is_installed
from backend.config.passkeys import relying_party
from backend.config.payments import payment_gateways
from backend.config.rest import rest_framework, throttle_rates
from backend.config.shop import EXAMPLE_SHOP, NO_SHOP
from backend.config.staff_areas import STAFF_AREAS_OF_APPS  # noqa: F401 - a setting
from backend.config.storages import storages
from indexing.settings import SearchSettings

BASE_DIR = Path(__file__).resolve().parent.parent.parent

environ.Env.read_env(os.environ.get("VITRINE_ENV_FILE") or BASE_DIR / ".env")
env = Variables(os.environ)

ENVIRONMENT = env.text("VITRINE_ENVIRONMENT", "development")
VITRINE_HOME = Path(env.text("VITRINE_HOME", str(BASE_DIR / "var"))).resolve()
# The engines and child processes read this variable themselves, and must get the same absolute path.
os.environ["VITRINE_HOME"] = str(VITRINE_HOME)
# Validate these variables now, although they are read where they are used.
PipelineSettings.from_env()

SECRET_KEY = env.text("SECRET_KEY", DEVELOPMENT_SECRET)
DEBUG = env.flag("DEBUG", default=False)
# Keys that were replaced, whose signatures and authenticator apps stay valid.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
require_safe(ENVIRONMENT, secret_key=SECRET_KEY, debug=DEBUG, allowed_hosts=ALLOWED_HOSTS)

INSTALLED_APPS = [*installed.APPS]
SENTRY_DSN = env.text("SENTRY_DSN", "")
OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT", "")
MIDDLEWARE = telemetry.middleware(installed.MIDDLEWARE, endpoint=OTEL_EXPORTER_OTLP_ENDPOINT)
ROOT_URLCONF = "backend.config.urls"
ASGI_APPLICATION = "backend.config.asgi.application"
WEB_WORKERS = env.whole("WEB_WORKERS", 1, least=1)
METRICS_PORT = env.whole("METRICS_PORT", 0)
WEB_THREADS = env.whole("WEB_THREADS", 16, least=1)
WEB_BODY_SECONDS = env.whole("WEB_BODY_SECONDS", 15, least=1)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of apps, so that they may replace templates of unfold.
        "DIRS": [BASE_DIR / "backend" / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = databases(env, home=VITRINE_HOME, is_web=os.environ.get("VITRINE_PROCESS") == "web")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if is_installed(GENERATED_SHOP):
    # Before backend.config, whose populate_data command only reports that this app is missing.
    INSTALLED_APPS.insert(0, GENERATED_SHOP)

SEARCH = SearchSettings.from_env()
if SEARCH.engine == "elasticsearch":
    # Imported only if it is used, because the import takes a second.
    INSTALLED_APPS += ["django_elasticsearch_dsl"]
    ELASTICSEARCH_DSL = {"default": {"hosts": SEARCH.elasticsearch_url}}
    ELASTICSEARCH_DSL_SIGNAL_PROCESSOR = "django_elasticsearch_dsl.signals.BaseSignalProcessor"

OUTBOX_SUBSCRIBERS = "backend.config.subscriptions.subscribers"
OUTBOX_ENGINES = "backend.config.engines.running"
OUTBOX_ABANDONED_AFTER = timedelta(hours=env.whole("OUTBOX_ABANDONED_HOURS", 24))

CACHES = {
    "default": {
        "BACKEND": "backend.engines.cache.OptionalCache",
        "LOCATION": "backend.config.engines.cache_url",
        "KEY_PREFIX": "vitrine",
        # Every key expires, because the embedded cache shares its memory with the stream.
        "TIMEOUT": 300,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5},
    }
}

CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 3_600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VITRINE_HOME / "beat-schedule")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["backend.accounts.backends.StaffAreaBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "backend.accounts.password_rules.PredictablePasswordValidator"},
    {"NAME": "backend.accounts.password_rules.PhonePasswordValidator"},
]
AUDIT_RETENTION = timedelta(days=env.whole("AUDIT_RETENTION_DAYS", 730))

ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.whole("ACCESS_TOKEN_MINUTES", 15, least=1))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.whole("REFRESH_TOKEN_DAYS", 14, least=1))
SESSION_LIFETIME = timedelta(days=env.whole("SESSION_DAYS", 90, least=1))
ADMIN_IDLE = timedelta(minutes=env.whole("ADMIN_IDLE_MINUTES", 30, least=1))
ADMIN_LIFETIME = timedelta(hours=env.whole("ADMIN_SESSION_HOURS", 12, least=1))
SESSION_COOKIE_AGE = int(ADMIN_LIFETIME.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "UPDATE_LAST_LOGIN": False,
}
DEFAULT_PHONE_REGION = env.text("DEFAULT_PHONE_REGION", "US")
DEFAULT_CURRENCY = env.currency("DEFAULT_CURRENCY", "USD")
SEARCH_FACETS = env.words("SEARCH_FACETS")
SEARCH_RANGES = env.numeric_attributes("SEARCH_RANGES")
TAX_PERCENTAGE = env.number("TAX_PERCENTAGE", "0")
PRICES_INCLUDE_TAX = env.flag("PRICES_INCLUDE_TAX", default=False)
SHIPPING_COST = env.number("SHIPPING_COST", "0")
FREE_SHIPPING_FROM = env.optional_number("FREE_SHIPPING_FROM")
CUSTOMER_UNIT_LIMIT = env.whole("CUSTOMER_UNIT_LIMIT", 100, least=1)
RETURN_WINDOW = timedelta(days=env.whole("RETURN_WINDOW_DAYS", 30, least=0))
TRACKING_CONSENT = env.choice("TRACKING_CONSENT", "assumed", ("assumed", "required"))
REFUND_SHIPPING = env.choice("REFUND_SHIPPING", "full_return", ("full_return", "never"))
PAYMENT_HOLD = timedelta(minutes=env.whole("PAYMENT_HOLD_MINUTES", 30, least=1))
PAYMENT_GATEWAYS = payment_gateways(env, environment=ENVIRONMENT)
PAYMENT_CAPTURE = env.choice("PAYMENT_CAPTURE", "automatic", ("automatic", "manual"))
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", "")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_URL = env.text("STRIPE_URL", "https://api.stripe.com")
PAYPAL_CLIENT_ID = env.text("PAYPAL_CLIENT_ID", "")
PAYPAL_CLIENT_SECRET = env.text("PAYPAL_CLIENT_SECRET", "")
PAYPAL_WEBHOOK_ID = env.text("PAYPAL_WEBHOOK_ID", "")
PAYPAL_URL = env.text("PAYPAL_URL", "https://api-m.paypal.com")
PAYPAL_CAPTURES_IN_PARTS = env.flag("PAYPAL_CAPTURES_IN_PARTS", default=False)
PAYPAL_RETURN_URL = env.text("PAYPAL_RETURN_URL", "")

# The company on invoices. Production has no default and issues no invoices without a name and an address.
_SHOP = EXAMPLE_SHOP if ENVIRONMENT == "development" else NO_SHOP
SHOP_NAME = env.text("SHOP_NAME", _SHOP.name)
SHOP_ADDRESS = env.lines("SHOP_ADDRESS", _SHOP.address)
SHOP_VAT_NUMBER = env.text("SHOP_VAT_NUMBER", _SHOP.vat_number)
SHOP_EMAIL = env.text("SHOP_EMAIL", _SHOP.email)
INVOICE_FOOTER = env.lines("INVOICE_FOOTER", _SHOP.footer)
INVOICE_PREFIX = env.prefix("INVOICE_PREFIX", "INV")
CREDIT_NOTE_PREFIX = env.prefix("CREDIT_NOTE_PREFIX", "CN")
PAPER_SIZE = env.choice("PAPER_SIZE", "A4", ("A4", "letter"))
SHOP_TIME_ZONE = PipelineSettings.from_env().time_zone

LOW_STOCK_THRESHOLD = env.whole("LOW_STOCK_THRESHOLD", 5)

# The addresses in messages.
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{env.whole('PORT', 8000)}").rstrip("/")
_RELYING_PARTY = relying_party(PUBLIC_URL)
# Passkeys are bound to this domain, and verified for pages of these origins.
PASSKEY_RP_ID = env.text("PASSKEY_RP_ID", _RELYING_PARTY.domain)
PASSKEY_ORIGINS = env.words("PASSKEY_ORIGINS", [_RELYING_PARTY.origin])
STAFF_SECOND_FACTOR = env.choice(
    "STAFF_SECOND_FACTOR", "required" if ENVIRONMENT == "production" else "optional", ("required", "optional")
)
ORDER_PAGE_URL = env.text("ORDER_PAGE_URL", f"{PUBLIC_URL}/api/orders/orders/{{id}}/")
GUEST_ORDER_PAGE_URL = env.text("GUEST_ORDER_PAGE_URL", f"{PUBLIC_URL}/api/notifications/orders/{{token}}/")
PRODUCT_PAGE_URL = env.text("PRODUCT_PAGE_URL", f"{PUBLIC_URL}/api/products/{{id}}/")

CATEGORY_PAGE_URL = env.text("CATEGORY_PAGE_URL", f"{PUBLIC_URL}/api/categories/by-slug/{{slug}}/")
ROBOTS_RULES = env.lines("ROBOTS_RULES")
# The secret in the addresses of product feeds; without it there are none.
FEED_TOKEN = env.text("FEED_TOKEN", "")

EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.whole("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.whole("EMAIL_TIMEOUT", 10, least=1)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", sender(PUBLIC_URL))
EMAIL_BACKEND = email_backend(env, host=EMAIL_HOST, use_tls=EMAIL_USE_TLS, use_ssl=EMAIL_USE_SSL)
EMAIL_FILE_PATH = str(VITRINE_HOME / "mail")
SMS_URL = env.text("SMS_URL", "")
SMS_AUTHORIZATION = env.text("SMS_AUTHORIZATION", "")
SMS_BODY = env.text("SMS_BODY", '{"to": "{to}", "text": "{text}"}')
SMS_TIMEOUT = env.whole("SMS_TIMEOUT", 10, least=1)
INVOICE_RETENTION = timedelta(days=env.whole("INVOICE_RETENTION_DAYS", 3_650, least=365))
DELIVERY_RETENTION = timedelta(days=env.whole("DELIVERY_RETENTION_DAYS", 90, least=2))
INBOX_RETENTION = timedelta(days=env.whole("INBOX_RETENTION_DAYS", 90, least=2))
LIVE_CONNECTIONS = env.whole("LIVE_CONNECTIONS", 500, least=0)
LIVE_CONNECTIONS_PER_CLIENT = env.whole("LIVE_CONNECTIONS_PER_CLIENT", 10, least=1)
NOTIFICATIONS_OFF = frozenset(env.words("NOTIFICATIONS_OFF"))
REVIEW_REQUEST_AFTER = timedelta(days=env.whole("REVIEW_REQUEST_AFTER_DAYS", 7))
CART_REMINDER_AFTER = timedelta(hours=env.whole("CART_REMINDER_AFTER_HOURS", 4))
WEBHOOK_HTTP = env.flag("WEBHOOK_HTTP", default=False)
WEBHOOK_PORTS = env.ports("WEBHOOK_PORTS", ["443", "8443"])
WEBHOOK_NETWORKS = env.networks("WEBHOOK_NETWORKS")
WEBHOOK_THREADS = env.whole("WEBHOOK_THREADS", 8, least=1)
WEBHOOK_RETENTION = timedelta(days=env.whole("WEBHOOK_RETENTION_DAYS", 30, least=4))

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

MEDIA_ROOT = VITRINE_HOME / "media"
MEDIA_URL = env.text("MEDIA_URL", "/media/")
STORAGES = storages(env, media_root=MEDIA_ROOT, media_url=MEDIA_URL)
IMAGE_MAX_BYTES = 10_485_760
IMAGES_PER_PRODUCT = env.whole("IMAGES_PER_PRODUCT", 20, least=1)
IMAGES_PER_SELLER = env.whole("IMAGES_PER_SELLER", 50_000, least=1)

REVIEWS_PUBLISHED_AT_ONCE = env.flag("REVIEWS_PUBLISHED_AT_ONCE", default=False)
REVIEW_REPORTS_TO_HIDE = env.whole("REVIEW_REPORTS_TO_HIDE", 5, least=1)
REVIEW_PICTURES = env.whole("REVIEW_PICTURES", 5, least=0)
RATING_PRIOR_MEAN = env.number("RATING_PRIOR_MEAN", "3.5")
RATING_PRIOR_WEIGHT = env.whole("RATING_PRIOR_WEIGHT", 10, least=0)

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

THROTTLE_RATES = throttle_rates(env)
REST_FRAMEWORK = rest_framework(env, throttle_rates=THROTTLE_RATES)
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_EXPOSE_HEADERS = [
    "X-Request-Id",
    "Idempotent-Replayed",
    "Retry-After",
    "Vitrine-Version",
    "Deprecation",
    "Sunset",
]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "vitrine-version",
    "x-anonymous-id",
    "x-tracking-consent",
    "x-cart-token",
    "x-device-token",
    "x-request-id",
]

if ENVIRONMENT == "production":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^api/health/"]
    SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    # Browsers' preload lists concern the whole domain, which is the operator's decision.
    SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", default=False)
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
CONTENT_SECURITY_POLICY = {"DIRECTIVES": PAGE_POLICY}
# Only the admin uses cookies; API requests carry a bearer token, so its views are exempt from the CSRF check.
_COOKIES = admin_cookies(is_secure=ENVIRONMENT == "production")
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = _COOKIES.session, _COOKIES.csrf
CSRF_COOKIE_PATH = SESSION_COOKIE_PATH = _COOKIES.path
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = ENVIRONMENT == "production"
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "backend.api.error_handling.csrf_failure"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Of a form, a query and a JSON object.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
LOG_CLIENT_ADDRESSES = env.choice("LOG_CLIENT_ADDRESSES", "full", ("full", "network"))
RECOMMENDATION_EXPLORATION = env.share("RECOMMENDATION_EXPLORATION", "0", most=0.2)
RECOMMENDATION_DIVERSITY = env.shares("RECOMMENDATION_DIVERSITY", most=1.0)
REPORT_SHARED_SECONDS = env.whole("REPORT_SHARED_SECONDS", 2)
SLOW_QUERY_MS = env.whole("SLOW_QUERY_MS", 500, least=0)
LOGGING = logging_configuration(level=env.log_level("LOG_LEVEL", "INFO"), plain=DEBUG)
