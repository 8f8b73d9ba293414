"""What the dashboard shows, row by row, and what has changed since it was last told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mock_tavus.clock import format_moment
from mock_tavus.control.views import body_view, delivery_view, replica_view, request_view, scenario_view
from mock_tavus.emulator import Emulator
from mock_tavus.journal import Criteria
from mock_tavus.models import JournalEntry, Json, Replica
from mock_tavus.store import Account
from mock_tavus.training import has_ended

MAX_ROWS = 50
"""So many of the latest replicas, callbacks and requests are shown."""

Rows = dict[str, str]
"""From a row's key to its HTML, in the order in which they are shown."""

Render = Callable[[str, Mapping[str, Any]], str]
"""Makes the HTML of a section's row."""


class Board:
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
        self._rendered_requests: Rows = {}
        self._told: dict[str, Rows] = {}

    def rows(self) -> dict[str, Rows]:
        """Return every row of every section."""
        return {
            "summary": self._summary(),
            "accounts": self._account_choices(),
            "replicas": self._replicas(),
            "callbacks": self._callbacks(),
            "requests": self._latest_requests(),
            "scenarios": self._scenarios(),
        }

    def changes(self) -> Iterator[Json]:
        """Return each section that has changed since the last call: its keys in order, and the rows that are new."""
        for section, rows in self.rows().items():
            told = self._told.get(section)
            if rows != told or list(rows) != list(told):
                new = {key: html for key, html in rows.items() if told is None or told.get(key) != html}
                yield {"section": section, "order": list(rows), "rows": new}
            self._told[section] = dict(rows)

    def _html(self, section: str, row: Json) -> str:
        return self._render(section, {**row, "all": self._account_id is None})

    def _accounts(self) -> Sequence[Account]:
        """Return the accounts that are shown."""
        accounts = self._emulator.accounts
        if self._account_id is None:
            return accounts.all()
        return [account for account in [accounts.get(self._account_id)] if account is not None]

    def _summary(self) -> Rows:
        emulator = self._emulator
        chosen = None if self._account_id is None else emulator.accounts.get(self._account_id)
        counts = emulator.store.training_counts()
        now = emulator.clock.now() if chosen is None else chosen.now()
        facts: dict[str, Json] = {"clock": {"now": format_moment(now)}}
        if chosen is not None:
            facts["frozen"] = {"frozen": chosen.clock.is_frozen}
        trainings = sum(counts.values()) if self._account_id is None else counts.get(self._account_id, 0)
        facts["trainings"] = {"trainings": trainings}
        return {f"summary-{key}": self._html("summary", {"key": key, **fact}) for key, fact in facts.items()}

    def _account_choices(self) -> Rows:
        known = [account.account_id for account in self._emulator.accounts.all()]
        if self._account_id is not None and self._account_id not in known:
            known.append(self._account_id)
        rows = {"account-all": self._html("accounts", {"account": "", "chosen": self._account_id is None})}
        for account_id in sorted(known)[:1000]:
            row = {"account": account_id, "chosen": account_id == self._account_id}
            rows[f"account-{account_id}"] = self._html("accounts", row)
        return rows

    def _replicas(self) -> Rows:
        found = [(replica, account.now()) for account in self._accounts() for replica in account.replicas()[:MAX_ROWS]]
        found.sort(key=lambda pair: pair[0].plan.begins_at, reverse=True)
        return {
            f"{replica.account_id}-{replica.replica_id}": self._html(
                "replicas",
                {
                    **replica_view(replica, now),
                    "ended": has_ended(replica.plan, now),
                    "remaining": _remaining(replica, now),
                },
            )
            for replica, now in found[:MAX_ROWS]
        }

    def _callbacks(self) -> Rows:
        deliveries = self._emulator.store.list_deliveries(self._account_id)[-MAX_ROWS:]
        return {
            f"cb-{delivery.serial}": self._html(
                "callbacks",
                {
                    **delivery_view(delivery),
                    "key": f"cb-{delivery.serial}",
                    "ended": delivery.state.is_final,
                },
            )
            for delivery in reversed(deliveries)
        }

    def _latest_requests(self) -> Rows:
        """Return the latest requests; each is rendered once, for it never changes."""
        journal = self._emulator.journal
        rows: Rows = {}
        for entry in journal.latest(Criteria(account_id=self._account_id), MAX_ROWS):
            html = self._rendered_requests.get(entry.entry_id)
            if html is None:
                row = {**request_view(journal.mask(entry), self._emulator), "said": _said(entry)}
                html = self._html("requests", row)
            rows[entry.entry_id] = html
        self._rendered_requests = rows
        return rows

    def _scenarios(self) -> Rows:
        return {
            scenario.scenario_id: self._html("scenarios", scenario_view(scenario))
            for scenario in self._emulator.scenarios.armed(self._account_id)[:MAX_ROWS]
        }


def _said(entry: JournalEntry) -> str:
    """Return what a refusal says."""
    body = body_view(entry.reply.body) if entry.reply.status >= 400 else None
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
