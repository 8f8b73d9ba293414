from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.contract.words import CallbackWords
from mock_tavus.families.lifecycle import (
    TrainingSettings,
    has_ended,
    plan_training,
    planned_delivery,
    progress_at,
    status_at,
)
from mock_tavus.messages import Replica, TrainingPlan
from mock_tavus.training_errors import TRAINING_ERRORS

SETTINGS = TrainingSettings.with_messages(10.0, {})
MOMENTS = st.floats(0, 1e10)

WORDS = CallbackWords(
    ("callback_url",),
    {
        "ready": {"replica_id": "", "status": "ready"},
        "error": {"replica_id": "", "status": "error", "error_message": ""},
    },
)


def test_there_are_the_26_documented_causes() -> None:
    assert len(TRAINING_ERRORS) == 26
    assert all(message.endswith(".") and len(message) > 20 for message in TRAINING_ERRORS.values())


@pytest.mark.parametrize("cause", TRAINING_ERRORS)
@pytest.mark.parametrize(
    "form", ["https://a.example/{}.mp4", "http://b.test:9/x/{}.mov?sig=1#t", "https://c.example/{}"]
)
def test_a_video_named_after_a_cause_fails_for_it(cause: str, form: str) -> None:
    assert plan_training(form.format(cause), 0.0, SETTINGS).error_message == TRAINING_ERRORS[cause]


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/me.mp4",
        "https://a.example/video_fps/me.mp4",
        "https://video_fps.example/me.mp4",
        "https://a.example/me.mp4?name=video_fps.mp4",
        "https://a.example/my_video_fps.mp4",
        "https://a.example/",
        "http://[",
    ],
)
def test_any_other_video_completes(url: str) -> None:
    assert plan_training(url, 0.0, SETTINGS).error_message is None


def test_messages_can_be_replaced() -> None:
    settings = TrainingSettings.with_messages(1.0, {"video_fps": "too slow"})

    assert plan_training("https://a.example/video_fps.mp4", 0.0, settings).error_message == "too slow"
    assert plan_training("https://a.example/file_size.mp4", 0.0, settings).error_message == TRAINING_ERRORS["file_size"]


@given(begins_at=MOMENTS, duration=st.floats(0, 1e6), moments=st.lists(MOMENTS), error=st.none() | st.text())
def test_progress_never_goes_back_and_ends_with_the_training(
    begins_at: float, duration: float, moments: list[float], error: str | None
) -> None:
    plan = TrainingPlan(begins_at, begins_at + duration, error)
    progress = [progress_at(plan, moment) for moment in sorted(moments)]

    assert progress == sorted(progress)
    assert all(0 <= value <= 100 for value in progress)
    for moment in moments:
        completed = has_ended(plan, moment) and error is None
        assert (progress_at(plan, moment) == 100) == completed
        assert status_at(plan, moment) == (
            "started" if moment < plan.ends_at else "completed" if error is None else "error"
        )


def test_progress_is_the_share_of_the_time() -> None:
    plan = TrainingPlan(100.0, 200.0)

    assert [progress_at(plan, moment) for moment in (0, 100, 142.9, 199.9, 200)] == [0, 0, 42, 99, 100]


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (None, {"replica_id": "r1", "status": "ready"}),
        ("bad", {"replica_id": "r1", "status": "error", "error_message": "bad"}),
    ],
)
def test_the_callback_tells_the_end_when_it_comes(error: str | None, body: dict[str, str]) -> None:
    replica = Replica("r1", "acct_1", "Rio", TrainingPlan(1.0, 5.0, error))

    delivery = planned_delivery(replica, "http://127.0.0.1/hook", WORDS)

    assert (delivery.body, delivery.due_at, delivery.url) == (body, 5.0, "http://127.0.0.1/hook")
