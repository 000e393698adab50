"""Refusals, in the shape of Stripe's error bodies."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


class ApiError(Exception):
    """A refusal that travels to the caller as `{"error": {...}}` with an HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.extra = extra or {}

    def body(self, *, request_id: str) -> dict[str, Any]:
        error: dict[str, Any] = {"type": self.kind, "message": self.message, **self.extra}
        if self.code:
            error |= {"code": self.code, "doc_url": DOCS + self.code.replace("_", "-")}
        if self.param:
            error["param"] = self.param
        error["request_log_url"] = f"/dashboard#{request_id}"
        return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(message, code=code, param=param)


def unsupported(param: str, *, why: str = "") -> ApiError:
    """Stripe would take it; this stand-in does not act it out, and says so rather than ignoring it."""
    reason = f": {why}" if why else ""
    return ApiError(
        f"Simulator: Stripe knows {param!r}, but this stand-in does not simulate it{reason}.",
        code="simulator_unsupported",
        param=param,
    )


def no_such(kind: str, identity: str, *, param: str = "id") -> ApiError:
    return ApiError(f"No such {kind}: '{identity}'", status=404, code="resource_missing", param=param)


def no_key() -> ApiError:
    return ApiError(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using "
        "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        status=401,
    )


def wrong_key(key: str) -> ApiError:
    shown = f"{key[:8]}{'*' * 12}{key[-4:]}" if len(key) > 16 else "****"
    return ApiError(f"Invalid API Key provided: {shown}", status=401)


def no_access(account: str) -> ApiError:
    return ApiError(
        f"The provided key does not have access to account '{account}' (or that account does not exist). "
        "Application access may have been revoked.",
        status=403,
        code="account_invalid",
    )
