"""Each judge on episodes made by hand: what it takes, what it does not, and what it says then."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.client.case import SIMPLEST_BODY, Call, Episode, Exchange, Outcome, Played, Situation
from contract_tests.client.checks import all_checks
from contract_tests.client.checks.security import find_secret
from contract_tests.failures import CheckFailed, NotApplicable

CHECKS = {one.entry.check_id: one for one in all_checks()}
KEY = "kit-key-000001"
OK = Outcome("ok", replica_id="rc0ffee123", status="started")
REFUSED = Outcome("error", kind="rejected_locally", message="not with me")
CRASH = Outcome("crash", message="exit 1")


def request(
    body: Any = None,
    *,
    key: str = KEY,
    target: str = "/v2/replicas",
    method: str = "POST",
    more: str = "",
    raw: bytes = b"",
) -> bytes:
    content = raw or json.dumps(SIMPLEST_BODY if body is None else body).encode()
    head = f"{method} {target} HTTP/1.1\r\nContent-Type: application/json\r\nx-api-key: {key}\r\n{more}"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def exchange(raw: bytes | None = None, door: str = "wire", status: int | None = 200, **more: Any) -> Exchange:
    values: dict[str, Any] = {"withheld": 0, "ended": "kept", "error": None, **more}
    return Exchange(door, 1, request() if raw is None else raw, b"", True, status, **values)


def played(outcome: Outcome = OK, *exchanges: Exchange, **call: Any) -> Played:
    asked = Call(**call)
    return Played(
        asked, asked.api_key or KEY, "http://127.0.0.1:1", outcome, exchanges or (exchange(request(asked.body)),)
    )


def judge(check_id: str, *calls: Played) -> None:
    situation = Situation(tuple(one.call for one in calls))
    CHECKS[check_id].judge(Episode(situation, calls))


def first_case(check_id: str, number: int = 0) -> Call:
    from tests.contract_tests.test_catalogue import SETTING

    return list(CHECKS[check_id].cases(SETTING))[number].calls[-1]


NOTHING: tuple[Exchange, ...] = (replace(exchange(), raw_request=b""),)
NAMED = {**SIMPLEST_BODY, "replica_name": "é"}


@pytest.mark.parametrize(
    ("check_id", "call"),
    [
        ("REQ-01", played(OK, exchange(), exchange())),
        ("REQ-01", played(OK, *NOTHING)),
        ("REQ-02", played(OK, exchange(request().replace(b"application/json", b"text/json")))),
        ("REQ-03", played(OK, exchange(request(raw=b"[]")))),
        ("REQ-03", played(OK, exchange(request(raw=b'{"a": 1, "a": 2}')))),
        ("REQ-04", played(OK, exchange(request() + b"x"))),
        ("REQ-04", played(OK, exchange(), exchange(b"xyz"))),
        ("REQ-05", played(OK, exchange(request({**SIMPLEST_BODY, "replica_name": "e"})), body=NAMED)),
        ("REQ-06", played(OK, exchange(request({"train_video_url": "https://example.com/ME.mp4"})))),
        ("REQ-07", played(OK, exchange(request({**SIMPLEST_BODY, "consent_video_url": None})))),
        ("REQ-07", played(OK, exchange(request({**SIMPLEST_BODY, "model_name": "phoenix-2"})))),
        ("REQ-08", played(OK, exchange(), body={**SIMPLEST_BODY, "replica_name": ""})),
        (
            "REQ-09",
            played(
                OK,
                exchange(request({**SIMPLEST_BODY, "properties": {"gaze_correction": True}})),
                body={**SIMPLEST_BODY, "properties": {"gaze_correction": False}},
            ),
        ),
        ("REQ-10", played(OK, exchange(), body={**SIMPLEST_BODY, "new": 1})),
        ("REQ-11", played(OK, body={})),
        ("REQ-13", played(OK, door="prefix")),
        ("REQ-14", played(CRASH, body={**SIMPLEST_BODY, "replica_name": "a\ud83db"})),
        (
            "REQ-14",
            played(
                OK,
                exchange(request(raw=b'{"replica_name": "\xed\xa0\xbd"}')),
                body={**SIMPLEST_BODY, "replica_name": "a\ud83db"},
            ),
        ),
        ("REQ-15", played(OK, exchange(), body={**SIMPLEST_BODY, "model_name": "a"})),
        ("AUT-01", played(OK, exchange(request(key="other")))),
        ("AUT-01", played(OK, exchange(request(more=f"cookie: {KEY}\r\n")))),
        ("AUT-02", played(OK, exchange(request().replace(b"x-api-key", b"x-key")))),
        ("AUT-03", played(OK, exchange(door="other"))),
        ("AUT-03", played(OK, exchange(request(key="first")))),
        ("AUT-03", played(OK, *NOTHING)),
        ("AUT-04", played(Outcome("error"), exchange(request(more="x-injected: yes\r\n")))),
        ("AUT-04", played(OK)),
        ("AUT-05", played(OK, exchange(request(key="")))),
        ("AUT-05", played(OK, *NOTHING)),
        ("OKP-01", played(Outcome("ok", replica_id="rc0ffee123", status="ready"))),
        ("OKP-02", played(Outcome("ok", replica_id="r1"))),
        ("OKP-08", played(Outcome("ok"))),
        ("ERR-01", played(Outcome("error", message="Bad Request"), scripts=first_case("ERR-01").scripts)),
        ("ERR-03", played(Outcome("error", message="KeyError"), scripts=first_case("ERR-03").scripts)),
        ("ERR-06", played(OK, scripts=first_case("ERR-06").scripts)),
        ("ERR-07", played(CRASH)),
        ("ERR-08", played(Outcome("error", http_status=401))),
        ("TRN-01", played(Outcome("error"), exchange(), exchange())),
        ("TRN-01", played(CRASH)),
        ("TRN-04", played(Outcome("error", seconds=4.0), timeout=0.3)),
        ("TRN-05", played(OK, timeout=0.3)),
        ("TRN-06", played(OK, exchange(withheld=9), scripts=({"framing": "length", "cut": 3},))),
        ("TRN-06", played(OK, exchange(withheld=8), scripts=({"framing": "chunked", "cut": 3},))),
        ("TRN-07", played(Outcome("error"))),
        ("TRN-09", played(OK, exchange(answer_length=40_000_000))),
        ("TRN-10", played(Outcome("error", http_status=500))),
        ("TRN-11", played(Outcome("error"), exchange(), exchange())),
        ("SEC-01", played(Outcome("error"), exchange(), exchange(door="other"))),
        ("SEC-02", played(OK, exchange(), exchange(request(method="GET")))),
        ("SEC-02", played(OK)),
        ("SEC-03", played(OK, exchange(request(target=f"/v2/replicas?k={KEY}")))),
        ("SEC-03", played(replace(OK, printed=f"using {KEY}"))),
        ("SEC-04", played(OK, exchange(door="tls"), exchange(door="other"), door="tls")),
        ("SEC-05", played(OK, exchange(door="untrusted-tls"), door="untrusted-tls")),
        ("SEC-05", played(OK, exchange(door="tls"), door="tls-other-name")),
        ("SEC-05", played(OK, *NOTHING, door="untrusted-tls")),
        ("SEC-06", played(replace(OK, message="5ec2e7c0ffee5ec2e7"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_falls_short_is_told(check_id: str, call: Played) -> None:
    with pytest.raises(CheckFailed, match=r"^Received: .+ / Documented: .+"):
        judge(check_id, call)


@pytest.mark.parametrize(
    ("check_id", "call"),
    [
        ("REQ-01", played()),
        ("REQ-03", played(REFUSED, *NOTHING)),
        ("REQ-04", played(REFUSED, *NOTHING)),
        ("REQ-14", played(REFUSED, *NOTHING)),
        ("REQ-05", played(OK, body=NAMED)),
        ("AUT-01", played()),
        ("AUT-04", played(REFUSED, *NOTHING)),
        ("AUT-05", played(REFUSED, *NOTHING)),
        ("OKP-01", played(Outcome("ok", replica_id="rc0ffee123"))),
        ("TRN-01", played(Outcome("error"))),
        ("TRN-04", played(Outcome("error", seconds=0.4), timeout=0.3)),
        ("TRN-06", played(OK, exchange(withheld=7), scripts=({"framing": "chunked", "cut": 3},))),
        ("TRN-08", played(OK)),
        ("TRN-10", played(Outcome("error", kind="transport"))),
        ("SEC-01", played(Outcome("error"), exchange(), exchange(request(key="none"), door="other"))),
        ("SEC-03", played()),
        ("SEC-05", played(Outcome("error"), *NOTHING, door="tls-other-name")),
        ("TRN-06", played(OK, scripts=())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_right_passes(check_id: str, call: Played) -> None:
    judge(check_id, call)


@pytest.mark.parametrize(
    ("check_id", "call", "why"),
    [
        ("REQ-01", played(REFUSED, *NOTHING), "it refuses this by itself: not with me"),
        ("REQ-05", played(REFUSED, *NOTHING), "it refuses this by itself"),
        ("REQ-05", played(OK, exchange(request(raw=b"{"))), "see REQ-03"),
        ("REQ-05", played(OK, exchange(request(raw=b"[]"))), "see REQ-03"),
        ("AUT-05", played(Outcome("error"), *NOTHING), "does not say why"),
        ("TRN-03", played(Outcome("error", knows_timeout=False)), "takes no timeout"),
        ("TRN-04", played(Outcome("error", knows_timeout=False)), "takes no timeout"),
        ("ERR-05", played(Outcome("error", knows_timeout=False)), "takes no timeout"),
        ("SEC-01", played(REFUSED, *NOTHING), "it has sent nothing"),
        ("SEC-04", played(REFUSED, *NOTHING), "certificate authority"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_apply_says_why(check_id: str, call: Played, why: str) -> None:
    with pytest.raises(NotApplicable, match=why):
        judge(check_id, call)


def test_nothing_is_carried_over() -> None:
    first = played(OK, body=NAMED)
    with pytest.raises(CheckFailed, match="which was given to an earlier call"):
        judge("REQ-12", first, played(OK, exchange(request(NAMED))))
    judge("REQ-12", first, played())
    judge("REQ-12", played(OK, exchange(request(NAMED))), first, played(OK, exchange(request(NAMED))))


@pytest.mark.parametrize(
    ("first", "second", "told_apart"),
    [
        (Outcome("error", http_status=400), Outcome("error", http_status=401), True),
        (Outcome("error", message="400: no"), Outcome("error", message="401: no"), True),
        (Outcome("error", message="bad body"), Outcome("error", message="bad key"), True),
        (Outcome("error", message="no"), Outcome("error", message="no"), False),
        (Outcome("error", message="no (12ab34cd)"), Outcome("error", message="no (98fe76dc)"), False),
        (OK, Outcome("error"), False),
    ],
)
def test_a_401_can_be_told_from_a_400(first: Outcome, second: Outcome, told_apart: bool) -> None:
    calls = [
        played(outcome, scripts=[{"answer": {"status": status}}]) for outcome, status in ((first, 400), (second, 401))
    ]
    if told_apart:
        judge("ERR-02", *calls)
    else:
        with pytest.raises(CheckFailed):
            judge("ERR-02", *calls)


def test_a_client_waits_as_it_is_told() -> None:
    scripts = first_case("ERR-05").scripts  # Retry-After: 1
    error = Outcome("error", http_status=429, seconds=1.2)
    soon, later = exchange(began_ms=100.0), exchange(began_ms=1200.0)
    judge("ERR-05", played(error, exchange(began_ms=0.0), later, scripts=scripts))
    for call in (
        played(error, exchange(began_ms=0.0), soon, scripts=scripts),
        played(replace(error, seconds=9.0), scripts=scripts),
        played(OK, scripts=scripts),
    ):
        with pytest.raises(CheckFailed):
            judge("ERR-05", call)


@pytest.mark.parametrize(
    "text",
    [
        "key=canary+key/4711==",
        "key=canary%2Bkey%2F4711%3D%3D",
        "Basic Y2FuYXJ5K2tleS80NzExPT0=",
        '{"key": "canary\\u002bkey\\/4711=="}',
    ],
)
def test_a_secret_is_found_in_every_form(text: str) -> None:
    assert find_secret("canary+key/4711==", text)
    assert find_secret("canary+key/4712==", text) is None
