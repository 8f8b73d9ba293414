from __future__ import annotations

from contract_tests.client.case import SIMPLEST_BODY, Call, Situation
from contract_tests.client.shrinking import MAX_TRIALS, reduce_situation

FULL = {
    "train_video_url": "https://example.com/other.mp4",
    "replica_name": "Rio",
    "model_name": "phoenix-3",
    "callback_url": "",
    "properties": {"gaze_correction": False, "background_green_screen": True},
}


def test_what_does_not_matter_is_left_out() -> None:
    found = reduce_situation(
        Situation((Call(), Call(FULL), Call())), lambda one: any("replica_name" in call.body for call in one.calls)
    )

    assert found == Situation((Call({**SIMPLEST_BODY, "replica_name": "Rio"}),))


def test_nested_fields_are_left_out_one_by_one() -> None:
    found = reduce_situation(
        Situation((Call(FULL),)), lambda one: "gaze_correction" in one.calls[0].body.get("properties", {})
    )

    assert found.calls[0].body == {**SIMPLEST_BODY, "properties": {"gaze_correction": False}}


def test_what_cannot_be_smaller_stays() -> None:
    assert reduce_situation(Situation(), lambda one: True) == Situation()
    assert reduce_situation(Situation((Call({}),)), lambda one: True) == Situation((Call({}),))


def test_the_number_of_trials_is_bounded() -> None:
    tried: list[Situation] = []
    many = Situation(tuple(Call({**FULL, f"x{number}": 1}) for number in range(100)))

    reduce_situation(many, lambda one: bool(tried.append(one)))  # type: ignore[func-returns-value]

    assert len(tried) == MAX_TRIALS


def test_situations_can_be_written_and_read_again() -> None:
    situation = Situation((Call(FULL, "key", "other", 0.3, 1.0, ({"cut": 1},)), Call()), 0.5, True)

    again = Situation.from_json(situation.to_json())

    assert again == situation
    assert again.calls[0].to_json() == situation.calls[0].to_json()
