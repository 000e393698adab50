"""A container's health check, without a shell or curl in the image: exits 0 when the URL answers 200."""

import http.client
import sys
from http import HTTPStatus
from urllib.parse import urlsplit


def main() -> None:
    sys.exit(not answers(sys.argv[1]))


def answers(url: str, *, seconds: float = 2.0) -> bool:
    """Whether an http:// URL answers 200 within the time."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
