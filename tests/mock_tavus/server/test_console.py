from __future__ import annotations

import io
import threading
from dataclasses import replace

import pytest

from mock_tavus.engine.masking import Masker
from mock_tavus.errors import Violation
from mock_tavus.messages import ApiRequest, ApiResponse, Delivery, DeliveryAttempt, DeliveryState, Exchange
from mock_tavus.server.console import MAX_PENDING_LINES, Console

AT = 1706080443.327
DELIVERY = Delivery(
    "cb_r1",
    "acct_1",
    "r1",
    "http://127.0.0.1:9000/hook?secret=canary",
    {"replica_id": "r1", "status": "ready"},
    AT,
    state=DeliveryState.DELIVERED,
    target_url="http://user:canary@127.0.0.1:9000/hook?secret=canary",
    attempts=(DeliveryAttempt(AT, 0.01, 204),),
)


def entry(status: int, body: bytes, *, query: str = "", path: str = "/v2/replicas", why: str = "") -> Exchange:
    violations = (Violation("train_video_url", why),) if why else ()
    request = ApiRequest("POST", path, {"x-api-key": "canary"}, query=query)
    response = ApiResponse(status, body)
    return Exchange(1, AT, request, "acct_1", "createReplica", violations=violations, response=response)


def printed(*items: Exchange | Delivery | str, color: bool = False) -> list[str]:
    stream = io.StringIO()
    console = Console(stream, color=color, mask=Masker().exchange)
    for item in items:
        console.show(item)
    console.start()
    console.stop()
    return stream.getvalue().splitlines()


def test_each_request_is_one_line() -> None:
    lines = printed(
        entry(200, b'{"replica_id":"r1","status":"started"}'),
        entry(400, b'{"error":"Invalid train_video_url"}', why="is missing"),
        entry(401, b'{"message":"Invalid access token"}', query="api_key=canary&limit=1"),
        entry(200, b'{"data":[{}],"total_count":7}'),
        entry(200, b"{}"),
        entry(500, b"not json"),
    )

    assert [line.split() for line in lines] == [
        ["07:14:03.327Z", "200", "POST", "/v2/replicas", "r1", "started"],
        ["07:14:03.327Z", "400", "POST", "/v2/replicas", "Invalid", "train_video_url", "·", "is", "missing"],
        ["07:14:03.327Z", "401", "POST", "/v2/replicas?api_key=***&limit=1", "Invalid", "access", "token"],
        ["07:14:03.327Z", "200", "POST", "/v2/replicas", "1", "of", "7"],
        ["07:14:03.327Z", "200", "POST", "/v2/replicas"],
        ["07:14:03.327Z", "500", "POST", "/v2/replicas"],
    ]


def test_a_key_is_masked_wherever_a_refusal_repeats_it() -> None:
    (line,) = printed(entry(404, b'{"message":"no canary here"}', path="/v2/canary", why="{'a': 'canary'} is odd"))

    assert "canary" not in line
    assert line.endswith("no *** here · {'a': '***'} is odd")


def test_remarks_stand_at_the_end_of_the_line() -> None:
    stream = io.StringIO()
    console = Console(stream, color=False, remarks=lambda entry: ["did you mean /v2/replicas?"])
    console.show(entry(404, b'{"message":"Not found"}'))
    console.start()
    console.stop()

    assert stream.getvalue().rstrip().endswith("Not found · did you mean /v2/replicas?")


def test_the_columns_stand_below_each_other() -> None:
    lines = printed(entry(200, b'{"replica_id":"r1","status":"started"}'), DELIVERY)

    assert lines[0].index("r1") == lines[1].index("r1")
    assert lines[0].index("/v2") == lines[1].index("http://")


def test_each_callback_is_one_line_without_what_its_url_keeps_secret() -> None:
    failed = replace(
        DELIVERY,
        state=DeliveryState.FAILED,
        attempts=(DeliveryAttempt(AT, 0.01, 500, "answered 500"), DeliveryAttempt(AT, 0.01, None, "no answer")),
    )
    held = replace(DELIVERY, state=DeliveryState.HELD_BACK, attempts=(), target_url="", note="somewhere else")

    lines = printed(DELIVERY, failed, held)

    assert [line.split() for line in lines] == [
        ["07:14:03.327Z", "204", "→", "http://127.0.0.1:9000/hook?…", "r1", "ready"],
        [
            "07:14:03.327Z",
            "fail",
            "→",
            "http://127.0.0.1:9000/hook?…",
            "r1",
            "ready",
            "·",
            "no",
            "answer",
            "(2",
            "attempts)",
        ],
        [
            "07:14:03.327Z",
            "held",
            "→",
            "http://127.0.0.1:9000/hook?…",
            "r1",
            "ready",
            "·",
            "not",
            "sent:",
            "somewhere",
            "else",
        ],
    ]


def test_nothing_that_a_client_sends_can_move_the_cursor() -> None:
    (line,) = printed(entry(404, b'{"message":"Not found"}', path="/\x1b[2J\r\n\u202e" + "x" * 1000))

    assert line.isprintable()
    assert "\\x1b[2J\\r\\n\\u202e" in line
    assert len(line) < 600


@pytest.mark.parametrize("color", [True, False])
def test_colour_is_only_used_where_it_is_understood(color: bool) -> None:
    (line,) = printed(entry(400, b"{}"), color=color)

    assert ("\033[33m400" in line) == color


def test_what_comes_too_fast_is_counted() -> None:
    lines = printed(*["line"] * (MAX_PENDING_LINES + 5))

    assert len(lines) == MAX_PENDING_LINES + 1
    assert lines[-1].startswith("… 5 more, not printed")


def test_a_reader_who_has_gone_disturbs_nobody() -> None:
    stream = io.StringIO()
    console = Console(stream, color=False)
    stream.close()
    console.show("line")
    console.start()
    console.stop()

    assert "console" not in [thread.name for thread in threading.enumerate()]


def test_a_terminal_that_knows_no_arrows_still_gets_every_line() -> None:
    raw = io.BytesIO()
    console = Console(io.TextIOWrapper(raw, encoding="ascii"), color=False)
    console.show(DELIVERY)
    console.show("after that")
    console.start()
    console.stop()

    assert b"\\u2192" in raw.getvalue()
    assert raw.getvalue().endswith(b"after that\n")


def test_real_time_comes_first_and_the_accounts_beside_it_where_they_differ() -> None:
    jumped = entry(200, b"{}")
    jumped.real_at = AT - 3600

    (line,) = printed(jumped)

    assert line.startswith("06:14:03.327Z")
    assert line.endswith("at 2024-01-24 07:14:03Z in its account")
