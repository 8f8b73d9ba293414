from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.client.case import SIMPLEST_BODY, Call, ClientCase, one
from contract_tests.client.session import ClientSubject
from contract_tests.engine.shrink import shrink
from contract_tests.http.script import Cut, Script

FULL = {
    "train_video_url": "https://example.com/other.mp4",
    "replica_name": "Rio",
    "model_name": "phoenix-3",
    "callback_url": "",
    "properties": {"gaze_correction": False, "background_green_screen": True},
}
WRITTEN = Path(__file__).parents[1] / "written_by_c9ef40a"


def test_what_does_not_matter_is_left_out() -> None:
    found = shrink(
        ClientCase((Call(), Call(FULL), Call()), is_batch=True),
        lambda case: any("replica_name" in call.body for call in case.calls),
        60,
    )

    assert found.calls == (Call({**SIMPLEST_BODY, "replica_name": "Rio"}),)


def test_nested_fields_are_left_out_one_by_one() -> None:
    found = shrink(one(Call(FULL)), lambda case: "gaze_correction" in case.calls[0].body.get("properties", {}), 60)

    assert found.calls[0].body == {**SIMPLEST_BODY, "properties": {"gaze_correction": False}}


def test_the_probe_is_never_left_out() -> None:
    probe = Call(scripts=(Script(cut=1),))
    found = shrink(ClientCase((Call(), Call(FULL), probe)), lambda case: True, 60)

    assert found == ClientCase((probe,))


def test_what_cannot_be_smaller_stays() -> None:
    assert shrink(ClientCase(), lambda case: True, 60) == ClientCase()
    assert shrink(one(Call({})), lambda case: True, 60) == one(Call({}))


def test_the_number_of_tries_is_bounded() -> None:
    tried: list[ClientCase] = []
    many = ClientCase(tuple(Call({**FULL, f"x{number}": 1}) for number in range(100)), is_batch=True)

    shrink(many, lambda case: bool(tried.append(case)), 60)  # type: ignore[func-returns-value]

    assert len(tried) == 60


def test_cases_can_be_written_and_read_again() -> None:
    script = Script(cut=Cut.IN_BODY, end="rst", chunks=(1, 2))
    case = ClientCase((Call(FULL, "key", "other", 0.3, 1.0, (script,)), Call()), 0.5, True, True)
    again = ClientCase.from_json(json.loads(json.dumps(case.to_json())))

    assert again == case
    assert again.key == case.key
    other = one(Call({"replica_id": "r1"}, operation="get_replica"))
    assert ClientCase.from_json(other.to_json()) == other


def test_a_batch_that_cannot_be_judged_is_tried_call_by_call() -> None:
    batch = ClientCase((Call(), Call(FULL)), is_batch=True)

    assert [part.calls for part in batch.parts()] == [(Call(),), (Call(FULL),)]
    assert len(list(one(Call(FULL)).parts())) == 5
    assert list(ClientCase((Call(), Call(FULL))).parts()) == []


def test_a_case_behind_others_is_bounded() -> None:
    case = ClientCase((Call(FULL),))

    assert case.after(ClientCase((Call(),) * 4)) == ClientCase(((Call(),) * 4) + (Call(FULL),))
    assert case.after(ClientCase((Call(),) * 5)) is None


@pytest.mark.parametrize("path", sorted(WRITTEN.glob("*.json")), ids=lambda path: path.stem)
def test_replay_lines_that_an_earlier_version_wrote_can_still_be_read(path: Path) -> None:
    replays = [check["replay"] for check in json.loads(path.read_text())["checks"] if "replay" in check]

    assert replays
    for line in replays:
        written = json.loads(line.partition("--replay ")[2].strip("'").replace("'\"'\"'", "'"))
        case = ClientCase.from_json(written)
        assert case.to_json()["calls"] == [
            {**call, "scripts": [Script.from_json(one).to_json() for one in call["scripts"]]}
            if "scripts" in call
            else call
            for call in written["calls"]
        ]


@pytest.mark.parametrize(
    ("call", "group", "why"),
    [
        ({"operation": "delete_replica"}, "GET", None),
        ({"operation": "list_replicas"}, "GET", "GET does not judge list_replicas"),
        ({"endpoint": "elsewhere"}, "REQ", "expected one of .*, received 'elsewhere'"),
    ],
)
def test_a_replayed_case_is_one_of_the_checks_group(call: dict[str, Any], group: str, why: str | None) -> None:
    value = one(replace(Call(), **call)).to_json()
    subject = ClientSubject("a client", ["true"])

    if why is None:
        assert subject.read_case(value, group).to_json() == value
    else:
        with pytest.raises(ValueError, match=why):
            subject.read_case(value, group)
