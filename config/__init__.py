"""How the parts are put together: settings, ASGI, URLs, set-up and launcher."""
