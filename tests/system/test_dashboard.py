"""The dashboard in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import open_browser
from tests.system.conftest import Program

SLOW = 20_000  # milliseconds: a loaded machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a browser of its own; nothing may go wrong in it."""
    contexts = []
    faults: list[str] = []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1360, "height": 850}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        return page

    expect.set_options(timeout=SLOW)
    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def dashboard(program: Program, query: str = "") -> str:
    return f"{program.url}/__admin/{query}"


def row(page: Page, section: str, text: str) -> Any:
    return page.locator(f"#{section} > li", has_text=text)


def test_it_stays_true_while_it_is_open(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve("--training-time", "5h")
    page = visit(dashboard(program))
    expect(page.locator("#live")).to_have_text("live")
    expect(page.locator("#first")).to_be_visible()

    replica_id = program.create(callback_url=f"{program.url}/__inbox/a", replica_name="Rio").json()["replica_id"]

    expect(row(page, "replicas", replica_id)).to_contain_text("started")
    expect(row(page, "requests", "/v2/replicas")).to_contain_text("200")
    expect(row(page, "callbacks", replica_id)).to_contain_text("planned")
    expect(page.locator("#first")).to_be_hidden()

    row(page, "replicas", replica_id).get_by_role("button", name="Fail").click()

    expect(row(page, "replicas", replica_id)).to_contain_text("25 frames per second")
    expect(row(page, "callbacks", replica_id).first).to_contain_text(re.compile("delivered.*error", re.DOTALL))
    (message,) = requests.get(f"{program.url}/__inbox/a", timeout=10).json()["messages"]
    assert message["body"]["status"] == "error"

    row(page, "callbacks", "delivered").get_by_role("button", name="Replay").click()

    expect(row(page, "callbacks", "delivered")).to_have_count(2)
    requests.get(f"{program.url}/__inbox/a/wait?count=2&timeout=10", timeout=20).raise_for_status()


@pytest.mark.deep
def test_time_and_reset(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve("--training-time", "5h")
    replica_id = program.create(callback_url=f"{program.url}/__inbox/a").json()["replica_id"]
    page = visit(dashboard(program))

    page.get_by_label("Advance by").fill("6h")
    page.get_by_role("button", name="Advance").click()

    expect(page.get_by_role("status")).to_have_text("Advanced by 6h. One callback fell due.")
    expect(row(page, "replicas", replica_id)).to_contain_text("completed")
    expect(row(page, "replicas", replica_id).get_by_role("button")).to_have_count(0)

    page.get_by_label("Advance by").fill("soon")
    page.get_by_role("button", name="Advance").click()
    expect(page.get_by_role("status")).to_contain_text("expected a duration such as")

    page.get_by_role("button", name="Reset …").click()
    page.get_by_role("button", name="Keep everything").click()
    expect(row(page, "replicas", replica_id)).to_be_visible()
    page.get_by_role("button", name="Reset …").click()
    page.get_by_label("Forget the requests").check()
    page.get_by_role("button", name="Reset", exact=True).click()

    expect(page.get_by_text("No replicas.")).to_be_visible()
    expect(page.get_by_text("No requests.")).to_be_visible()


@pytest.mark.deep
def test_it_can_be_narrowed_to_one_account(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve("--training-time", "5h")
    mine, other = (program.create(key).json()["replica_id"] for key in ("mine", "other"))
    page = visit(dashboard(program))
    expect(page.locator("#replicas > li")).to_have_count(2)
    account = row(page, "replicas", mine).locator(".account").inner_text()

    page.get_by_label("Account", exact=True).select_option(account)

    expect(page).to_have_url(re.compile(re.escape(f"?account={account}")))
    expect(page.locator("#replicas > li")).to_have_count(1)
    expect(page.locator("#replicas")).not_to_contain_text(other)
    page.get_by_role("button", name="Freeze the clock").click()
    expect(page.get_by_role("button", name="Resume the clock")).to_be_visible()
    clock = requests.get(f"{program.url}/__admin/clock?account={account}", timeout=10).json()
    assert clock["frozen"] is True


@pytest.mark.deep
def test_it_works_with_the_keyboard_alone(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve("--training-time", "5h")
    replica_id = program.create(callback_url=f"{program.url}/__inbox/a").json()["replica_id"]
    requests.get(f"{program.url}/v2/replica", timeout=10)
    page = visit(dashboard(program))
    expect(page.locator("#live")).to_have_text("live")

    page.locator("#by").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Complete":
            break
    page.keyboard.press("Enter")

    expect(row(page, "replicas", replica_id)).to_contain_text("completed")
    # The button is gone, and the focus stays where it was.
    assert page.evaluate("document.activeElement.id").endswith(replica_id)

    row(page, "requests", "/v2/replica").first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("X-Mock-Tavus-Explain")).to_be_visible()
    later = program.create().json()["replica_id"]
    expect(page.locator("#requests > li")).to_have_count(3)
    assert page.locator("#replicas .id").all_inner_texts() == [later, replica_id]
    expect(page.get_by_text("X-Mock-Tavus-Explain")).to_be_visible()


@pytest.mark.deep
def test_a_row_that_changes_stays_in_the_hand(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    """A training of 20 s changes its row all the time: a button may still be pressed slowly, an open row stays open."""
    program = serve("--training-time", "20s")
    first = program.create(callback_url=f"{program.url}/__inbox/a").json()["replica_id"]
    second = program.create().json()["replica_id"]
    page = visit(dashboard(program))
    expect(page.locator("#replicas > li")).to_have_count(2)
    assert page.locator("#replicas .id").all_inner_texts() == [second, first]
    row(page, "callbacks", first).locator("summary").click()

    button = row(page, "replicas", first).get_by_role("button", name="Complete")
    shown = row(page, "replicas", first).locator("progress").get_attribute("value")
    button.hover()
    page.mouse.down()
    expect(row(page, "replicas", first).locator("progress")).not_to_have_attribute("value", str(shown))
    page.mouse.up()

    expect(row(page, "replicas", first)).to_contain_text("completed")
    expect(row(page, "callbacks", "cancelled").get_by_text("Attempts")).to_be_visible()


@pytest.mark.deep
def test_the_focus_stays_when_rows_go(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve("--training-time", "5h")
    ids = [program.create().json()["replica_id"] for _ in range(3)]
    page = visit(dashboard(program))
    expect(page.locator("#replicas > li")).to_have_count(3)
    row(page, "replicas", ids[0]).get_by_role("button", name="Complete").focus()

    for gone in (ids[2], ids[0]):
        requests.delete(f"{program.url}/v2/replicas/{gone}", headers={"x-api-key": "test"}, timeout=10)
        expect(row(page, "replicas", gone)).to_have_count(0)
        kept = ids[0] if gone == ids[2] else ids[1]
        assert page.evaluate("document.activeElement.closest('.row').id").endswith(kept)


@pytest.mark.deep
def test_what_is_armed_for_all_is_seen_by_each(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve()
    program.create()
    requests.post(f"{program.url}/__admin/scenarios", json={"outcome": {"status": 503}}, timeout=10)
    (account,) = requests.get(f"{program.url}/__admin/ledger", timeout=10).json()["accounts"]
    page = visit(dashboard(program, f"?account={account['account']}"))

    page.get_by_role("button", name="Disarm").click()

    expect(page.locator("#scenarios > li")).to_have_count(0)
    assert program.create().status_code == 200


@pytest.mark.deep
def test_a_token_opens_it(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve("--admin-token", "s3cret")
    page = visit(dashboard(program))
    page.get_by_label("The token").fill("guess")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not it.")

    page.get_by_label("The token").fill("s3cret")
    page.keyboard.press("Enter")

    expect(page.locator("#live")).to_have_text("live")
    replica_id = program.create().json()["replica_id"]
    row(page, "replicas", replica_id).get_by_role("button", name="Complete").click()
    expect(row(page, "replicas", replica_id)).to_contain_text("completed")


@pytest.mark.deep
def test_it_says_so_when_the_server_has_gone(serve: Callable[..., Program], visit: Callable[..., Page]) -> None:
    program = serve()
    page = visit(dashboard(program))
    expect(page.locator("#live")).to_have_text("live")

    assert program.stop() == 0

    expect(page.locator("#live")).to_contain_text("not live")


def test_a_page_that_was_closed_makes_room(serve: Callable[..., Program]) -> None:
    from mock_tavus.http.dashboard.routes import MAX_VIEWERS
    from tests.support import wait_until

    program = serve()
    pages = [requests.get(f"{program.url}/__admin/live", stream=True, timeout=10) for _ in range(MAX_VIEWERS)]
    assert {page.status_code for page in pages} == {200}
    assert requests.get(f"{program.url}/__admin/live", stream=True, timeout=10).status_code == 503

    for page in pages:
        page.close()

    def has_room() -> bool:
        with requests.get(f"{program.url}/__admin/live", stream=True, timeout=10) as one:
            return one.status_code == 200

    wait_until(has_room, timeout=60)


def test_replicas_are_created_and_scenarios_armed_from_the_page(
    serve: Callable[..., Program], visit: Callable[..., Page]
) -> None:
    program = serve("--training-time", "1s")
    page = visit(dashboard(program))
    form = page.locator("#create")
    form.get_by_label("Name").fill("Rio")
    form.get_by_role("button", name="Create").click()

    expect(page.locator("#replicas > li")).to_contain_text("Rio")
    expect(row(page, "inboxes", "dashboard")).to_contain_text("1 message")

    form.get_by_label("Video").fill("me.mp4")
    form.get_by_role("button", name="Create").click()
    expect(page.locator("#said")).to_have_text("The create was refused: Invalid train_video_url")
    expect(page.locator("#said")).to_have_class(re.compile("failed"))

    page.locator("#arm").get_by_role("button", name="Arm").click()
    expect(page.locator("#scenarios > li")).to_contain_text("503")
    assert program.create().status_code == 503
    expect(row(page, "requests", "503")).to_contain_text("Service Unavailable")


def test_a_page_of_this_machine_may_call_the_api_and_no_other(
    serve: Callable[..., Program], visit: Callable[..., Page]
) -> None:
    program = serve()
    call = """async (url) => {
        const headers = {"x-api-key": "k", "content-type": "application/json"};
        const body = JSON.stringify({train_video_url: "https://a.example/me.mp4"});
        try {
            const response = await fetch(url + "/v2/replicas", {method: "POST", headers, body});
            return [response.status, (await response.json()).status ?? "refused"];
        } catch (error) { return ["failed", error.name]; }
    }"""
    admin = "async (url) => { try { await fetch(url); return 'read' } catch (error) { return error.name } }"
    with http_page() as other:
        page = visit(other)

        assert page.evaluate(call, program.url) == [200, "started"]
        assert page.evaluate(admin, f"{program.url}/__admin/health") == "TypeError"
        program = serve("--cors", "none")
        assert page.evaluate(call, program.url) == ["failed", "TypeError"]
        program = serve("--cors", "https://app.example")
        assert page.evaluate(call, program.url) == [200, "started"]


@contextmanager
def http_page() -> Iterator[str]:
    """Serve an empty page on a port of its own: another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>another origin</title>")

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
