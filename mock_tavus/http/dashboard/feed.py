"""What the dashboard shows, row by row, and what has changed since it was last told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from mock_tavus.admin.views import body_view, delivery_view, message_view, replica_view, request_view, scenario_view
from mock_tavus.clock import format_moment
from mock_tavus.emulator import Emulator
from mock_tavus.engine.journal import RequestPattern
from mock_tavus.families.lifecycle import has_ended, progress_at, status_at
from mock_tavus.families.replicas.create import FAMILY
from mock_tavus.messages import Delivery, Exchange, JsonObject, Replica
from mock_tavus.store.inboxes import Message

MAX_ROWS = 50
"""So many of the latest replicas, callbacks and requests are shown."""

MAX_SHOWN = 1000
"""So many characters of a body, a URL or an answer are shown, so that no page is longer than a megabyte."""

MAX_CHOICES = 200
"""So many accounts, those that were used last, are there to choose from."""

Rows = dict[str, str]
"""From a row's key to its HTML, in the order in which they are shown."""

Render = Callable[[str, Mapping[str, Any]], str]
"""Makes the HTML of a section's row."""


class DashboardFeed:
    """Follow what happens to one account, or to all.

    Args:
        emulator: What is shown.
        render: Makes a row's HTML; it escapes what it is given.
        account_id: Whose world is shown; None for all.
    """

    def __init__(self, emulator: Emulator, render: Render, account_id: str | None = None) -> None:
        self._emulator = emulator
        self._render = render
        self._account_id = account_id
        self._rendered: dict[str, tuple[object, str]] = {}
        self._next_rendered: dict[str, tuple[object, str]] = {}
        self._told: dict[str, Rows] = {}

    def rows(self) -> dict[str, Rows]:
        """Return every row of every section."""
        rows = {
            "summary": self._summary(),
            "accounts": self._account_choices(),
            "replicas": self._replicas(),
            "callbacks": self._callbacks(),
            "requests": self._latest_requests(),
            "scenarios": self._scenarios(),
            "inboxes": self._inboxes(),
        }
        self._rendered, self._next_rendered = self._next_rendered, {}
        return rows

    def changes(self) -> Iterator[JsonObject]:
        """Return each section that has changed since the last call: its keys in order, and the rows that are new."""
        for section, rows in self.rows().items():
            told = self._told.get(section)
            if rows != told or list(rows) != list(told):
                new = {key: html for key, html in rows.items() if told is None or told.get(key) != html}
                yield {"section": section, "order": list(rows), "rows": new}
            self._told[section] = dict(rows)

    def _html(self, section: str, row: JsonObject) -> str:
        return self._render(section, {**row, "all": self._account_id is None})

    def _summary(self) -> Rows:
        emulator = self._emulator
        chosen = None if self._account_id is None else emulator.accounts.get(self._account_id)
        now = emulator.clock.now() if chosen is None else chosen.now()
        facts: dict[str, JsonObject] = {"clock": {"now": format_moment(now), "is_real": chosen is None}}
        if chosen is not None:
            facts["frozen"] = {"frozen": chosen.clock.frozen_at is not None}
        creations = emulator.stores.accounts.creations(FAMILY)
        trainings = sum(creations.values()) if self._account_id is None else creations.get(self._account_id, 0)
        facts["trainings"] = {"trainings": trainings}
        return {f"summary-{key}": self._html("summary", {"key": key, **fact}) for key, fact in facts.items()}

    def _account_choices(self) -> Rows:
        known = {account.account_id for account in self._emulator.accounts.latest(MAX_CHOICES)}
        chosen = self._account_id or ""
        return {
            key: self._cached(key, None, "accounts", partial(dict, account=account_id, chosen=account_id == chosen))
            for account_id in ["", *sorted(known | ({chosen} if chosen else set()))]
            for key in [f"account-{account_id}"]
        }

    def _replicas(self) -> Rows:
        rows: Rows = {}
        for replica in self._emulator.stores.resources.latest(MAX_ROWS, self._account_id):
            now = self._emulator.deliveries.account_now(replica.account_id)
            state = (status_at(replica.plan, now), progress_at(replica.plan, now), _remaining(replica, now))
            key = f"{replica.account_id}-{replica.replica_id}"
            rows[key] = self._cached(key, (replica, state), "replicas", partial(_replica_row, replica, now))
        return rows

    def _callbacks(self) -> Rows:
        latest = self._emulator.stores.deliveries.latest(MAX_ROWS, self._account_id)
        keyed = {f"cb-{delivery.serial}": delivery for delivery in latest}
        return {
            key: self._cached(key, delivery, "callbacks", partial(_callback_row, key, delivery))
            for key, delivery in keyed.items()
        }

    def _latest_requests(self) -> Rows:
        latest = self._emulator.journal.latest(RequestPattern(account_id=self._account_id), MAX_ROWS)
        return {
            entry.exchange_id: self._cached(entry.exchange_id, entry, "requests", partial(self._request_row, entry))
            for entry in latest
        }

    def _request_row(self, entry: Exchange) -> JsonObject:
        masked = self._emulator.journal.mask(entry)
        row = {**request_view(masked, self._emulator), "said": _said(masked)}
        for name in ("body", "path", "query"):
            row[name] = _short(row[name])
        row["headers"] = _short_headers(row["headers"])
        answer = row["response"]
        row["response"] = {**answer, "headers": _short_headers(answer["headers"]), "body": _short(answer["body"])}
        return row

    def _scenarios(self) -> Rows:
        fitting = [
            scenario
            for scenario in self._emulator.scenarios.armed()
            if self._account_id is None or scenario.account_id in (None, self._account_id)
        ]
        return {
            scenario.scenario_id: self._html("scenarios", scenario_view(scenario)) for scenario in fitting[:MAX_ROWS]
        }

    def _inboxes(self) -> Rows:
        """Return a row for each inbox that has taken something; inboxes are shared by all accounts."""
        inboxes = self._emulator.stores.inboxes
        rows: Rows = {}
        for name, count in islice(inboxes.names().items(), MAX_ROWS):
            latest = inboxes.messages(name)[-1:]
            key = f"inbox-{name}"
            rows[key] = self._cached(
                key, (count, latest), "inboxes", partial(self._inbox_row, key, name, count, latest)
            )
        return rows

    def _inbox_row(self, key: str, name: str, count: int, latest: Sequence[Message]) -> JsonObject:
        views = [message_view(message, self._emulator.masker) for message in latest]
        return {
            "key": key,
            "name": name,
            "count": count,
            "latest": [{**one, "body": _short(one["body"])} for one in views],
        }

    def _cached(self, key: str, source: object, section: str, row: Callable[[], JsonObject]) -> str:
        """Return the HTML of a row, made anew only if its source is another one than before."""
        kept = self._rendered.get(key)
        html = kept[1] if kept is not None and kept[0] == source else self._html(section, row())
        self._next_rendered[key] = (source, html)
        return html


def _replica_row(replica: Replica, now: float) -> JsonObject:
    ended = has_ended(replica.plan, now)
    view = replica_view(replica, now)
    view["replica_name"] = _short(view["replica_name"])
    return {**view, "ended": ended, "remaining": _remaining(replica, now)}


def _callback_row(key: str, delivery: Delivery) -> JsonObject:
    row = {**delivery_view(delivery), "key": key, "ended": delivery.state.is_final}
    row["url"], row["body"] = _short(row["url"]), _short(row["body"])
    row["attempts"] = [{**one, "response_body": _short(one["response_body"])} for one in row["attempts"][-5:]]
    return row


def _short(body: Any) -> Any:
    """Return a body as it is, or the beginning of its text if it is long: fifty of them make a page."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return body if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text)} characters; all of it is in /__admin)"


def _short_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the first headers, as many as are short together."""
    shown: dict[str, str] = {}
    for name, value in headers.items():
        if sum(map(len, shown.values())) > MAX_SHOWN:
            return {**shown, "…": f"{len(headers) - len(shown)} more"}
        shown[name] = _short(value)
    return shown


def _said(entry: Exchange) -> str:
    """Return what a refusal says."""
    body = body_view(entry.response.body) if entry.response.status >= 400 else None
    return str(body.get("error") or body.get("message") or "") if isinstance(body, dict) else ""


def _remaining(replica: Replica, now: float) -> str:
    """Return how long a training will go on, in words that change no more often than they must."""
    seconds = replica.plan.ends_at - now
    if seconds <= 0:
        return ""
    if seconds == math.inf:
        return "stuck for ever"
    minutes = int(seconds // 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min left"
    return f"{minutes} min left" if minutes else f"{math.ceil(seconds)} s left"
