"""The emulator itself: one request in, one answer out, and what follows from it."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mock_tavus.auth import Authenticator, account_id_for
from mock_tavus.background import Background
from mock_tavus.callbacks import CallbackDispatcher, CallbackSender, TargetPolicy
from mock_tavus.clock import BaseClock, SystemClock
from mock_tavus.config import Config
from mock_tavus.contract import Contract, Operation
from mock_tavus.engine.explanation import Explainer
from mock_tavus.engine.faults import forced_reply, spoil
from mock_tavus.engine.journal import Journal
from mock_tavus.engine.masking import Masker
from mock_tavus.engine.scenarios import HEADER as SCENARIO_HEADER
from mock_tavus.engine.scenarios import NOTHING, Outcome, ScenarioError, Scenarios, outcome_of_headers
from mock_tavus.errors import (
    ApiError,
    ContractError,
    ForeignOrigin,
    InternalError,
    InvalidScenario,
    MethodNotAllowed,
    NotFound,
    RequestTimeout,
    TooLarge,
    Violation,
)
from mock_tavus.families.context import OperationContext
from mock_tavus.families.lifecycle import TrainingSettings, has_ended
from mock_tavus.families.registry import OperationHandler, load_handlers, module_file
from mock_tavus.ids import SeededIds
from mock_tavus.messages import (
    ApiReply,
    ApiRequest,
    Delivery,
    JournalEntry,
    OperationCall,
    OperationResult,
    Replica,
)
from mock_tavus.origins import Origins
from mock_tavus.store import Account, Accounts, MemoryStore, Store
from mock_tavus.version import __version__
from mock_tavus.wire import WireBook

_log = logging.getLogger("mock_tavus")
_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

USER_AGENT = f"mock-tavus/{__version__}"
"""What callbacks are sent as; the control plane refuses whatever calls itself so."""

EXPLAIN_HEADER = "X-Mock-Tavus-Explain"


class Emulator:
    """Answer as the API does, remember, and call back.

    This is the composition root: what stands below is put together here and nowhere else. It knows no web framework.

    Args:
        config: How to behave.
        clock: What goes on below the accounts' own clocks.
        contract: What to serve; by default what `config.openapi` names.

    Raises:
        ContractError: The contract cannot be served.
    """

    def __init__(
        self, config: Config | None = None, clock: BaseClock | None = None, contract: Contract | None = None
    ) -> None:
        self.config = config or Config()
        self.clock: BaseClock = clock or SystemClock()
        self.contract = contract or Contract.load(self.config.openapi, null_is_absent=self.config.accept_null)
        self.training = TrainingSettings.with_messages(self.config.training_time, self.config.training_messages)
        self._ids = SeededIds(self.config.seed, self.config.replica_id_digits)
        self._draws = itertools.count()
        self.scenarios = Scenarios(self._ids.draw)
        self.masker = Masker(_secret_names(self.contract), self.config.api_keys)
        self.journal = Journal(self.config.journal_size, self.masker)
        self._origins = Origins(self.config.control_hosts)
        self.background = Background()
        self.policy = TargetPolicy(self.config.allow_callback_hosts, self.config.callback_rewrites)
        self.wire = WireBook()
        self.explainer = Explainer(self.contract, self.policy)
        self.store: Store = MemoryStore(self.config.max_replicas, self.config.journal_size, self._has_ended)
        self.deliveries_changed = threading.Condition()
        self.stopped = threading.Event()
        self._followers: list[dict[int, Delivery]] = []
        self._delivery_listeners: list[Callable[[Delivery], None]] = []
        self.dispatcher = CallbackDispatcher(
            self.store,
            self.policy,
            CallbackSender(self.clock, self.config.callback_timeout, USER_AGENT),
            self.clock,
            retries=self.config.callback_retries,
            on_changed=self._delivery_changed,
            background=self.background,
        )
        self.clock.on_change(self.dispatcher.look_again)
        self.accounts = Accounts(
            self.store,
            self.clock,
            self._ids,
            self.config.max_accounts,
            on_jump=self.dispatcher.look_again,
        )
        self._handlers = _handlers_for(self.contract)
        self._authenticator = Authenticator(self.config.api_keys)
        self._numbers = itertools.count(1)

    def start(self) -> None:
        """Start sending callbacks. Whoever listens for the emulator tells `policy` where, before anything comes."""
        self.dispatcher.start()

    def stop(self) -> None:
        """Stop sending callbacks at once."""
        self.stopped.set()
        self.background.stop()
        self.dispatcher.stop()

    def handle(self, request: ApiRequest) -> ApiReply:
        """Answer one request, and journal it, whatever the answer.

        The caller writes the reply, and then calls `answered` with it.
        """
        started = self.clock.monotonic()
        number = next(self._numbers)
        account: Account | None = None
        violations: tuple[Violation, ...] = ()
        try:
            self._admit(request)
            operation = self._find_operation(request)
            account = self.accounts.open(self._authenticate(operation, request))
            reply = self._answer(operation, account, request)
        except ApiError as error:
            reply, violations = self._refuse(error, number), error.violations
        except Exception:
            _log.exception("%s %s could not be answered", request.method, request.path)
            reply = self._refuse(InternalError(), number)
        self.journal.record(
            JournalEntry(
                number=number,
                at=self.clock.now() if account is None else account.now(),
                account_id=None if account is None else account.account_id,
                operation_id=request.operation_id,
                request=request,
                reply=reply,
                violations=violations,
                duration=self.clock.monotonic() - started,
            )
        )
        return reply

    def may_wait(self, request: ApiRequest) -> bool:
        """Return whether the answer to a request may take longer than the work for it: something is armed or asked for.

        Args:
            request: What is about to be handed to `handle`.
        """
        if SCENARIO_HEADER in request.headers:
            return True
        if not self.scenarios.any_armed or request.operation_id is None:
            return False
        credential = self.contract.operations[request.operation_id].security.credential(request)
        return self.scenarios.any_for(account_id_for(credential), request)

    def _admit(self, request: ApiRequest) -> None:
        """Refuse what a web page of another machine sends, and what has not come whole in time.

        Raises:
            ForeignOrigin: The header `Origin` names a page of another machine.
            RequestTimeout: The rest of the body has not come.
        """
        origin = request.headers.get("origin")
        if origin is not None and not self._origins.admits(origin):
            raise ForeignOrigin(origin)
        if request.is_stalled:
            raise RequestTimeout

    def answered(self, reply: ApiReply) -> None:
        """Take note that a reply has been written: the callbacks that it promised may be sent from now on."""
        for delivery in reply.deliveries:
            self.schedule(delivery, self.config.callback_grace)

    def schedule(self, delivery: Delivery, grace: float = 0.0) -> None:
        """Have a recorded callback sent when its account's clock says so, and not before so many real seconds."""
        account = self.accounts.get(delivery.account_id)
        if account is not None:
            self.dispatcher.schedule(delivery, account.clock, grace)

    def deliveries(self) -> Sequence[Delivery]:
        """Return every callback that is remembered, the oldest first."""
        return self.store.list_deliveries()

    def on_delivery_ended(self, listener: Callable[[Delivery], None]) -> None:
        """Call `listener` with every callback that has been delivered, has failed for good, or was held back."""
        self._delivery_listeners.append(listener)

    def _has_ended(self, replica: Replica) -> bool:
        account = self.accounts.get(replica.account_id)
        return has_ended(replica.plan, self.clock.now() if account is None else account.now())

    def _find_operation(self, request: ApiRequest) -> Operation:
        if request.operation_id is not None:
            return self.contract.operations[request.operation_id]
        others = self.contract.operations_at(request.path)
        if not others:
            raise NotFound
        self._authenticate(others[0], request)
        raise MethodNotAllowed(tuple(operation.method for operation in others))

    def _authenticate(self, operation: Operation, request: ApiRequest) -> str:
        credential = operation.security.credential(request)
        if operation.security.is_open:
            return account_id_for(credential)
        return self._authenticator.authenticate(credential)

    def _answer(self, operation: Operation, account: Account, request: ApiRequest) -> ApiReply:
        outcome = self._outcome(account, request)
        if outcome is NOTHING:
            return self._operate(operation, account, request, outcome)
        if outcome.delay is not None:
            low, high = outcome.delay
            self.clock.sleep(low + (high - low) * self._ids.draw("delay", next(self._draws)))
        if outcome.status is not None:
            return forced_reply(outcome, self.contract.example(operation.operation_id, outcome.status))
        reply = self._operate(operation, account, request, outcome)
        if outcome.callback == "before-answer":
            reply = self._send_first(reply)
        return reply if outcome.fault is None else spoil(reply, outcome.fault)

    def _outcome(self, account: Account, request: ApiRequest) -> Outcome:
        """Return what is asked for by the request, and else what is armed for it."""
        armed = self.scenarios.pick(account.account_id, request)
        if SCENARIO_HEADER not in request.headers and "prefer" not in request.headers:
            return armed
        try:
            return outcome_of_headers(request.headers).over(armed)
        except ScenarioError as error:
            raise InvalidScenario(str(error)) from error

    def _send_first(self, reply: ApiReply) -> ApiReply:
        """Send a reply's callbacks before the reply: the race that a client must survive."""
        with self.following(reply.deliveries) as latest:
            for delivery in reply.deliveries:
                self.schedule(delivery)
            self.wait_until_tried(reply.deliveries, latest)
        return replace(reply, deliveries=())

    @contextlib.contextmanager
    def following(self, deliveries: Sequence[Delivery]) -> Iterator[dict[int, Delivery]]:
        """Give the latest that is known of these callbacks, by serial, even of those that are forgotten meanwhile."""
        latest = {delivery.serial: delivery for delivery in deliveries}
        with self.deliveries_changed:
            self._followers.append(latest)
        try:
            yield latest
        finally:
            with self.deliveries_changed:
                self._followers = [other for other in self._followers if other is not latest]

    def wait_until_tried(
        self, deliveries: Sequence[Delivery], latest: Mapping[int, Delivery], timeout: float = 5.0
    ) -> None:
        """Return once each of these callbacks, followed, has been tried once more, or after so many real seconds."""

        def tried(before: Delivery) -> bool:
            now = latest[before.serial]
            return now.state.is_final or len(now.attempts) > len(before.attempts) or not self.store.is_known(before)

        deadline = self.clock.monotonic() + timeout
        with self.deliveries_changed:
            while not all(map(tried, deliveries)) and (left := deadline - self.clock.monotonic()) > 0:
                self.deliveries_changed.wait(min(left, 0.1))  # what is cancelled tells nobody

    def _operate(self, operation: Operation, account: Account, request: ApiRequest, outcome: Outcome) -> ApiReply:
        if request.too_large:
            raise TooLarge
        call = operation.accept(request)
        result = self._handlers[operation.operation_id](
            call, OperationContext(account, self.training, outcome, self.config.max_trainings)
        )
        success = operation.success
        body = _encode(result.body, success.content_type)
        return ApiReply(success.status, body, deliveries=result.deliveries, content_type=success.content_type)

    def _refuse(self, error: ApiError, number: int) -> ApiReply:
        explain = (EXPLAIN_HEADER, f"/__admin/requests/req_{number:06d}")
        return ApiReply(error.status, _encode(error.body), (*error.headers, explain))

    def _delivery_changed(self, delivery: Delivery) -> None:
        with self.deliveries_changed:
            for latest in self._followers:
                if delivery.serial in latest:
                    latest[delivery.serial] = delivery
            self.deliveries_changed.notify_all()
        if delivery.state.is_final:
            for listener in self._delivery_listeners:
                listener(delivery)


def _handlers_for(contract: Contract) -> dict[str, OperationHandler]:
    handlers = dict(load_handlers())
    for operation_id in handlers:
        if operation_id not in contract.operations:
            raise ContractError(
                f"{contract.path}: no operation has the operationId {operation_id!r}, which "
                f"{module_file(operation_id)} answers; give it back to the operation that had it"
            )
    for operation in contract.operations.values():
        handlers.setdefault(operation.operation_id, _answer_from_example(operation))
    return handlers


def _answer_from_example(operation: Operation) -> OperationHandler:
    def handle(call: OperationCall, context: OperationContext) -> OperationResult:
        return OperationResult(operation.success.body)

    return handle


def _secret_names(contract: Contract) -> tuple[str, ...]:
    return tuple(
        scheme.name
        for operation in contract.operations.values()
        for schemes in operation.security.alternatives
        for scheme in schemes
    )


def _encode(body: Any, content_type: str = "application/json") -> bytes:
    if isinstance(body, str) and "json" not in content_type.lower():
        return body.encode()
    return _encoder.encode(body).encode()
