"""What will happen to a replica, and when; and what it looks like at any moment until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from mock_tavus.contract.words import CallbackWords
from mock_tavus.messages import Delivery, JsonObject, Replica, TrainingPlan
from mock_tavus.training_errors import TRAINING_ERRORS


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How trainings go in an account.

    Args:
        duration: How long a training takes, in seconds (the vendor takes 4 to 6 hours, documented).
        messages: What is said for each cause of failure.
    """

    duration: float
    messages: Mapping[str, str]

    @classmethod
    def with_messages(cls, duration: float, messages: Mapping[str, str]) -> TrainingSettings:
        """Return settings whose messages are our own, but for those given.

        Args:
            duration: How long a training takes, in seconds.
            messages: Messages by cause.
        """
        return cls(duration, {**TRAINING_ERRORS, **messages})


def plan_training(
    train_video_url: str,
    now: float,
    settings: TrainingSettings,
    *,
    cause: str | None = None,
    duration: float | None = None,
) -> TrainingPlan:
    """Decide how a training that begins now will end.

    It fails if the video's file is named after one of the causes, `…/video_fps.mp4`, whatever the host: so a test picks
    the outcome through the one field that every client sends.

    Args:
        train_video_url: What the client sent.
        now: The account's moment.
        settings: How trainings go in the account.
        cause: Why this one fails, whatever its video is called.
        duration: How long this one takes; infinity for one that is stuck for ever.
    """
    cause = cause or _file_stem(train_video_url)
    return TrainingPlan(
        begins_at=now,
        ends_at=now + (settings.duration if duration is None else duration),
        error_message=settings.messages.get(cause) if cause in TRAINING_ERRORS else None,
    )


def planned_delivery(replica: Replica, url: str, words: CallbackWords) -> Delivery:
    """Return the callback that will tell the end of a replica's training.

    Args:
        replica: With its plan.
        url: Where to.
        words: What the contract says of it.
    """
    return Delivery(
        delivery_id=f"cb_{replica.replica_id}",
        account_id=replica.account_id,
        replica_id=replica.replica_id,
        url=url,
        body=callback_body(replica.replica_id, replica.plan.error_message, words),
        due_at=replica.plan.ends_at,
    )


def callback_body(replica_id: str, error_message: str | None, words: CallbackWords) -> JsonObject:
    """Return what a callback says: `ready` where polling says `completed` (documented).

    Args:
        replica_id: Of whom.
        error_message: Why training failed; None if it completed.
        words: What the contract says of it.
    """
    if error_message is None:
        return words.body("ready", replica_id=replica_id)
    return words.body("error", replica_id=replica_id, error_message=error_message)


def has_ended(plan: TrainingPlan, now: float) -> bool:
    """Return whether training is over.

    Args:
        plan: The training, as data.
        now: The account's moment, in seconds since 1970.
    """
    return now >= plan.ends_at


def status_at(plan: TrainingPlan, now: float) -> str:
    """Return `started`, `completed` or `error` (documented).

    Args:
        plan: The training, as data.
        now: The account's moment, in seconds since 1970.
    """
    if not has_ended(plan, now):
        return "started"
    return "completed" if plan.error_message is None else "error"


def progress_at(plan: TrainingPlan, now: float) -> int:
    """Return how far training is, 0 to 100: 100 only for one that completed, at most 99 for any other (assumed).

    Args:
        plan: The training, as data.
        now: The account's moment, in seconds since 1970.
    """
    if has_ended(plan, now):
        return 100 if plan.error_message is None else 99
    if now <= plan.begins_at:
        return 0
    return min(99, int(100 * (now - plan.begins_at) / (plan.ends_at - plan.begins_at)))


def _file_stem(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:  # a URL that the contract lets pass need not be one that can be taken apart: `http://[`
        return ""
    return path.rpartition("/")[2].partition(".")[0]
