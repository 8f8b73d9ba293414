"""The dashboard: a page of what the control plane tells, which stays true while it is open."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request

from mock_tavus.admin.samples import create_command
from mock_tavus.emulator import Emulator
from mock_tavus.http.dashboard.feed import MAX_ROWS, DashboardFeed, Render
from mock_tavus.http.guard import Guard, refused
from mock_tavus.training_errors import TRAINING_ERRORS
from mock_tavus.version import __version__

MAX_VIEWERS = 16
"""So many pages may be open at once: each holds a thread of the server."""

TICK = 0.25
"""How often an open page is looked after, in seconds."""

_HEARTBEAT_TICKS = 20
"""After so many in which nothing changed, something is said all the same: so a page that was closed is noticed."""

OUTCOMES = {
    "503, with Retry-After": {"status": 503, "retry_after": 30},
    "401": {"status": 401},
    "402, out of trainings": {"status": 402},
    "a training that fails": {"training_error": "video_fps"},
    "a training that is stuck": {"training_time": "stuck"},
    "a truncated answer": {"fault": "truncated"},
    "an HTML page": {"fault": "html"},
    "an answer after 5 s": {"delay": "5s"},
    "the callback twice": {"callback": "twice"},
    "no callback": {"callback": "never"},
}
"""What can be armed from the page; the control plane knows more."""

_ACCOUNT_ID = re.compile(r"acct_[0-9a-f]{24}")

_PROTECTED = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def dashboard_blueprint(emulator: Emulator) -> Blueprint:
    """Return the routes of the dashboard, below `/__admin/`.

    Args:
        emulator: What is shown.
    """
    guard = Guard(emulator.config)
    viewers = threading.BoundedSemaphore(MAX_VIEWERS)
    blueprint = Blueprint(
        "dashboard",
        __name__,
        url_prefix="/__admin",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    blueprint.add_url_rule("", "bare", lambda: redirect(_page_url()))
    blueprint.add_url_rule("/", "page", partial(_show_page, emulator, guard))
    blueprint.add_url_rule("/login", "login", partial(_log_in, guard), methods=["POST"])
    blueprint.add_url_rule("/live", "live", partial(_follow, emulator, guard, viewers))
    blueprint.after_request(_protect)
    blueprint.add_app_template_filter(_pretty, "pretty")
    return blueprint


def _show_page(emulator: Emulator, guard: Guard) -> Response:
    refusal = guard.cross_origin_refusal()
    if refusal is not None:
        return refusal
    if not guard.has_token():
        return Response(render_template("login.html", wrong=False, account=request.args.get("account", "")), 401)
    chosen = request.args.get("account") or None
    if chosen is not None and not _ACCOUNT_ID.fullmatch(chosen):
        return redirect("/__admin/")  # type: ignore[return-value]
    url = request.host_url.rstrip("/")
    return Response(
        render_template(
            "dashboard.html",
            rows=DashboardFeed(emulator, _renderer(current_app), chosen).rows(),
            chosen=chosen,
            causes=list(TRAINING_ERRORS),
            outcomes=OUTCOMES,
            max_rows=MAX_ROWS,
            version=__version__,
            first_request=create_command(emulator, url, callback_url=f"{url}/__inbox/first"),
        )
    )


def _log_in(guard: Guard) -> Response:
    refusal = guard.cross_origin_refusal()
    if refusal is not None:
        return refusal
    account = request.form.get("account", "")
    welcome = Response(status=303, headers={"Location": _page_url(account)})
    if guard.log_in(welcome, request.form.get("token", "")):
        return welcome
    return Response(render_template("login.html", wrong=True, account=account), 401)


def _follow(emulator: Emulator, guard: Guard, viewers: threading.BoundedSemaphore) -> Response:
    refusal = guard.refusal() or guard.foreign_reader()
    if refusal is not None:
        return refusal
    if not viewers.acquire(blocking=False):
        return refused(503, f"{MAX_VIEWERS} pages are open already; close one")
    feed = DashboardFeed(emulator, _renderer(current_app), request.args.get("account") or None)
    response = Response(_events(emulator, feed), content_type="text/event-stream")
    response.call_on_close(viewers.release)
    return response


def _events(emulator: Emulator, feed: DashboardFeed) -> Iterator[str]:
    """Tell each change as it happens, until the page is closed or the emulator stops."""
    quiet_ticks = 0
    while not emulator.stopped.wait(TICK if quiet_ticks else 0):
        changes = "".join(f"data: {json.dumps(change)}\n\n" for change in feed.changes())
        if changes:
            yield changes
        elif quiet_ticks % _HEARTBEAT_TICKS == 0:
            yield ": nothing new\n\n"
        quiet_ticks = 1 if changes else quiet_ticks + 1


def _renderer(app: Flask) -> Render:
    """Return what makes a row's HTML, outside a request too."""
    template = app.jinja_env.get_template("rows.html")

    def render(section: str, row: Mapping[str, Any]) -> str:
        return str(getattr(template.module, section)(row)).strip()

    return render


def _page_url(account: str | None = None) -> str:
    chosen = request.args.get("account", "") if account is None else account
    return f"/__admin/?account={chosen}" if _ACCOUNT_ID.fullmatch(chosen) else "/__admin/"


def _pretty(value: Any) -> str:
    """Return a value as JSON, as it was sent: Jinja's own filter sorts keys, and escapes for scripts."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _protect(response: Response) -> Response:
    for name, value in _PROTECTED.items():
        if name != "Cache-Control" or not request.path.startswith("/__admin/static/"):
            response.headers[name] = value
    return response
