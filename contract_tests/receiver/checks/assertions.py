"""What several checks ask of a story that was played."""

from __future__ import annotations

from contract_tests.failures import CheckFailed, NotApplicable
from contract_tests.receiver.case import EventKind
from contract_tests.receiver.context import ReceiverContext
from contract_tests.receiver.observation import EventStep, ReceiverObservation

_LOSES = (409, 503)
"""What may be answered to the one of two callbacks that loses."""

NO_STATE = "the state was not judged: that needs --created and --receiver-state"
REDELIVERY = "it relies on redelivery, which the vendor does not document"


def needs_state(context: ReceiverContext) -> None:
    """Let only a receiver be judged whose state can be asked for.

    Args:
        context: What is known of the receiver.

    Raises:
        NotApplicable: It cannot.
    """
    if not context.has_state:
        raise NotApplicable(NO_STATE)


def needs_effects(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Let only a receiver be judged that tells how often it has acted.

    Args:
        observation: The story.
        context: What is known of the receiver.

    Raises:
        NotApplicable: It does not.
    """
    needs_state(context)
    told = [step.state for step in observation.steps if step.state is not None and step.state.word != "unknown"]
    if told and all(state.effects is None for state in told):
        raise NotApplicable("the state does not tell how often the application has acted (`effects`)")


def needs_basics(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Let a story be judged only if the receiver takes the plain callbacks that it is made of: one root, one finding.

    Args:
        observation: The story.
        context: What is known of the receiver.

    Raises:
        NotApplicable: It does not.
    """
    told = {event.status for event in observation.case.events}
    if "ready" in told and not context.takes_ready:
        raise NotApplicable("a plain `ready` is not taken; see CBK-01")
    if "error" in told and not context.takes_error:
        raise NotApplicable("a plain `error` is not taken; see CBK-02")


def must_be_taken(step: EventStep, documented: str = "a 2xx") -> None:
    """Assert that every request of an event was taken.

    Args:
        step: The event.
        documented: What is asked for, in words.

    Raises:
        CheckFailed: One was not.
    """
    for response in step.responses:
        if not response.is_taken:
            raise CheckFailed(str(response), documented, place="response")


def must_believe(observation: ReceiverObservation, context: ReceiverContext) -> None:
    """Assert that after each event the state is what the table of transitions says.

    Args:
        observation: The story.
        context: What is known of the receiver.

    Raises:
        CheckFailed: It is another one.
    """
    if not context.has_state:
        return
    for number, step in enumerate(observation.steps):
        if step.state is not None and not step.state.fits(step.expected):
            received = f"the state {step.state} after {told_so_far(observation, number)}"
            raise CheckFailed(received, f"{step.expected.documented}", place="state")


def told_so_far(observation: ReceiverObservation, number: int) -> str:
    """Return the events of a story up to one of them, in a line.

    Args:
        observation: The story.
        number: The last event, counted from 0.
    """
    return " · ".join(_name(step) for step in observation.steps[: number + 1])


def _name(step: EventStep) -> str:
    event = step.event
    replica = "" if event.replica == "A" else f" of {event.replica}"
    again = " again" if step.is_again else ""
    if event.kind is EventKind.CREATED:
        return f"create answered{replica}"
    if event.kind is not EventKind.CALLBACK:
        return f"{event.kind.replace('_', ' ')}{replica}"
    times = f" x{event.times}" if event.times > 1 else ""
    return f"callback {event.status or event.body.get('status', event.method)}{replica}{times}{again}"


def must_answer(observation: ReceiverObservation) -> None:
    """Assert that no callback of a story is answered by a 5xx, that a first one is taken, and a duplicate or refused.

    Args:
        observation: The story.

    Raises:
        CheckFailed: One is answered otherwise.
    """
    is_known: set[str] = set()
    ended: set[str] = set()
    for number, step in enumerate(observation.steps):
        if step.event.kind is EventKind.CREATED:
            is_known.add(step.event.replica)
        if step.event.kind is not EventKind.CALLBACK or step.event.status is None:
            continue
        is_first = step.event.replica in is_known and step.event.replica not in ended
        loses = [one for one in step.responses if one.status in _LOSES]
        for response in step.responses:
            is_fine = response.is_taken or (response.status in _LOSES and len(loses) < len(step.responses))
            if not is_first and response.status is not None and response.status < 500:
                is_fine = is_fine or response.status == 409 or step.event.replica not in is_known
            if not is_fine:
                documented = "a 2xx" if is_first else "a 2xx, or a 409"
                received = f"{response} after {told_so_far(observation, number)}"
                raise CheckFailed(received, documented, place="response")
        if step.event.replica in is_known or any(one.is_taken for one in step.responses):
            ended.add(step.event.replica)


def warns_of_redelivery(observation: ReceiverObservation) -> None:
    """Warn if an early callback had to be sent again.

    Args:
        observation: The story.

    Raises:
        CheckFailed: It had, as a warning.
    """
    if observation.relied_on_redelivery:
        received = f"an early callback was refused, and taken when it was sent again: {REDELIVERY}"
        raise CheckFailed(received, "an early callback is kept until the create is answered", is_warning=True)
