"""REQ-05 to 10, 12, 15: what becomes of each option that the client was given."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import SIMPLEST_BODY, Call, ClientCase, one, quoted
from contract_tests.client.causes import Cause
from contract_tests.client.checks._check import check, made
from contract_tests.client.checks.assertions import (
    missing,
    must_have_compared,
    pairs,
    sent_body,
)
from contract_tests.client.checks.bodies import BODIES
from contract_tests.client.context import ClientContext
from contract_tests.client.habits import leaves
from contract_tests.client.observation import ClientObservation
from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.http.script import JsonObject
from contract_tests.requirements import Authority, Level, Requirement


def _bodies(observation: ClientObservation) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Return what was given and what was sent, for each call that sent something."""
    refusal: NotApplicable | None = None
    count = 0
    for step in observation.steps:
        try:
            received = sent_body(step)
        except NotApplicable as reason:
            refusal = reason
            continue
        count += 1
        yield step.call.body, received
    if not count and refusal is not None:
        raise refusal


def _changed_strings(observation: ClientObservation, *, are_urls: bool) -> Iterator[CheckFailed]:
    compared = 0
    for given, received in _bodies(observation):
        for where, expected, value in pairs(given, received):
            if isinstance(expected, str) and isinstance(value, str) and where.endswith("_url") == are_urls:
                compared += 1
                if value != expected:
                    yield CheckFailed(f"{where}: {quoted(value)}", f"{quoted(expected)}, as given", place=where)
    must_have_compared(compared)


@check(
    Requirement(
        "REQ-05",
        Level.MUST,
        "keeps strings identical",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "Names arrive changed: accents lost, spaces trimmed, symbols turned into question marks.",
    ),
    BODIES,
)
def _strings(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each text that arrives as another one."""
    yield from _changed_strings(observation, are_urls=False)


@check(
    Requirement(
        "REQ-06",
        Level.MUST,
        "does not re-quote, lower-case or normalise URLs",
        Authority.RFC,
        "RFC 3986, section 6",
        "A signed URL no longer works once it is changed, and the training fails hours later, when it has been paid.",
    ),
    BODIES,
)
def _urls(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each URL that arrives as another one, be it an equivalent one: a signature covers its characters."""
    yield from _changed_strings(observation, are_urls=True)


@check(
    Requirement(
        "REQ-07",
        Level.MUST,
        "leaves an option out that was not given, rather than sending null",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The API takes null, or a value that nobody chose, for what the user wants.",
    ),
    BODIES,
)
def _no_null(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each option that was not given and is sent; a default of the client's own is at most a warning."""
    for given, received in _bodies(observation):
        for where, value in missing(received, given):
            if value is None:
                yield CheckFailed(f"{where}: null", "an option that was not given is left out", place=where)
            elif where.split("/")[1] in context.options and not _is_default(where, value, context):
                own = context.habits.own_defaults.get(where) == value
                documented = context.documented_default(where)
                yield CheckFailed(
                    f"{where}: {quoted(value)}{', a default of the client itself' if own else ''}",
                    "an option that was not given is left out"
                    + ("" if documented is None else f", or sent as documented: {quoted(documented)}"),
                    is_warning=own,
                    place=where,
                )


def _is_default(where: str, value: Any, context: ClientContext) -> bool:
    """Return whether a value is the documented default of an option, or an object of such defaults."""
    if isinstance(value, dict):
        return all(_is_default(f"{where}/{name}", one, context) for name, one in value.items())
    return bool(value == context.documented_default(where))


@check(
    Requirement(
        "REQ-08",
        Level.MUST,
        "sends an explicit empty string, false or {}",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "What the user has switched off on purpose stays on, because the client takes false for 'not given'.",
    ),
    BODIES,
)
def _explicit(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each empty string, false and empty object that was given and is left out.

    Of an option that the client does not know at all, REQ-15 tells.
    """
    bodies = list(_bodies(observation))
    must_have_compared(sum(_has_explicit(given) for given, _ in bodies))
    for given, received in bodies:
        for where, value in missing(given, received):
            if value in ("", False, {}) and context.habits.knows(where):
                yield CheckFailed(
                    f"{where} is left out", f"{quoted(value)}, as given", place=where, cause=Cause.DROPS_FALSE
                )


def _has_explicit(given: Any) -> bool:
    """Return whether an empty string, false or an empty object stands anywhere in what was given."""
    if isinstance(given, dict) and given:
        return any(map(_has_explicit, given.values()))
    return given in ("", False, {})


@check(
    Requirement(
        "REQ-09",
        Level.MUST,
        'keeps types: true is not "true", "123" is not 123',
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "The API refuses the request, or a name such as 00123 loses its zeros.",
    ),
    BODIES,
)
def _types(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each value that arrives with another type."""
    for given, received in _bodies(observation):
        for where, expected, value in pairs(given, received):
            if type(expected) is not type(value) or (not isinstance(expected, str) and expected != value):
                yield CheckFailed(f"{where}: {quoted(value)}", f"{quoted(expected)}, as given", place=where)


def _one_extra_key(context: ClientContext) -> Iterator[ClientCase]:
    for value in ("x", True, 7, {"a": 1}, ["a"]):
        yield one(Call({**SIMPLEST_BODY, "an_option_of_tomorrow": value}))


def _extra_keys(context: ClientContext) -> SearchStrategy[ClientCase]:
    return context.bodies.with_extra_keys().map(lambda body: one(Call(body)))


@check(
    Requirement(
        "REQ-10",
        Level.SHOULD,
        "passes keys through that it does not know",
        Authority.HOUSE,
        "new options appear before clients do",
        "Options that the vendor adds cannot be used until the client is changed.",
    ),
    made(_one_extra_key, _extra_keys),
)
def _extra(observation: ClientObservation, context: ClientContext) -> None:
    """Assert that keys which the contract does not know arrive as given."""
    bodies = list(_bodies(observation))
    must_have_compared(sum(name not in context.options for given, _ in bodies for name in given))
    for given, received in bodies:
        for name, value in given.items():
            if name not in context.options and name not in received:
                raise CheckFailed(f"{name} is left out", f"{quoted(value)}, as given", cause=Cause.DROPS_OPTION)
            if name not in context.options and received[name] != value:
                raise CheckFailed(f"{name}: {quoted(received[name])}", f"{quoted(value)}, as given")


@check(
    Requirement(
        "REQ-12",
        Level.MUST,
        "carries no field over from an earlier call",
        Authority.HOUSE,
        "calls are independent",
        "A replica gets the name, the video or the callback of another one.",
    ),
    BODIES,
)
def _nothing_carried_over(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each option that only an earlier call was given, beside the client's own defaults."""
    earlier: dict[str, list[Any]] = {}
    bodies = list(_bodies(observation))
    if len(observation.steps) < 2:
        raise NotApplicable("only one call was made")
    given_pairs = itertools.pairwise(given for given, _ in bodies)
    must_have_compared(sum(any(later.get(name) != first[name] for name in first) for first, later in given_pairs))
    always: set[str] = set()  # what the client sends before any call was given it
    own = context.habits.own_defaults
    for given, received in bodies:
        for where, value in missing(received, given):
            if where not in earlier:
                always.add(where)
            elif value in earlier[where] and where not in always and own.get(where) != value:
                yield CheckFailed(
                    f"{where}: {quoted(value)}, which was given to an earlier call", "only what was given", place=where
                )
        for where, value in leaves(given).items():
            earlier.setdefault(where, []).append(value)


@check(
    Requirement(
        "REQ-15",
        Level.MUST,
        "sends every option it was given, under its documented name",
        Authority.VENDOR,
        "POST /v2/replicas, the vendor's reference page",
        "An option is silently ignored: no callback comes, or the wrong model is trained.",
    ),
    BODIES,
)
def _all_options(observation: ClientObservation, context: ClientContext) -> Iterator[CheckFailed]:
    """Yield each documented option that was given, not as an empty value, and is not sent."""
    bodies = list(_bodies(observation))
    must_have_compared(sum(len(given) > 1 for given, _ in bodies))
    for given, received in bodies:
        for where, value in missing(given, received):
            if value not in ("", False, {}):  # REQ-08 is about these
                yield CheckFailed(
                    f"{where} is left out; sent were {', '.join(received)}",
                    f"{where}: {quoted(value)}",
                    place=where,
                    cause=Cause.DROPS_OPTION,
                )
