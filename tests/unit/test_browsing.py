import pytest

from config.browsing import Browser, UnreachableError, read_page
from tests.servers import free_port

URL = "http://127.0.0.1:8000/e/the-show/"


def test_links_are_absolute_wherever_the_page_was_found() -> None:
    page = read_page(URL, 200, '<a href="/">home</a> <a href="buy/">buy</a> <a>nowhere</a>')

    assert page.links == ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/e/the-show/buy/")


def test_a_form_holds_what_a_browser_would_send() -> None:
    page = read_page(
        URL,
        200,
        """
        <form data-buy method="post" action="/e/the-show/buy/">
          <input type="hidden" name="csrfmiddlewaretoken" value="token">
          <input type="email" name="email" value="">
          <input type="number" name="quantity_1" value="1" min="0" max="6">
          <input type="checkbox" name="news" value="yes">
          <input type="text" name="gone" value="x" disabled>
          <button type="submit">Buy</button>
        </form>
        """,
    )
    (form,) = page.forms

    assert form.action == "http://127.0.0.1:8000/e/the-show/buy/"
    assert form.marks == {"data-buy"}
    assert form.filled({"email": "a@example.org"}) == {
        "csrfmiddlewaretoken": "token",
        "email": "a@example.org",
        "quantity_1": "1",
    }
    assert form.limits == {"quantity_1": 6}


def test_choices_are_known_with_the_one_that_stands() -> None:
    page = read_page(
        URL,
        200,
        """
        <form action=""><input type="radio" name="outcome" value="pay" checked>
        <input type="radio" name="outcome" value="decline">
        <select name="size"><option value="s"><option value="m" selected></select>
        <button name="go" value="now">Go</button></form>
        """,
    )
    (form,) = page.forms

    assert form.action == URL
    assert form.choices == {"outcome": ["pay", "decline"], "size": ["s", "m"], "go": ["now"]}
    assert form.values == {"outcome": "pay", "size": "m"}


def test_a_server_that_does_not_answer_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        Browser().open(f"http://127.0.0.1:{free_port()}/")


def test_a_file_is_no_page() -> None:
    with pytest.raises(ValueError, match="not a page"):
        Browser().open("file:///etc/passwd")


def test_a_pages_json_is_read_by_its_id_and_half_of_it_is_nothing() -> None:
    page = read_page(
        URL,
        200,
        """
        <script id="event-data" type="application/json">{"offers": [{"left": 3}]}</script>
        <script>let x = "not ours";</script>
        <script id="cut" type="application/json">{"half":""",
    )

    assert page.data == {"event-data": {"offers": [{"left": 3}]}}
