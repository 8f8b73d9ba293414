"""SEC: where the key goes, and where else it should not. It is sought raw, as base64, and percent-encoded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus

from contract_tests.client.case import SIMPLEST_BODY, Call, ClientCase, one
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, fixed, made
from contract_tests.client.checks.assertions import CREATE_PATH, SHORT, created, reached
from contract_tests.client.checks.replicas import other_calls
from contract_tests.client.context import ClientContext
from contract_tests.client.observation import ClientObservation, Step
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.script import HANGS, Answer, Script, responds
from contract_tests.requirements import Authority, Evidence, Level, Requirement

_KEYS = ("canary4711c0ffee", "canary+key/4711==")
"""One that no client refuses, and one that looks different when it is encoded."""

_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\/")
_REDIRECTS = (301, 302, 303, 307, 308)


def forms_of(secret: str) -> set[str]:
    """Return how a `secret` may be written down."""
    raw = secret.encode()
    encoded = {base64.b64encode(part).decode().rstrip("=")[2:-2] for part in (raw, b" " + raw, b"  " + raw)}
    return {secret, quote(secret, safe=""), quote_plus(secret), quote(secret), *encoded}


def find_secret(secret: str, text: str) -> str | None:
    """Return where in a text a secret stands, in any form, with some text around it; None if it does not.

    Args:
        secret: What to look for.
        text: Where.
    """
    for shown in (text, _JSON_ESCAPE.sub(_unescaped, text)):
        for form in sorted(forms_of(secret), key=len, reverse=True):
            if (at := shown.find(form)) >= 0:
                begin = max(0, at - 30)
                at_word = shown.find(" ", begin, at) + 1 if begin else 0  # evidence begins with a whole word
                return shown[at_word or begin : at + len(form) + 10]
    return None


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "/"


def _redirect(endpoint: str, status: int, body: str = "") -> Script:
    """Return a script that leads to an endpoint of the wire; where that is is known when it is played."""
    headers = [("Location", f"{{{endpoint}}}{CREATE_PATH}")]
    if body:
        headers.append(("Content-Type", "application/json"))
    return Script(handle=False, answer=Answer(status, tuple(headers), body))


_ELSEWHERE = (
    *(one(Call(api_key=key, scripts=(_redirect("other", status),))) for key in _KEYS for status in _REDIRECTS),
    *(
        one(replace(call, api_key=_KEYS[0], timeout=1.0, scripts=(_redirect("other", status),)))
        for call in other_calls()
        for status in (302, 307)
    ),
)


@check(
    Requirement(
        "SEC-01",
        Level.MUST,
        "lets the key not follow a redirect to another origin",
        Authority.RFC,
        "RFC 9110, section 15.4",
        "Whoever can cause a redirect gets the API key.",
    ),
    fixed(*_ELSEWHERE),
)
def _key_stays(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the key does not arrive at the other origin.

    RFC 9110, 15.4: a user agent considers removing header fields that were not meant for the new origin.
    """
    _must_have_reached(observation, "wire")
    _must_not_have_key(observation, "other", "the key stays with the origin that it was given for")


def _must_have_reached(observation: ClientObservation, endpoint: str) -> None:
    """Let only what was sent be judged.

    Raises:
        NotApplicable: The client refused the call without sending a request.
    """
    if not reached(observation, endpoint):
        raise NotApplicable(f"the client has sent nothing: {observation.last.outcome}")


def _must_not_have_key(observation: ClientObservation, endpoint: str, documented: str) -> None:
    for exchange in reached(observation, endpoint):
        where = find_secret(observation.last.api_key, exchange.raw_request.decode("latin-1"))
        if where is not None:
            raise CheckFailed(f"at the other origin: {where!r}", documented, cause=Cause.FOLLOWS_REDIRECTS)


_BODY = '{"replica_id": "rc0ffee123", "status": "started"}'


def _redirected(context: ClientContext) -> Iterator[ClientCase]:
    for status in (301, 302, 303):
        for endpoint in ("other", "wire"):
            yield one(Call(scripts=(_redirect(endpoint, status), responds(created()))))
    for status in (300, 301, 302, 303, 304, 305, 307, 308):  # an id in the body, and nothing was created
        yield one(Call(scripts=(responds(_BODY, status, times=5),)))
        if status not in (300, 304, 305):
            yield one(Call(scripts=(_redirect("wire", status, _BODY), responds("", 404, times=5))))


@check(
    Requirement(
        "SEC-02",
        Level.MUST,
        "does not report a redirect that became a GET as created",
        Authority.RFC,
        "RFC 9110, section 15.4",
        "Nothing was created, and the user waits for ever.",
        witness="report",
    ),
    made(_redirected),
)
def _redirect_creates_nothing(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that neither a redirect nor the GET that it became is reported as a create."""
    _must_have_reached(observation, "wire")
    step = observation.last
    methods = [request.method for request in step.requests]
    status = step.call.scripts[0].answer
    if not step.outcome.is_ok:
        return
    if "GET" in methods:
        received = f"{step.outcome}, after {' and '.join(methods)}"
        raise CheckFailed(received, "an error: a GET creates nothing", place="GET", cause=Cause.FOLLOWS_REDIRECTS)
    if len(methods) == 1 and step.created == 0:
        received = f"{step.outcome}, after a {status.status if status else 'redirect'}"
        raise CheckFailed(received, "an error: nothing was created", place="3xx", cause=Cause.TRUSTS_STATUS)


_TALKATIVE = (
    Script(),
    responds({"error": "Invalid train_video_url"}, 400),
    responds({"message": "Invalid access token"}, 401),
    responds("<html>", 502),
    responds({"message": "Too many requests"}, 429),
    responds("<html>"),
    _redirect("wire", 302),
    Script(cut=0, end="rst"),
)


def _talkative(context: ClientContext) -> Iterator[ClientCase]:
    # All of them before its end, since to be started anew is what takes long; what fails is shrunk to what matters.
    for key in _KEYS:
        is_first = key == _KEYS[0]  # what takes long is played with one key only
        calls = [Call(api_key=key, scripts=(script,)) for script in _TALKATIVE]
        if is_first:
            calls.append(Call(api_key=key, timeout=SHORT, scripts=(HANGS,)))
        calls.append(Call(api_key=key, endpoint="refused"))
        yield ClientCase(tuple(calls), then_exit=is_first, is_batch=True)


@check(
    Requirement(
        "SEC-03",
        Level.MUST,
        "keeps the key out of the URL, its output and its error texts",
        Authority.HOUSE,
        "logs are read by many",
        "The API key ends up in logs and bug reports.",
        witness="report",
    ),
    made(_talkative),
)
def _key_is_quiet(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each place beside x-api-key in which the key can be read."""
    for step in observation.steps:
        told = [("the URL", request.target) for request in step.requests]
        for place, text in (*told, *_told_by(step)):
            if (where := find_secret(step.api_key, text)) is not None:
                yield CheckFailed(f"in {place}: {where!r}", "the key in x-api-key only", place=place)


def _told_by(step: Step) -> Iterator[tuple[str, str]]:
    """Return what the client has let others read."""
    yield "what it prints", step.outcome.printed
    yield "its message", step.outcome.message


def _downgrades(context: ClientContext) -> Iterator[ClientCase]:
    if "tls" not in context.endpoints:
        raise NotApplicable("the emulator has no door with TLS; start it with --wire-certificate")
    for status in (302, 307, 308):
        yield one(Call(api_key=_KEYS[0], endpoint="tls", scripts=(_redirect("other", status),)))


@check(
    Requirement(
        "SEC-04",
        Level.MUST,
        "does not take the key from https to http",
        Authority.RFC,
        "RFC 9110, section 17.16.1",
        "The API key crosses the network in clear.",
        Evidence.CONNECTION,
    ),
    made(_downgrades),
)
def _no_downgrade(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that a redirect from https to http does not take the key along."""
    if not reached(observation, "tls"):
        raise NotApplicable("the client does not take the kit's certificate authority from SSL_CERT_FILE or its like")
    _must_not_have_key(observation, "other", "the key does not go from https to http")


_UNTRUSTED = {
    "untrusted-tls": ("untrusted-tls", "nobody has signed"),
    "tls-other-name": ("tls", "is for another name"),
}
"""From an endpoint to the one that answers there, and what is wrong with it."""

_IN_CLEAR = "HTTP_REQUEST"
"""What TLS calls a client that speaks HTTP without it."""


def _untrusted(context: ClientContext) -> Iterator[ClientCase]:
    for endpoint in _UNTRUSTED:
        if endpoint in context.endpoints:
            yield one(Call(api_key=_KEYS[0], endpoint=endpoint))


@check(
    Requirement(
        "SEC-05",
        Level.MUST,
        "verifies TLS certificates",
        Authority.RFC,
        "RFC 9110, section 4.3.4",
        "Anyone on the network can read the key, and answer in the API's place.",
        Evidence.CONNECTION,
    ),
    made(_untrusted),
)
def _verifies(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that nothing is sent to a server whose certificate does not prove its name."""
    answering, fault = _UNTRUSTED[observation.last.call.endpoint]
    if reached(observation, answering):
        received = f"a request to a server whose certificate {fault}"
        raise CheckFailed(received, "an error, before anything is sent", place=answering, cause=Cause.NO_VERIFICATION)
    if any(_IN_CLEAR in (exchange.error or "") for exchange in observation.last.exchanges):
        raise CheckFailed("a request in clear, though the base URL is https", "TLS, or an error", place="clear")
    if observation.last.outcome.outcome in ("ok", "crash"):
        raise CheckFailed(str(observation.last.outcome), "an error")


_SIGNATURE = "5ec2e7c0ffee5ec2e7"
_SIGNED = {**SIMPLEST_BODY, "train_video_url": f"https://example.com/me.mp4?X-Amz-Signature={_SIGNATURE}"}
_SHOWN = (Script(), responds({"error": "Invalid train_video_url"}, 400), responds("<html>", 502))
_SIGNED_URLS = ClientCase(tuple(Call(_SIGNED, scripts=(script,)) for script in _SHOWN), then_exit=True, is_batch=True)


@check(
    Requirement(
        "SEC-06",
        Level.SHOULD,
        "does not print signed media URLs",
        Authority.HOUSE,
        "a signed URL is a secret",
        "Whoever reads the logs can fetch the video of a person.",
        witness="report",
    ),
    fixed(_SIGNED_URLS),
)
def _urls_are_quiet(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that the signature of a media URL stands in nothing that the client prints or reports."""
    for place, text in (told for step in observation.steps for told in _told_by(step)):
        if _SIGNATURE in text:
            raise CheckFailed(f"the signature in {place}", "signed URLs are not printed")
