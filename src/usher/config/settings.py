"""Django settings. Those for operators are in docs/settings.md."""

import os
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from django.utils.functional import SimpleLazyObject

from usher.platform import home

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# Read (or created) when Django first signs something, so that `usher COMMAND --help` creates no key.
SECRET_KEY = cast(str, SimpleLazyObject(home.secret_key))
USHER_ASANA_URL = os.environ.get("USHER_ASANA_URL", "https://app.asana.com").rstrip("/")
USHER_BASE_URL = os.environ.get("USHER_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
USHER_ASANA_CLIENT_ID = os.environ.get("USHER_ASANA_CLIENT_ID", "")
USHER_ASANA_CLIENT_SECRET = os.environ.get("USHER_ASANA_CLIENT_SECRET", "")

# Raw events older than this are deleted, month by month; without it, never. Asana deletes them after 90 days.
_keep_days = os.environ.get("USHER_KEEP_EVENTS_DAYS", "")
USHER_KEEP_EVENTS_DAYS = max(100, int(_keep_days)) if _keep_days.isdigit() else None

_https = USHER_BASE_URL.startswith("https://")
_host = urlsplit(USHER_BASE_URL).hostname or "localhost"

# Only `usher dev` sets this: pages show errors in full, and changed templates and style sheets at once.
DEBUG = os.environ.get("USHER_DEV") == "1"
ALLOWED_HOSTS = [_host, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [USHER_BASE_URL]
if _https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_SAMESITE = "Lax"  # the redirect from Asana's consent page needs the session cookie
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "procrastinate.contrib.django",
    "usher.ledger",
    "usher.access",
    "usher.connections",
    "usher.roster",
    "usher.activity",
    "usher.activity.console",
    "usher.directory",
    "usher.removal",
    "usher.insights",
    "usher.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "usher.directory.scim.middleware.ScimFirst",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "usher.access.guard.DeclaredChanges",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "usher.access.timezones.ViewersTimeZone",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "usher.config.urls"
WSGI_APPLICATION = "usher.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "usher.web.layout.navigation",
            ],
            "builtins": [
                "usher.web.templatetags.components",
                "usher.web.templatetags.fields",
                "usher.web.templatetags.charts",
                "usher.access.templatetags.access",
            ],
        },
    }
]

if DEBUG:  # otherwise Django caches templates
    TEMPLATES[0]["APP_DIRS"] = False
    TEMPLATES[0]["OPTIONS"]["loaders"] = ["django.template.loaders.app_directories.Loader"]

# `usher` starts the embedded server and sets its address before this is read (cli/runtime.py). The default serves
# commands without a database (type checks, collectstatic).
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql:///usher")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What a sync brings up to date, in this order: matching needs people, and usage needs workspaces.
USHER_SYNC_STAGES = [
    "usher.roster.walk.walk_roster",
    "usher.activity.sync_stage.walk_activity",
    "usher.directory.sync_stage.match_people",
]
# What runs before a connection and its data are deleted, in the same transaction.
USHER_BEFORE_CONNECTION_DELETED = [
    "usher.removal.cases.connection_deleted.end_cases",
    "usher.activity.ingest.retention.forget_events",
]

# (connection, gid) of Person is unique, but the check does not recognise a constraint made of expressions.
SILENCED_SYSTEM_CHECKS = ["fields.E310"]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "access:sign_in"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "access:sign_in"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "access/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'", USHER_ASANA_URL],
    }
}

# Without a host, Usher sends no e-mail.
EMAIL_HOST = os.environ.get("USHER_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("USHER_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("USHER_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("USHER_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("USHER_SMTP_TLS", "starttls") == "starttls"
EMAIL_USE_SSL = os.environ.get("USHER_SMTP_TLS", "") == "ssl"
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = os.environ.get("USHER_MAIL_FROM", f"usher@{_host}")

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

DJANGO_TABLES2_TEMPLATE = "web/table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "usher": {"level": "INFO"},
        # httpx logs every request at INFO. URLs contain no secrets, but the lines are noise.
        "httpx": {"level": "WARNING"},
        # Clients see refusals (4xx) themselves, and identity providers cause many.
        "django.request": {"level": "ERROR"},
    },
}
