"""Each judge on episodes made by hand: what it takes, what it does not, and what it says then."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.client.case import SIMPLEST_BODY, Call, ClientCase
from contract_tests.client.checks import all_checks
from contract_tests.client.checks.security import find_secret
from contract_tests.client.observation import ClientObservation, Outcome, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.exchange import Exchange
from contract_tests.http.script import Answer, Script
from tests.contract_tests import judging
from tests.contract_tests.client.contexts import context, exchanged
from tests.contract_tests.judging import by_texts

CHECKS = {one.check_id: one for one in all_checks()}
KEY = "kit-key-000001"
CONTEXT = context()
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


def exchange(raw: bytes | None = None, endpoint: str = "wire", status: int | None = 200, **more: Any) -> Exchange:
    return exchanged(request() if raw is None else raw, endpoint, status, **more)


def played(outcome: Outcome = OK, *exchanges: Exchange, **call: Any) -> Step:
    asked = Call(**call)
    return Step(
        asked, asked.api_key or KEY, "http://127.0.0.1:1", outcome, exchanges or (exchange(request(asked.body)),)
    )


def judge(check_id: str, *calls: Step) -> None:
    case = ClientCase(tuple(one.call for one in calls))
    judging.judge(CHECKS[check_id], ClientObservation(case, calls), CONTEXT)


def first_case(check_id: str, number: int = 0) -> Call:
    return list(CHECKS[check_id].probe.cases(CONTEXT))[number].calls[-1]


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
        ("REQ-13", played(OK, endpoint="prefix")),
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
        ("AUT-03", played(OK, exchange(endpoint="other"))),
        ("AUT-03", played(OK, exchange(request(key="first")))),
        ("AUT-03", played(OK, *NOTHING)),
        ("AUT-04", played(Outcome("error"), exchange(request(more="x-injected: yes\r\n")))),
        ("AUT-04", played(OK)),
        ("AUT-05", played(OK, exchange(request(key="")))),
        ("AUT-05", played(OK, *NOTHING)),
        ("OKP-01", played(Outcome("ok", replica_id="rc0ffee123", status="ready"))),
        ("OKP-02", played(Outcome("ok", replica_id="r1"))),
        ("OKP-08", played(Outcome("ok"), scripts=first_case("OKP-08").scripts)),
        ("ERR-01", played(Outcome("error", message="Bad Request"), scripts=first_case("ERR-01").scripts)),
        ("ERR-03", played(Outcome("error", message="KeyError"), scripts=first_case("ERR-03").scripts)),
        ("ERR-06", played(OK, scripts=first_case("ERR-06").scripts)),
        ("ERR-07", played(CRASH, scripts=first_case("ERR-07").scripts)),
        ("ERR-08", played(Outcome("error", message="no"), scripts=first_case("ERR-08").scripts)),
        ("TRN-01", played(Outcome("error"), exchange(), exchange())),
        ("TRN-01", played(CRASH)),
        ("TRN-04", played(Outcome("error", seconds=4.0, deadline=0.3), timeout=0.3)),
        ("TRN-05", played(replace(OK, deadline=0.3), timeout=0.3)),
        ("TRN-06", played(OK, exchange(withheld_bytes=9), scripts=(Script(cut=3),))),
        ("TRN-06", played(OK, exchange(withheld_bytes=8), scripts=(Script(framing="chunked", cut=3),))),
        ("TRN-07", played(Outcome("error"))),
        ("TRN-09", played(OK, exchange(answer_length=40_000_000))),
        ("TRN-10", played(Outcome("error", http_status=500))),
        ("TRN-11", played(Outcome("error"), exchange(), exchange())),
        ("SEC-01", played(Outcome("error"), exchange(), exchange(endpoint="other"))),
        ("SEC-02", played(OK, exchange(), exchange(request(method="GET")), scripts=first_case("SEC-02").scripts)),
        ("SEC-02", played(OK, exchange(status=None), scripts=first_case("SEC-02").scripts)),
        ("SEC-03", played(OK, exchange(request(target=f"/v2/replicas?k={KEY}")))),
        ("SEC-03", played(replace(OK, printed=f"using {KEY}"))),
        ("SEC-04", played(OK, exchange(endpoint="tls"), exchange(endpoint="other"), endpoint="tls")),
        ("SEC-05", played(OK, exchange(endpoint="untrusted-tls"), endpoint="untrusted-tls")),
        ("SEC-05", played(OK, exchange(endpoint="tls"), endpoint="tls-other-name")),
        ("SEC-05", played(OK, *NOTHING, endpoint="untrusted-tls")),
        ("SEC-06", played(replace(OK, message="5ec2e7c0ffee5ec2e7"))),
    ],
    ids=by_texts,
)
def test_what_falls_short_is_told(check_id: str, call: Step) -> None:
    with pytest.raises(CheckFailed, match=r"^Received: .+ / Documented: .+"):
        judge(check_id, call)


@pytest.mark.parametrize(
    ("check_id", "call"),
    [
        ("REQ-01", played()),
        ("REQ-03", played(REFUSED, *NOTHING)),
        ("REQ-04", played(REFUSED, *NOTHING)),
        ("REQ-14", played(REFUSED, *NOTHING, body={**SIMPLEST_BODY, "replica_name": "a\ud83db"})),
        ("REQ-05", played(OK, body=NAMED)),
        ("AUT-01", played()),
        ("AUT-04", played(REFUSED, *NOTHING)),
        ("AUT-05", played(REFUSED, *NOTHING)),
        ("OKP-01", played(Outcome("ok", replica_id="rc0ffee123"))),
        ("TRN-01", played(Outcome("error"))),
        ("TRN-04", played(Outcome("error", seconds=0.4, deadline=0.3), timeout=0.3)),
        ("TRN-08", played(OK)),
        ("TRN-10", played(Outcome("error", kind="transport"))),
        ("SEC-01", played(Outcome("error"), exchange(), exchange(request(key="none"), endpoint="other"))),
        ("SEC-03", played()),
        ("SEC-05", played(Outcome("error"), *NOTHING, endpoint="tls-other-name")),
    ],
    ids=by_texts,
)
def test_what_is_right_passes(check_id: str, call: Step) -> None:
    judge(check_id, call)


@pytest.mark.parametrize(
    ("check_id", "call", "why"),
    [
        ("REQ-01", played(REFUSED, *NOTHING), "the client refused the call without sending a request: not with me"),
        ("REQ-05", played(REFUSED, *NOTHING), "the client refused the call"),
        ("REQ-05", played(OK, exchange(request(raw=b"{"))), "see REQ-03"),
        ("REQ-05", played(OK, exchange(request(raw=b"[]"))), "see REQ-03"),
        ("AUT-05", played(Outcome("error"), *NOTHING), "does not say why"),
        ("TRN-03", played(Outcome("error", deadline=None)), "takes no timeout"),
        ("TRN-04", played(Outcome("error", deadline=None)), "takes no timeout"),
        ("ERR-05", played(Outcome("error", deadline=None)), "takes no timeout"),
        ("SEC-01", played(REFUSED, *NOTHING), "the client has sent nothing"),
        ("SEC-04", played(REFUSED, *NOTHING), "certificate authority"),
    ],
    ids=by_texts,
)
def test_what_does_not_apply_says_why(check_id: str, call: Step, why: str) -> None:
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
        played(outcome, scripts=(Script(answer=Answer(status)),)) for outcome, status in ((first, 400), (second, 401))
    ]
    if told_apart:
        judge("ERR-02", *calls)
    else:
        with pytest.raises(CheckFailed):
            judge("ERR-02", *calls)


def test_a_client_waits_as_it_is_told() -> None:
    scripts = first_case("ERR-05").scripts  # Retry-After: 1
    error = Outcome("error", http_status=429, seconds=1.2, deadline=2.0)
    soon, later = exchange(began_ms=100.0), exchange(began_ms=1200.0)
    judge("ERR-05", played(error, exchange(began_ms=0.0), later, scripts=scripts))
    for call in (
        played(error, exchange(began_ms=0.0), soon, scripts=scripts),
        played(replace(error, seconds=9.0), scripts=scripts),
        played(replace(OK, deadline=2.0), scripts=scripts),
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
