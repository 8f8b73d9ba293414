"""The emulator itself: one request in, one answer out, and what follows from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from mock_tavus.auth import Authenticator, account_id_for
from mock_tavus.callbacks import CallbackDispatcher, CallbackSender, TargetPolicy
from mock_tavus.clock import Clock, SystemClock
from mock_tavus.config import Config
from mock_tavus.contract import Contract, Operation
from mock_tavus.errors import (
    ApiError,
    ContractError,
    InternalError,
    MethodNotAllowed,
    NotFound,
    TooLarge,
)
from mock_tavus.ids import SeededIds
from mock_tavus.journal import Journal
from mock_tavus.models import ApiReply, ApiRequest, Delivery, JournalEntry, OperationCall, OperationResult
from mock_tavus.operations._context import OperationContext
from mock_tavus.operations._registry import OperationHandler, load_handlers, module_file
from mock_tavus.store import Account, MemoryStore, Store
from mock_tavus.training import TrainingSettings, has_ended
from mock_tavus.version import __version__

_log = logging.getLogger("mock_tavus")
_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class Emulator:
    """Answer as the API does, remember, and call back.

    This is the composition root: what stands below is put together here and nowhere else. It knows no web framework.

    Args:
        config: How to behave.
        clock: Tells the time of every account.
        contract: What to serve; by default what `config.openapi` names.

    Raises:
        ContractError: The contract cannot be served.
    """

    def __init__(
        self, config: Config | None = None, clock: Clock | None = None, contract: Contract | None = None
    ) -> None:
        self.config = config or Config()
        self.clock: Clock = clock or SystemClock()
        self.contract = contract or Contract.load(self.config.openapi, null_is_absent=self.config.accept_null)
        self._handlers = _handlers_for(self.contract)
        self._authenticator = Authenticator(self.config.api_keys)
        self._ids = SeededIds(self.config.seed, self.config.replica_id_digits)
        self._training = TrainingSettings.with_messages(self.config.training_time, self.config.training_messages)
        self.store: Store = MemoryStore(
            self.config.max_replicas,
            self.config.journal_size,
            has_ended=lambda replica: has_ended(replica.plan, self.clock.now()),
        )
        self.journal = Journal(self.config.journal_size, _secret_names(self.contract))
        self._ended_listeners: list[Callable[[Delivery], None]] = []
        self._policy = TargetPolicy(self.config.allow_callback_hosts, self.config.callback_rewrites)
        self._dispatcher = CallbackDispatcher(
            self.store,
            self._policy,
            CallbackSender(self.clock, self.config.callback_timeout, f"mock-tavus/{__version__}"),
            self.clock,
            retries=self.config.callback_retries,
            on_ended=self._delivery_ended,
        )

    def start(self, own_port: int | None = None) -> None:
        """Start to send callbacks.

        Args:
            own_port: Where the emulator itself listens: its control plane is never called back.
        """
        self._policy.own_port = own_port
        self._dispatcher.start()

    def stop(self) -> None:
        """Stop to send callbacks, at once."""
        self._dispatcher.stop()

    def handle(self, request: ApiRequest) -> ApiReply:
        """Answer one request, and journal it, whatever the answer.

        The caller writes the reply, and then calls `answered` with it.
        """
        started = self.clock.monotonic()
        at = self.clock.now()
        account_id: str | None = None
        error: ApiError | None = None
        try:
            operation = self._find_operation(request)
            account_id = self._authenticate(operation, request)
            reply = self._operate(operation, account_id, request)
        except ApiError as refusal:
            error = refusal
        except Exception:
            _log.exception("%s %s could not be answered", request.method, request.path)
            error = InternalError()
        if error is not None:
            reply = ApiReply(error.status, _encode(error.body), error.headers)
        violations = () if error is None else error.violations
        duration = self.clock.monotonic() - started
        self.journal.record(JournalEntry(at, account_id, request, reply, violations, duration))
        return reply

    def answered(self, reply: ApiReply) -> None:
        """Take note that a reply has been written: the callbacks that it promised may be sent from now on."""
        for delivery in reply.deliveries:
            self._dispatcher.schedule(delivery, self.clock, self.config.callback_grace)

    def deliveries(self) -> Sequence[Delivery]:
        """Return every callback that is remembered, the oldest first."""
        return self.store.list_deliveries()

    def on_delivery_ended(self, listener: Callable[[Delivery], None]) -> None:
        """Call `listener` with every callback that has been delivered, has failed for good, or was held back."""
        self._ended_listeners.append(listener)

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

    def _operate(self, operation: Operation, account_id: str, request: ApiRequest) -> ApiReply:
        if request.too_large:
            raise TooLarge
        call = operation.accept(request)
        account = Account(account_id, self.store, self.clock, self._ids)
        result = self._handlers[operation.operation_id](call, OperationContext(account, self._training))
        success = operation.success
        body = _encode(result.body, success.content_type)
        return ApiReply(success.status, body, deliveries=result.deliveries, content_type=success.content_type)

    def _delivery_ended(self, delivery: Delivery) -> None:
        for listener in self._ended_listeners:
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
