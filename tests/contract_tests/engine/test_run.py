"""The runner on a lab that answers by a function, without any client or server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from contract_tests.catalogue import CATALOGUE
from contract_tests.client.bench import Lab
from contract_tests.client.case import SIMPLEST_BODY, Call, Episode, Exchange, Outcome, Played, Situation
from contract_tests.client.checks import Check, Setting
from contract_tests.client.strategies import BodyStrategies
from contract_tests.engine.run import Budget, Result, Runner
from contract_tests.failures import CheckFailed, KitError, NotApplicable
from contract_tests.oracle import Oracle

SETTING = Setting(BodyStrategies(Oracle.load().body_schema("createReplica")), {})
SENT = Exchange("wire", 1, b"POST /v2/replicas HTTP/1.1\r\n\r\n", b"", True, 200, 0, "kept", None)


class FakeLab:
    """Play situations by a function from a call to what the client reports."""

    def __init__(self, client: Callable[[Call], Outcome]) -> None:
        self.client = client
        self.played: list[Situation] = []
        self.restarts = 0
        self.hung_seconds = 0.0

    @property
    def latest(self) -> list[Situation]:
        return self.played[-3:]

    def restart(self) -> None:
        self.restarts += 1

    def knows(self, situation: Situation) -> bool:
        return situation in self.played

    def play(self, situation: Situation, *, again: bool = False) -> Episode:
        self.played.append(situation)
        outcomes = [self.client(call) for call in situation.calls]
        return Episode(
            situation,
            tuple(
                Played(call, "k", "http://a", outcome, () if outcome.kind == "rejected_locally" else (SENT,))
                for call, outcome in zip(situation.calls, outcomes, strict=True)
            ),
        )


def must_be_ok(episode: Episode) -> None:
    for played in episode.played:
        if played.outcome.kind == "rejected_locally":
            raise NotApplicable("it refuses this by itself")
        if not played.outcome.is_ok:
            raise CheckFailed(str(played.outcome), "a success")


def simplest(setting: Setting) -> Iterator[Situation]:
    yield Situation()


def drawn(setting: Setting) -> st.SearchStrategy[Situation]:
    return setting.bodies.valid().map(lambda body: Situation((Call(body), Call())))


def run(
    answers: Callable[[Call], Outcome],
    /,
    check_id: str = "REQ-05",
    cases: Callable[[Setting], Iterator[Situation]] = simplest,
    judge: Callable[[Episode], None] = must_be_ok,
    **more: Any,
) -> tuple[Result, FakeLab]:
    lab = FakeLab(answers)
    check = Check(CATALOGUE[check_id], cases, drawn if CATALOGUE[check_id].how != "plain" else None, judge)
    return Runner(cast(Lab, lab), SETTING, Budget(100, 30.0), **more).run_one(check), lab


GOOD, BAD = Outcome("ok", replica_id="r1"), Outcome("error", message="no")


def test_a_check_that_holds_passes_after_as_many_examples_as_were_asked_for() -> None:
    result, _ = run(lambda call: GOOD)

    assert (result.verdict, result.counterexample) == ("pass", None)
    assert 50 <= result.examples <= 101


def test_a_drawn_failure_is_shrunk_to_what_matters() -> None:
    result, _ = run(lambda call: BAD if len(call.body.get("replica_name", "")) > 3 else GOOD)

    assert result.verdict == "fail"
    assert result.counterexample is not None
    (call,) = result.counterexample.situation.calls
    assert set(call.body) == {"train_video_url", "replica_name"}
    assert len(call.body["replica_name"]) == 4


def test_a_fixed_case_that_fails_is_made_smaller_and_nothing_is_drawn() -> None:
    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation((Call(), Call({**SIMPLEST_BODY, "replica_name": "a", "model_name": "b"})))

    result, lab = run(lambda call: BAD if "model_name" in call.body else GOOD, cases=cases)

    assert result.counterexample is not None
    assert result.counterexample.situation == Situation((Call({**SIMPLEST_BODY, "model_name": "b"}),))
    assert len(lab.played) < 20


def test_of_what_is_refused_as_a_whole_each_field_is_tried_alone() -> None:
    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation((Call({**SIMPLEST_BODY, "replica_name": "a", "model_name": "b"}),))

    def client(call: Call) -> Outcome:
        if "model_name" in call.body:
            return Outcome("error", kind="rejected_locally")
        return BAD if "replica_name" in call.body else GOOD

    result, _ = run(client, cases=cases)

    assert result.counterexample is not None
    assert result.counterexample.situation.calls[0].body == {**SIMPLEST_BODY, "replica_name": "a"}


def test_a_failure_that_does_not_come_again_is_a_warning() -> None:
    answers = iter([BAD])
    result, _ = run(lambda call: next(answers, GOOD), "REQ-01")

    assert result.verdict == "warn"
    assert "unstable" in result.message


def test_a_failure_that_depends_on_earlier_calls_is_shown_with_them() -> None:
    class Remembers:
        first: str | None = None

        def __call__(self, call: Call) -> Outcome:
            self.first = self.first or call.api_key
            return GOOD if self.first == call.api_key else BAD

    client = Remembers()

    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation((Call(api_key="one"),))
        yield Situation((Call(api_key="two"),))

    lab = FakeLab(client)
    lab.restart = lambda: setattr(client, "first", None)  # type: ignore[method-assign]
    check = Check(CATALOGUE["REQ-01"], cases, None, must_be_ok)
    result = Runner(cast(Lab, lab), SETTING, Budget(0, 0.0)).run_one(check)

    assert result.verdict == "fail"
    assert result.counterexample is not None
    assert [call.api_key for call in result.counterexample.situation.calls] == ["one", "two"]


def test_a_client_that_crashes_again_and_again_ends_the_check() -> None:
    def cases(setting: Setting) -> Iterator[Situation]:
        for number in range(100):
            yield Situation((Call(api_key=str(number)),))

    result, lab = run(lambda call: Outcome("crash"), "REQ-01", cases, lambda episode: None)

    assert result.verdict == "fail"
    assert "the client crashed in 5 cases" in result.message
    assert result.counterexample is not None
    assert len(lab.played) < 10


def test_what_never_reached_the_emulator_is_not_judged() -> None:
    result, _ = run(lambda call: Outcome("error", kind="rejected_locally"), judge=lambda episode: None)

    assert (result.verdict, result.not_judged, result.examples) == ("skip", True, 0)


def test_what_reached_it_in_some_cases_is_judged_by_these() -> None:
    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation((Call(api_key="refused"),))
        yield Situation()

    def client(call: Call) -> Outcome:
        return Outcome("error", kind="rejected_locally") if call.api_key else GOOD

    result, _ = run(client, "REQ-01", cases)

    assert (result.verdict, result.not_judged, result.examples) == ("pass", False, 1)


@pytest.mark.parametrize("check_id", ["REQ-11", "REQ-14", "AUT-04", "AUT-05", "TRN-10"])
def test_where_a_refusal_is_a_right_answer_it_is_judged(check_id: str) -> None:
    result, _ = run(lambda call: Outcome("error", kind="rejected_locally"), check_id, judge=lambda episode: None)

    assert (result.verdict, result.examples) == ("pass", 1)


@pytest.mark.parametrize("check_id", ["REQ-01", "SEC-01", "AUT-02"])
def test_a_crash_before_anything_is_sent_is_a_failure(check_id: str) -> None:
    def client(call: Call) -> Outcome:
        return Outcome("crash", kind="rejected_locally", message="exit 1")

    result, _ = run(client, check_id, judge=lambda episode: None)

    assert result.verdict == "fail"
    assert "exit 1" in result.message


def test_a_client_that_has_hung_for_long_is_called_no_more() -> None:
    lab = FakeLab(lambda call: GOOD)
    lab.hung_seconds = 31.0
    check = Check(CATALOGUE["REQ-01"], simplest, None, must_be_ok)
    result = Runner(cast(Lab, lab), SETTING, Budget(100, 30.0)).run_one(check)

    assert (result.verdict, result.not_judged, lab.played) == ("skip", True, [])


@pytest.mark.parametrize("kept", [b"not JSON", b"[]", b"{}", b'{"calls": [{"colour": 1}]}', b"\xff"])
def test_a_kept_counterexample_that_cannot_be_read_is_dropped(tmp_path: Path, kept: bytes) -> None:
    lab = FakeLab(lambda call: GOOD)
    runner = Runner(cast(Lab, lab), SETTING, Budget(100, 30.0), database=tmp_path)
    check = Check(CATALOGUE["REQ-01"], simplest, None, must_be_ok)
    database = DirectoryBasedExampleDatabase(tmp_path)
    database.save(runner._key(check), kept)

    assert runner.run_one(check).verdict == "pass"
    assert list(database.fetch(runner._key(check))) == []


@pytest.mark.parametrize(("check_id", "verdict"), [("REQ-01", "fail"), ("REQ-13", "warn")])
def test_the_level_decides_what_a_failure_is(check_id: str, verdict: str) -> None:
    assert run(lambda call: BAD, check_id)[0].verdict == verdict


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (
            Outcome("error", kind="rejected_locally", message="no"),
            "no request reached the emulator; the client reported error (rejected_locally, no)",
        ),
        (Outcome("unsupported", message="no such thing", kind="rejected_locally"), "no such thing"),
    ],
)
def test_what_never_applies_is_skipped_with_its_reason(outcome: Outcome, message: str) -> None:
    result, _ = run(lambda call: outcome)

    assert (result.verdict, result.message) == ("skip", message)


@pytest.mark.parametrize("fault", [KitError("no emulator"), KeyError("x")])
def test_a_fault_of_the_kit_is_no_verdict(fault: Exception) -> None:
    def client(call: Call) -> Outcome:
        raise fault

    result, _ = run(client, "REQ-01")

    assert result.verdict == "error"
    assert str(fault) in result.message


def test_a_counterexample_is_kept_and_tried_first_the_next_time(tmp_path: Path) -> None:
    def client(call: Call) -> Outcome:
        return BAD if len(call.body.get("replica_name", "")) > 3 else GOOD

    first, before = run(client, database=tmp_path / "kept", client="one")
    second, after = run(client, database=tmp_path / "kept", client="one", seed=1)

    assert first.verdict == second.verdict == "fail"
    failing = [number for number, one in enumerate(after.played) if client(one.calls[0]) is BAD]
    assert failing[0] <= 2
    assert len(after.played) < len(before.played)


def test_the_same_seed_draws_the_same() -> None:
    _, first = run(lambda call: GOOD, seed=4)
    _, second = run(lambda call: GOOD, seed=4)
    _, other = run(lambda call: GOOD, seed=5)

    assert [one.key for one in first.played] == [one.key for one in second.played]
    assert [one.key for one in first.played] != [one.key for one in other.played]


def test_a_client_that_crashes_all_along_still_fails() -> None:
    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation(tuple(Call(api_key=str(number)) for number in range(8)))

    result, _ = run(lambda call: Outcome("crash"), "TRN-01", cases)

    assert result.verdict == "fail"
    assert result.counterexample is not None
    assert len(result.counterexample.situation.calls) == 1


@pytest.mark.parametrize(("worst", "verdict"), [("fails", "fail"), ("warns", "warn")])
def test_a_warning_does_not_hide_a_failure(worst: str, verdict: str) -> None:
    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation((Call(api_key="warns"),))
        yield Situation((Call(api_key=worst),))

    def judge(episode: Episode) -> None:
        raise CheckFailed("this", "that", is_warning=episode.last.call.api_key == "warns")

    result, _ = run(lambda call: GOOD, "REQ-01", cases, judge)

    assert result.verdict == verdict
    assert result.counterexample is not None
    assert result.counterexample.situation.calls[0].api_key == worst


def test_what_fails_because_the_client_was_broken_before_is_shown_with_what_broke_it() -> None:
    class Breaks:
        is_broken = False

        def __call__(self, call: Call) -> Outcome:
            was_broken = self.is_broken
            self.is_broken = was_broken or call.api_key == "breaks"
            return BAD if was_broken else GOOD

    client = Breaks()

    def cases(setting: Setting) -> Iterator[Situation]:
        yield Situation((Call(api_key="fine"), Call(api_key="breaks"), Call(api_key="another")))

    lab = FakeLab(client)
    lab.restart = lambda: setattr(client, "is_broken", False)  # type: ignore[method-assign]
    check = Check(CATALOGUE["TRN-01"], cases, None, must_be_ok)
    result = Runner(cast(Lab, lab), SETTING, Budget(0, 0.0)).run_one(check)

    assert result.verdict == "fail"
    assert result.counterexample is not None
    assert [call.api_key for call in result.counterexample.situation.calls] == ["breaks", "another"]
