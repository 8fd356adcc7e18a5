"""Django settings. Those for operators are in docs/settings.md."""

import os
from pathlib import Path
from typing import Any, cast

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from usher.config import logs
from usher.config.environment import InvalidEnvironment, read_environment
from usher.platform import home
from usher.platform.database import database_settings

django_stubs_ext.monkeypatch()

try:
    _given = read_environment(os.environ)
except InvalidEnvironment as error:  # commands of `usher` say it before (cli/runtime.py)
    raise ImproperlyConfigured("\n".join(error.problems)) from None

BASE_DIR = Path(__file__).resolve().parent.parent

# Read (or created) when Django first signs something, so that `usher COMMAND --help` creates no key.
SECRET_KEY = cast(str, SimpleLazyObject(home.secret_key))
USHER_ASANA_URL = _given.asana_url
USHER_BASE_URL = _given.base_url
USHER_ASANA_CLIENT_ID = _given.asana_client_id
USHER_ASANA_CLIENT_SECRET = _given.asana_client_secret

# Raw events older than this are deleted, month by month; without it, never. Asana deletes them after 90 days.
USHER_KEEP_EVENTS_DAYS = _given.keep_events_days

# What becomes of the JSON of audit log events when their month is over: keep, compress or drop (decision 0027).
USHER_EVENT_RECORDS = _given.event_records

# Proxies that say truly for whom they ask, in X-Forwarded-For: addresses or networks, separated by commas.
USHER_TRUSTED_PROXIES = _given.trusted_proxies
USHER_METRICS_TOKEN = _given.metrics_token
USHER_API_REQUESTS_PER_MINUTE = _given.api_requests_per_minute

# Who signed in, was refused, exported or looked at somebody's tasks is kept this long.
USHER_KEEP_TRAIL_DAYS = _given.keep_trail_days

_https = USHER_BASE_URL.startswith("https://")
_host = _given.base_host

# Only `usher dev` sets this: pages show errors in full, and changed templates and style sheets at once.
DEBUG = os.environ.get("USHER_DEV") == "1"
ALLOWED_HOSTS = [_host, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [USHER_BASE_URL]
if _https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    # Browsers take a cookie of such a name only from this very host, and only over TLS.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7  # at most; access.sessions ends them as the security policy says
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
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "procrastinate.contrib.django",
    "usher.ledger",
    "usher.rest",
    "usher.access",  # before allauth, whose templates it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "usher.connections",
    "usher.roster",
    "usher.activity",
    "usher.activity.console",
    "usher.directory",
    "usher.notify",
    "usher.removal",
    "usher.streams",
    "usher.contracts",
    "usher.insights",
    "usher.policy",
    "usher.web",
]

MIDDLEWARE = [
    "usher.web.tracking.RequestsAreTracked",
    "usher.web.visitor.VisitorsAddress",
    "usher.web.caching.NothingIsStored",
    "usher.web.replica.RemembersWhatWasWritten",
    "django.middleware.security.SecurityMiddleware",
    "usher.directory.scim.middleware.ScimFirst",
    "csp.middleware.CSPMiddleware",
    "usher.web.refused.readable.ReadableAddresses",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "usher.web.direction.OverridesAreShown",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "usher.access.sessions.middleware.SessionLimits",
    "usher.access.scope.middleware.ViewersScope",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "usher.access.mfa.middleware.SecondFactorFirst",
    "usher.access.guard.DeclaredChanges",
    "usher.web.refused.readable.ReadableForms",
    "usher.access.trail.middleware.RefusalsAndExports",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "usher.access.timezones.ViewersTimeZone",
    "allauth.account.middleware.AccountMiddleware",
    "usher.access.throttle.middleware.Throttle",
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
DATABASE_URL = _given.database_url or "postgresql:///usher"
# Where DATABASE_URL leads to a pooler: `usher web` goes through it, everything else does not (decision 0025).
DATABASE_DIRECT_URL = _given.database_direct_url
# A standby that pages and exports read from, in `usher web` alone, while it lags no longer than this (decision 0026).
DATABASE_REPLICA_URL = _given.database_replica_url
USHER_REPLICA_LAG_SECONDS = _given.replica_lag_seconds
DATABASES = {"default": database_settings(DATABASE_DIRECT_URL or DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What a sync brings up to date, in this order: matching needs people, and usage needs events. People and events are
# read at the same time, with two tokens.
USHER_SYNC_STAGES = [
    ["usher.roster.walk.walk_roster", "usher.activity.sync_stage.read_events"],
    ["usher.activity.sync_stage.compute_usage"],
    ["usher.directory.sync_stage.match_people"],
    ["usher.removal.sync_stage.look_for_pauses"],
    ["usher.streams.sync_stage.send_on"],
]
# Who rewrites encrypted secrets that lie in no EncryptedTextField, when keys are rotated.
USHER_REWRITE_SECRETS = ["usher.access.mfa.secrets.rewrite_secrets"]
# Who handles buttons in Slack, by how their action begins.
USHER_SLACK_BUTTONS = {"seat-": "usher.policy.asking.buttons.answer_by_button"}
# What runs before a connection and its data are deleted, in the same transaction.
USHER_BEFORE_CONNECTION_DELETED = [
    "usher.removal.cases.connection_deleted.end_cases",
    "usher.activity.ingest.retention.forget_events",
]

# (connection, gid) of Person is unique, but the check does not recognise a constraint made of expressions.
SILENCED_SYSTEM_CHECKS = ["fields.E310"]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # jobs import most of Usher: only `usher worker` imports them all
HAVE_JOBS = (
    "access activity connections contracts directory ledger notify policy policy.watches removal rest streams"
)
PROCRASTINATE_IMPORT_PATHS = [f"usher.{each}.jobs" for each in HAVE_JOBS.split()]

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "usher.access.throttle.backend.SlowsGuessing",
    "django.contrib.auth.backends.ModelBackend",
]
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
    {"NAME": "usher.access.passwords.NotGuessable"},
]
LOGIN_URL = "access:sign_in"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "access:sign_in"

# django-allauth signs people in, on Usher's own pages. The user name is the e-mail.
ACCOUNT_ADAPTER = "usher.access.signing_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "usher.access.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_PRESERVE_USERNAME_CASING = False
# An admin gives the address, or a provider of single sign-on vouches for it.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True  # as long as SESSION_COOKIE_AGE; no box to tick
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}  # access.throttle counts, over all processes
SOCIALACCOUNT_ADAPTER = "usher.access.sso.adapter.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10  # seconds that a provider may take for an answer
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"

MFA_ADAPTER = "usher.access.mfa.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "usher.access.mfa.forms.SecondStepForm",
    "authenticate_webauthn": "usher.access.mfa.passkey_forms.SecondStepPasskeyForm",
    "login_webauthn": "usher.access.mfa.passkey_forms.PasskeySignInForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # the clock of a phone may be wrong by half a minute
MFA_RECOVERY_CODE_DIGITS = 10
MFA_REAUTHENTICATION_REQUIRED = False  # usher.access.proof asks
MFA_RATE_LIMITS = {"code": "5/300s/key,50/d/key", "webauthn_login": "30/m/ip"}

# In the database, for all processes: used codes, and how often somebody tried.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "usher_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

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
EMAIL_HOST = _given.smtp_host
EMAIL_PORT = _given.smtp_port
EMAIL_HOST_USER = _given.smtp_user
EMAIL_HOST_PASSWORD = _given.smtp_password
EMAIL_USE_TLS = _given.smtp_tls == "starttls"
EMAIL_USE_SSL = _given.smtp_tls == "ssl"
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = _given.mail_from
# Slack, and networks that are not public but may be sent to.
USHER_SLACK_URL = _given.slack_url
USHER_WEBHOOK_NETWORKS = _given.webhook_networks
# Where event streams of the kind “files in a folder” have their folders.
USHER_STREAMS_FOLDER = _given.streams_folder or None
USHER_LEDGER_HEADS_TO = _given.ledger_heads_to

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

# Plain lines or JSON; e-mail and IP addresses are written, or masked.
LOGGING = logs.logging_settings(_given.log_format, addresses=_given.log_addresses == "yes")
