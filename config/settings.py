"""Django's settings, all from `config.environment`. One file; no local overrides."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config import environment, logs

try:
    ENV = environment.read(os.environ)
except environment.EnvironmentProblem as problem:
    sys.exit(str(problem))

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = sorted({ENV.host, "127.0.0.1", "localhost"})
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "daphne",
    # Before what its templates replace: the admin's frame, allauth's pages and mails.
    "dashboards",
    "config.staff.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "django_tasks",
    "django_tasks_db",
    "ticketing",
    "realtime",
    "bouncer_client",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.headers.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

DATABASES = {"default": environment.database_of(ENV.database_url)}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # No read time-out: redis-py 8 would otherwise drop the idle subscription every 5 s (facts/security.md 0.4).
        "CONFIG": {"hosts": [{"address": ENV.redis_url, "socket_timeout": None}], "prefix": "ngn"},
    }
    if ENV.redis_url
    else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
}

# Attempts are counted and used codes remembered here: one count for all processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_PREFIX": "ngn-cache",
    }
    if ENV.redis_url
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTH_USER_MODEL = "ticketing.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboards:home"
LOGOUT_REDIRECT_URL = "dashboards:home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Signing in: by a code that is mailed, or by a password where there is one. Nobody signs up: proving an address by its
# code is all that an account takes.
ACCOUNT_ADAPTER = "dashboards.sign_in.Accounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = [
    "email*",
    "password1*",
]  # there is no such page; the password form is read from this too
ACCOUNT_EMAIL_VERIFICATION = (
    "none"  # addresses are proved by signing in; passwords are set by NGN's own people alone
)
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_SESSION_REMEMBER = True
# A code has 8 digits and 5 attempts: at 10 codes an hour, guessing one takes a day a chance of 1 in 80,000.
# Per address of the network it is generous: the whole queue at a door may share the venue's.
ACCOUNT_RATE_LIMITS = {"request_login_code": "60/m/ip,3/m/key,10/h/key"}
MFA_ADAPTER = "dashboards.sign_in.SecondFactor"
MFA_TOTP_ISSUER = "NGN Ticketing"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off

EMAIL_BACKEND = ENV.outgoing_mail.backend
EMAIL_HOST, EMAIL_PORT = ENV.outgoing_mail.host, ENV.outgoing_mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENV.outgoing_mail.user, ENV.outgoing_mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = ENV.outgoing_mail.starttls, ENV.outgoing_mail.tls
EMAIL_FILE_PATH = ENV.outgoing_mail.folder or None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.sender

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
FRONT_END_DIST = BASE_DIR / "dist"
STATICFILES_DIRS = [("app", FRONT_END_DIST)] if FRONT_END_DIST.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = ENV.debug
# Vite already hashes every file's name under /static/app/assets/.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.secure
SESSION_COOKIE_NAME = "__Host-session" if ENV.secure else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if ENV.secure else "csrf"
CSRF_TRUSTED_ORIGINS = ENV.origins
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.secure else None
SECURE_SSL_REDIRECT = False  # the proxy redirects; the health checks inside speak plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if ENV.secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.secure
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144

LOGGING = logs.configuration(ENV.log_level, ENV.log_format)
