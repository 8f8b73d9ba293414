"""SEC: where the key goes, and where else it should not. It is sought raw, as base64, and percent-encoded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from contract_tests.client.case import SIMPLEST_BODY, Call, Episode, Json, Played, Situation
from contract_tests.client.checks._check import Setting, check
from contract_tests.client.checks._evidence import CREATE_PATH, HANGS, SHORT, created, json_answer, one, reached
from contract_tests.failures import CheckFailed, NotApplicable

_KEYS = ("canary4711c0ffee", "canary+key/4711==")
"""One that no client refuses, and one that looks different when it is encoded."""

_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\/")
_REDIRECTS = (301, 302, 303, 307, 308)


def forms_of(secret: str) -> set[str]:
    """Return how a secret may be written down."""
    raw = secret.encode()
    encoded = {base64.b64encode(part).decode().rstrip("=")[2:-2] for part in (raw, b" " + raw, b"  " + raw)}
    return {secret, quote(secret, safe=""), quote_plus(secret), quote(secret), *encoded}


def find_secret(secret: str, text: str) -> str | None:
    """Return where in a text a secret stands, in any form; None if it does not."""
    for shown in (text, _JSON_ESCAPE.sub(_unescaped, text)):
        for form in sorted(forms_of(secret), key=len, reverse=True):
            if (at := shown.find(form)) >= 0:
                return shown[max(0, at - 30) : at + len(form) + 10]
    return None


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "/"


def _redirect(door: str, status: int) -> dict[str, Any]:
    """Return a script that leads to a door of the wire; where that is is known when it is played."""
    location = f"{{{door}}}{CREATE_PATH}"
    return {"handle": False, "answer": {"status": status, "headers": [["Location", location]], "body": ""}}


def _redirects_elsewhere(setting: Setting) -> Iterator[Situation]:
    for key in _KEYS:
        for status in _REDIRECTS:
            yield one(Call(api_key=key, scripts=(_redirect("other", status),)))


@check("SEC-01", _redirects_elsewhere)
def _key_stays(episode: Episode) -> None:
    _must_have_reached(episode, "wire")
    _must_not_have_key(episode, "other", "the key stays with the origin that it was given for")


def _must_have_reached(episode: Episode, door: str) -> None:
    """Have something been sent: of a client that refuses the call by itself, nothing can be said.

    Raises:
        NotApplicable: Nothing was.
    """
    if not reached(episode, door):
        raise NotApplicable(f"it has sent nothing: {episode.last.outcome}")


def _must_not_have_key(episode: Episode, door: str, documented: str) -> None:
    for exchange in reached(episode, door):
        where = find_secret(episode.last.api_key, exchange.raw_request.decode("latin-1"))
        if where is not None:
            raise CheckFailed(f"at the other origin: {where!r}", documented)


def _redirects_to_get(setting: Setting) -> Iterator[Situation]:
    for status in (301, 302, 303):
        for door in ("other", "wire"):
            yield one(Call(scripts=(_redirect(door, status), json_answer(created()))))


@check("SEC-02", _redirects_to_get)
def _get_creates_nothing(episode: Episode) -> None:
    _must_have_reached(episode, "wire")
    methods = [request.method for request in episode.last.requests]
    if "GET" in methods and episode.last.outcome.is_ok:
        raise CheckFailed(f"{episode.last.outcome}, after {' and '.join(methods)}", "an error: a GET creates nothing")
    if episode.last.outcome.is_ok and len(methods) == 1:
        raise CheckFailed(f"{episode.last.outcome}, after a redirect", "an error")


def _talkative(setting: Setting) -> Iterator[Situation]:
    # All of them before its end, since to be started anew is what takes long; what fails is reduced to what matters.
    scripts: tuple[Json, ...] = (
        {},
        json_answer({"error": "Invalid train_video_url"}, 400),
        json_answer({"message": "Invalid access token"}, 401),
        json_answer("<html>", 502),
        json_answer({"message": "Too many requests"}, 429),
        json_answer("<html>"),
        _redirect("wire", 302),
        {"cut": 0, "end": "rst"},
    )
    for key in _KEYS:
        is_first = key == _KEYS[0]  # what takes long is played with one key only
        calls = [Call(api_key=key, scripts=(script,)) for script in scripts]
        if is_first:
            calls.append(Call(api_key=key, timeout=SHORT, scripts=(HANGS,)))
        yield Situation((*calls, Call(api_key=key, door="refused")), ends=is_first)


@check("SEC-03", _talkative)
def _key_is_quiet(episode: Episode) -> None:
    for played in episode.played:
        told = [("the URL", request.target) for request in played.requests]
        for place, text in (*told, *_told_by(played)):
            if (where := find_secret(played.api_key, text)) is not None:
                raise CheckFailed(f"in {place}: {where!r}", "the key in x-api-key only")


def _told_by(played: Played) -> Iterator[tuple[str, str]]:
    """Return what the client has let others read."""
    yield "what it prints", played.outcome.printed
    yield "its message", played.outcome.message


def _downgrades(setting: Setting) -> Iterator[Situation]:
    if "tls" not in setting.doors:
        raise NotApplicable("the emulator has no door with TLS; start it with --wire-certificate")
    for status in (302, 307, 308):
        yield one(Call(api_key=_KEYS[0], door="tls", scripts=(_redirect("other", status),)))


@check("SEC-04", _downgrades)
def _no_downgrade(episode: Episode) -> None:
    if not reached(episode, "tls"):
        raise NotApplicable("it does not take the kit's certificate authority from SSL_CERT_FILE or its like")
    _must_not_have_key(episode, "other", "the key does not go from https to http")


_UNTRUSTED = {
    "untrusted-tls": ("untrusted-tls", "nobody has signed"),
    "tls-other-name": ("tls", "is for another name"),
}
"""From a door to the one that answers there, and what is wrong with it."""


def _untrusted(setting: Setting) -> Iterator[Situation]:
    for door in _UNTRUSTED:
        if door in setting.doors:
            yield one(Call(api_key=_KEYS[0], door=door))


@check("SEC-05", _untrusted)
def _verifies(episode: Episode) -> None:
    answering, fault = _UNTRUSTED[episode.last.call.door]
    if reached(episode, answering):
        raise CheckFailed(f"a request to a server whose certificate {fault}", "an error, before anything is sent")
    if any(_IN_CLEAR in (exchange.error or "") for exchange in episode.last.exchanges):
        raise CheckFailed("a request in clear, though the base URL is https", "TLS, or an error")
    if episode.last.outcome.outcome in ("ok", "crash"):
        raise CheckFailed(str(episode.last.outcome), "an error")


_IN_CLEAR = "HTTP_REQUEST"
"""What TLS calls a client that speaks HTTP without it."""

_SIGNATURE = "5ec2e7c0ffee5ec2e7"


def _signed_urls(setting: Setting) -> Iterator[Situation]:
    body = {**SIMPLEST_BODY, "train_video_url": f"https://example.com/me.mp4?X-Amz-Signature={_SIGNATURE}"}
    scripts: tuple[Json, ...] = ({}, json_answer({"error": "Invalid train_video_url"}, 400), json_answer("<html>", 502))
    yield Situation(tuple(Call(body, scripts=(script,)) for script in scripts), ends=True)


@check("SEC-06", _signed_urls)
def _urls_are_quiet(episode: Episode) -> None:
    for place, text in (told for played in episode.played for told in _told_by(played)):
        if _SIGNATURE in text:
            raise CheckFailed(f"the signature in {place}", "signed URLs are not printed")
