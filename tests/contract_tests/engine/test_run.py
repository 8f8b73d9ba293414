"""The engine on a subject of its own: numbers that a function judges. It knows neither clients nor receivers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from contract_tests.engine.model import Check, CheckResult, JsonObject, Options, Probe, ShownStep
from contract_tests.engine.run import Runner, deal
from contract_tests.engine.saved import SavedCases
from contract_tests.failures import CheckFailed, KitError, NotApplicable, NotJudged
from contract_tests.requirements import Authority, Evidence, Level, Requirement


@dataclass(frozen=True, slots=True)
class Numbers:
    """A case: some numbers, one after the other."""

    numbers: tuple[int, ...]

    @property
    def key(self) -> str:
        return str(self.numbers)

    @property
    def cost(self) -> float:
        return 0.001 * len(self.numbers)

    def to_json(self) -> JsonObject:
        return {"numbers": list(self.numbers)}

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        return cls(tuple(int(number) for number in value["numbers"]))

    def smaller(self) -> Iterator[Self]:
        for at in range(len(self.numbers) if len(self.numbers) > 1 else 0):
            yield type(self)((*self.numbers[:at], *self.numbers[at + 1 :]))

    def parts(self) -> Iterator[Self]:
        if len(self.numbers) > 1:
            yield from (type(self)((number,)) for number in self.numbers)

    def after(self, earlier: Self) -> Self | None:
        numbers = (*earlier.numbers, *self.numbers)
        return type(self)(numbers) if len(numbers) <= 5 else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a case: for each number what the subject said; `None` where it said nothing."""

    case: Numbers
    said: tuple[Any, ...]

    user_agent = ""

    @property
    def crash(self) -> str | None:
        return "exit 1" if "crash" in self.said else None

    @property
    def hangs(self) -> int:
        return self.said.count("hang")

    @property
    def unsupported(self) -> str | None:
        return "not with me" if "unsupported" in self.said else None

    @property
    def is_silent(self) -> bool:
        return None in self.said

    @property
    def is_refused(self) -> bool:
        return all(one is None for one in self.said)

    def lacks(self, evidence: Evidence) -> str | None:
        return "nothing was said" if evidence is Evidence.REQUEST and self.is_refused else None

    def steps_shown(self) -> Sequence[ShownStep]:
        return ()

    def to_json(self) -> JsonObject:
        return {}


class Table:
    """A bench: the subject is a function that may remember, until it is started anew."""

    def __init__(self, make: Callable[[], Callable[[int], Any]]) -> None:
        self._make = make
        self._say = make()
        self.played: list[Numbers] = []
        self.restarts = 0

    def play(self, case: Numbers, *, patiently: bool = False) -> Seen:
        self.played.append(case)
        return Seen(case, tuple(self._say(number) for number in case.numbers))

    def restart(self) -> None:
        self.restarts += 1
        self._say = self._make()

    def close(self) -> None:
        pass


def small(seen: Seen, limit: int) -> Iterator[CheckFailed]:
    """Yield each number that is as large as the limit."""
    for number, said in zip(seen.case.numbers, seen.said, strict=True):
        if said == "bad":
            yield CheckFailed(f"{number} is bad", "good", place=str(number) if limit > 100 else "")
        if said == "poor":
            yield CheckFailed(f"{number} is poor", "good", is_warning=True)


def requirement(
    check_id: str = "NUM-01", level: Level = Level.MUST, evidence: Evidence = Evidence.REQUEST
) -> Requirement:
    return Requirement(check_id, level, "takes numbers", Authority.HOUSE, "nowhere", "No harm.", evidence)


def cases(*numbers: tuple[int, ...]) -> Probe[Numbers, int]:
    return Probe("numbers", lambda limit: [Numbers(one) for one in numbers])


def drawn(top: int = 1000) -> Probe[Numbers, int]:
    numbers = st.lists(st.integers(0, top), min_size=1, max_size=4)
    return Probe("drawn", lambda limit: [Numbers((0,))], lambda limit: numbers.map(lambda one: Numbers(tuple(one))))


NOWHERE: SavedCases[Numbers] = SavedCases(None, "", Numbers.from_json)


def run(
    say: Callable[[int], Any],
    probe: Probe[Numbers, int] | None = None,
    judge: Any = small,
    *,
    make: Callable[[], Callable[[int], Any]] | None = None,
    options: Options = Options(),
    saved: SavedCases[Numbers] = NOWHERE,
    asked: Requirement | None = None,
    limit: int = 10,
    only: Numbers | None = None,
) -> tuple[CheckResult[Numbers, Seen], Table]:
    table = Table(make or (lambda: say))
    check: Check[Numbers, Seen, int] = Check(asked or requirement(), probe or cases((1,)), judge)
    return Runner([table], limit, options, saved).run_one(check, only), table


def good(number: int) -> str:
    return "good"


def bad_from(limit: int) -> Callable[[int], str]:
    return lambda number: "bad" if number >= limit else "good"


def test_a_check_that_holds_passes_after_as_many_examples_as_were_asked_for() -> None:
    result, _ = run(good, drawn())

    assert (result.verdict, result.failure) == ("pass", None)
    assert 50 <= result.examples <= 101


def test_a_drawn_failure_is_shrunk_to_what_matters() -> None:
    result, _ = run(bad_from(77), drawn())

    assert result.verdict == "fail"
    assert result.failure is not None
    assert result.failure.case == Numbers((77,))
    assert str(result.failure) == "Received: 77 is bad / Documented: good"


def test_a_fixed_case_that_fails_is_made_smaller_and_nothing_is_drawn() -> None:
    probe = Probe("both", lambda limit: [Numbers((1, 20, 3))], drawn().drawn)
    result, table = run(bad_from(10), probe)

    assert result.failure is not None
    assert result.failure.case == Numbers((20,))
    assert len(table.played) < 20


def test_the_same_seed_draws_the_same_whatever_the_time_is() -> None:
    _, first = run(good, drawn(), options=Options(seed=4))
    _, second = run(good, drawn(), options=Options(seed=4))
    _, other = run(good, drawn(), options=Options(seed=5))

    assert first.played == second.played
    assert first.played != other.played


def test_failures_that_differ_in_place_are_all_shown_up_to_three() -> None:
    result, _ = run(bad_from(10), cases((1,), (20, 5), (30,), (20,), (40,), (50,)), limit=101)

    assert [failure.place for failure in result.failures] == ["20", "30", "40"]
    assert result.failures[0].case == Numbers((20,))


def test_a_warning_does_not_hide_a_failure() -> None:
    def say(number: int) -> str:
        return {1: "poor", 2: "bad"}.get(number, "good")

    assert run(say, cases((1,), (2,)))[0].verdict == "fail"
    warned, _ = run(say, cases((1,), (3,)))
    assert (warned.verdict, str(warned.failure)) == ("warn", "Received: 1 is poor / Documented: good")


@pytest.mark.parametrize(("level", "verdict"), [(Level.MUST, "fail"), (Level.SHOULD, "warn"), (Level.INFO, "pass")])
def test_the_level_decides_what_a_failure_is(level: Level, verdict: str) -> None:
    assert run(bad_from(1), asked=requirement(level=level))[0].verdict == verdict


def test_a_failure_that_does_not_come_again_is_a_warning() -> None:
    answers = iter(["bad"])
    result, _ = run(lambda number: next(answers, "good"))

    assert result.verdict == "warn"
    assert "unstable" in result.message


def test_a_failure_that_depends_on_earlier_cases_is_shown_with_them() -> None:
    def make() -> Callable[[int], str]:
        met: list[int] = []

        def say(number: int) -> str:
            met.append(number)
            return "bad" if number == 2 and 1 in met else "good"

        return say

    result, _ = run(good, cases((1,), (2,)), make=make)

    assert result.verdict == "fail"
    assert result.failure is not None
    assert result.failure.case == Numbers((1, 2))


def test_what_was_not_judged_as_a_whole_is_tried_part_by_part() -> None:
    def say(number: int) -> str | None:
        return None if number > 5 else "bad" if number == 3 else "good"

    def judge(seen: Seen, limit: int) -> Iterator[CheckFailed]:
        if seen.is_silent:
            raise NotJudged("a number came to nothing")
        yield from small(seen, limit)

    result, _ = run(say, cases((1, 3, 9)), judge)

    assert result.failure is not None
    assert result.failure.case == Numbers((3,))


def test_what_says_nothing_is_tried_in_a_subject_that_is_started_anew() -> None:
    def make() -> Callable[[int], str | None]:
        met: list[int] = []

        def say(number: int) -> str | None:
            met.append(number)
            return "good" if len(met) <= 2 else None

        return say

    result, table = run(good, cases((1,), (2,), (3,)), make=make)

    assert (result.verdict, result.examples, table.restarts) == ("pass", 3, 1)


def test_what_never_says_anything_is_not_judged() -> None:
    result, _ = run(lambda number: None)

    assert (result.verdict, result.not_judged, result.message) == ("skip", True, "nothing was said")
    told, _ = run(lambda number: None, asked=requirement(evidence=Evidence.REPORT))
    assert (told.verdict, told.examples) == ("pass", 1)


def test_what_the_subject_does_not_offer_is_a_skip() -> None:
    result, _ = run(lambda number: "unsupported")

    assert (result.verdict, result.not_judged, result.message) == ("skip", False, "not with me")


def test_a_case_that_does_not_apply_is_passed_over() -> None:
    def judge(seen: Seen, limit: int) -> None:
        if seen.case.numbers == (1,):
            raise NotApplicable("not one")

    assert run(good, cases((1,), (2,)), judge)[0].examples == 1
    skipped, _ = run(good, cases((1,)), judge)
    assert (skipped.verdict, skipped.message) == ("skip", "not one")


def test_what_was_found_is_not_lost_if_the_rest_does_not_apply() -> None:
    def some(limit: int) -> Iterator[Numbers]:
        yield Numbers((20,))
        raise NotApplicable("the others take too long")

    result, _ = run(bad_from(10), Probe("some", some), limit=101)

    assert (result.verdict, str(result.failure)) == ("fail", "Received: 20 is bad / Documented: good")


def test_a_replay_that_does_not_fit_the_check_is_told_in_a_line() -> None:
    def judge(seen: Seen, limit: int) -> None:
        raise KeyError("replica_id")

    result, _ = run(good, judge=judge, only=Numbers((1,)))

    assert (result.verdict, result.traceback) == ("error", "")
    assert "the case does not fit NUM-01" in result.message


def test_a_crash_is_never_a_skip() -> None:
    def judge(seen: Seen, limit: int) -> None:
        raise NotApplicable("it does not apply")

    result, _ = run(lambda number: "crash", judge=judge)

    assert result.verdict == "fail"
    assert "a crash: exit 1" in result.message


def test_a_subject_that_crashes_again_and_again_ends_the_check() -> None:
    result, table = run(lambda number: "crash", cases(*((number,) for number in range(100))), lambda seen, limit: None)

    assert result.verdict == "fail"
    assert "a crash in 5 cases" in result.message
    assert result.failure is not None
    assert len(table.played) < 10


def test_a_subject_that_hangs_again_and_again_is_asked_no_more() -> None:
    result, table = run(lambda number: "hang", cases(*((number,) for number in range(100))), options=Options(hangs=2))

    assert (result.verdict, result.not_judged, len(table.played)) == ("skip", True, 3)
    assert "gave no answer 3 times" in result.message


@pytest.mark.parametrize("fault", [KitError("no emulator"), KeyError("x")])
def test_a_fault_of_the_kit_is_no_verdict_and_keeps_where_it_was(fault: Exception) -> None:
    def say(number: int) -> str:
        raise fault

    result, _ = run(say)

    assert result.verdict == "error"
    assert str(fault) in result.message
    assert ("Traceback" in result.traceback) is not isinstance(fault, KitError)


def test_a_replay_judges_one_case(tmp_path: Path) -> None:
    result, table = run(bad_from(10), cases((1,)), only=Numbers((11,)))
    fine, _ = run(good, cases((1,)), only=Numbers((11,)))
    crashed, _ = run(lambda number: "crash", judge=lambda seen, limit: None, only=Numbers((1,)))

    assert (result.verdict, table.played) == ("fail", [Numbers((11,))])
    assert (fine.verdict, fine.examples) == ("pass", 1)
    assert crashed.verdict == "fail"


def test_a_counterexample_is_saved_and_tried_first_the_next_time(tmp_path: Path) -> None:
    saved = SavedCases(tmp_path, "one", Numbers.from_json)
    first, before = run(bad_from(77), drawn(), saved=saved)
    second, after = run(bad_from(77), drawn(), saved=saved, options=Options(seed=1))
    mended, _ = run(good, drawn(), saved=saved)

    assert first.verdict == second.verdict == "fail"
    assert after.played[0] == Numbers((77,))
    assert len(after.played) < len(before.played)
    assert (mended.verdict, saved.fetch("NUM-01")) == ("pass", [])


@pytest.mark.parametrize("value", [b"not JSON", b"[]", b"{}", b'{"numbers": ["a"]}', b"\xff"])
def test_a_saved_counterexample_that_cannot_be_read_is_dropped(tmp_path: Path, value: bytes) -> None:
    saved = SavedCases(tmp_path, "one", Numbers.from_json)
    database = DirectoryBasedExampleDatabase(tmp_path)
    database.save(saved._key("NUM-01"), value)

    assert run(good, saved=saved)[0].verdict == "pass"
    assert list(database.fetch(saved._key("NUM-01"))) == []


def test_samples_are_kept_for_a_trace() -> None:
    result, _ = run(good, cases((1,), (2,), (3,)), options=Options(samples=2))

    assert [sample.case for sample in result.samples] == [Numbers((1,)), Numbers((2,))]


def many_checks() -> list[Check[Numbers, Seen, int]]:
    shared = drawn()
    probes = [shared, cases((1,), (2,)), shared, drawn(50), cases((50,)), cases((3,)), drawn(9), cases((99, 1))]
    return [Check(requirement(f"NUM-{number:02}"), probe, small) for number, probe in enumerate(probes)]


def test_checks_are_dealt_by_their_probes_and_the_seed_alone() -> None:
    checks = many_checks()
    shards = deal(checks, 10, Options())

    assert shards == deal(checks, 10, Options())
    assert sorted(check.check_id for shard in shards for check in shard) == [check.check_id for check in checks]
    (with_shared,) = [shard for shard in shards if checks[0] in shard]
    assert checks[2] in with_shared
    assert all(shard == sorted(shard, key=lambda check: check.check_id) for shard in shards)


def test_the_table_of_verdicts_is_the_same_for_any_number_of_benches() -> None:
    tables = []
    for count in (1, 2, 4):
        benches = [Table(lambda: bad_from(40)) for _ in range(count)]
        runner = Runner(benches, 10, Options(), NOWHERE)
        found = {one.requirement.check_id: one for one in runner.run(many_checks())}
        tables.append([(key, one.verdict, one.examples, one.message) for key, one in sorted(found.items())])

    assert tables[0] == tables[1] == tables[2]
    assert {verdict for _, verdict, _, _ in tables[0]} == {"pass", "fail"}


def test_an_interrupted_run_ends_its_workers() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def say(number: int) -> str:
        entered.set()
        go_on.wait(10)
        return "good"

    benches = [Table(lambda: say), Table(lambda: say)]
    results = Runner(benches, 10, Options(), NOWHERE).run([*many_checks()])
    first = threading.Thread(target=lambda: next(results, None))
    first.start()
    entered.wait(10)
    go_on.set()
    first.join(30)
    results.close()  # type: ignore[attr-defined]
    before = [len(bench.played) for bench in benches]

    assert not first.is_alive()
    assert sum(before) < 1000
