"""One request's way from its path to its response, in one place and one order."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

from mock_tavus.auth import Authenticator, account_id_for
from mock_tavus.callbacks import Deliveries
from mock_tavus.clock import BaseClock
from mock_tavus.contract import Contract, Operation, PathMatch
from mock_tavus.engine.faults import apply_fault, forced_response
from mock_tavus.engine.journal import Journal
from mock_tavus.engine.scenarios import HEADER as SCENARIO_HEADER
from mock_tavus.engine.scenarios import ScenarioError, Scenarios
from mock_tavus.errors import (
    ApiError,
    ForeignOrigin,
    InternalError,
    InvalidScenario,
    RequestTimeout,
)
from mock_tavus.messages import (
    ApiRequest,
    ApiResponse,
    Delivery,
    Exchange,
    OperationCall,
    OperationResult,
    Step,
)
from mock_tavus.origins import Origins
from mock_tavus.outcomes import NOTHING, Outcome
from mock_tavus.store import Account, Accounts

EXPLAIN_HEADER = "X-Mock-Tavus-Explain"

OWN_PATHS = "/__"
"""How the paths begin that are not the vendor's: no page of another origin may read what is answered there."""

Handler = Callable[[OperationCall, Account, Operation, Outcome], OperationResult]
"""Does what an operation is for."""

_log = logging.getLogger("mock_tavus")
_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class Exchanged:
    """A response that is ready; when the block ends that it is the context of, its bytes have been written.

    Args:
        response: What to write.
        release: Lets the callbacks go that the response promises.
    """

    __slots__ = ("_release", "response")

    def __init__(self, response: ApiResponse, release: Callable[[], None] | None) -> None:
        self.response = response
        self._release = release

    def __enter__(self) -> ApiResponse:
        return self.response

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the callbacks go: the response has been written, or cannot be."""
        release, self._release = self._release, None
        if release is not None:
            release()


class Pipeline:
    """Answer requests of the vendor's API, and journal them.

    Args:
        contract: What is served.
        handlers: What does each operation, by `operationId`.
        accounts: Opens the account of a key.
        authenticator: Accepts or refuses keys.
        origins: Whose web pages may call.
        scenarios: What is armed.
        deliveries: Sends callbacks.
        journal: Remembers every exchange.
        clock: For real time.
        grace: How long callbacks wait after their response has been written, in real seconds.
    """

    def __init__(
        self,
        contract: Contract,
        handlers: Mapping[str, Handler],
        accounts: Accounts,
        authenticator: Authenticator,
        origins: Origins,
        scenarios: Scenarios,
        deliveries: Deliveries,
        journal: Journal,
        clock: BaseClock,
        grace: float,
    ) -> None:
        self._contract = contract
        self._handlers = handlers
        self._accounts = accounts
        self._authenticator = authenticator
        self._origins = origins
        self._scenarios = scenarios
        self._deliveries = deliveries
        self._journal = journal
        self._clock = clock
        self._grace = grace

    def exchange(self, request: ApiRequest) -> Exchanged:
        """Answer one request, and journal it, whatever the response.

        Write the response in the block of what this returns: at its end, the callbacks may go.

        Args:
            request: The request.
        """
        started = self._clock.monotonic()
        now = self._clock.now()
        exchange = Exchange(self._journal.next_number(), now, request, real_at=now)
        promised: list[Delivery] = []
        try:
            exchange.response = self._respond(request, exchange, promised)
        except ApiError as error:
            exchange.violations = error.violations
            exchange.response = self._refusal(error, exchange)
        except Exception:
            _log.exception("%s %s could not be answered", request.method, request.path)
            exchange.response = self._refusal(InternalError(), exchange)
        if "origin" in request.headers and not request.path.startswith(OWN_PATHS):
            exchange.response = self._readable(exchange.response, request.headers["origin"])
        exchange.duration = self._clock.monotonic() - started
        response = exchange.response
        self._journal.record(exchange)
        return Exchanged(response, (lambda: self._deliveries.release(promised, self._grace)) if promised else None)

    def may_wait(self, request: ApiRequest) -> bool:
        """Return whether the response to `request` may take longer than the work for it: something delays it."""
        if SCENARIO_HEADER in request.headers:
            return True
        if not self._scenarios.any_armed:
            return False
        try:
            operation = self._contract.router.match(request.path).operation(request.method)
        except ApiError:
            return False
        account_id = account_id_for(operation.security.credential(request))
        return self._scenarios.any_for(account_id, operation.operation_id, request)

    def _respond(self, request: ApiRequest, exchange: Exchange, promised: list[Delivery]) -> ApiResponse:
        exchange.step = Step.ORIGIN
        self._must_be_welcome(request)  # 403 to web pages of other machines, 408
        exchange.step = Step.PATH
        path = self._contract.router.match(request.path)  # 404
        if request.method == "OPTIONS" and (allowed := self._preflight(request, path)):
            return ApiResponse(204, b"", allowed)
        exchange.step = Step.KEY
        account = self._accounts.open(
            self._authenticator.admit(path.security(request.method), request)
        )  # 401, before the rest
        exchange.step = Step.METHOD
        exchange.account_id, exchange.at = account.account_id, account.now()
        operation = path.operation(request.method)  # 405
        exchange.step = Step.SCENARIO
        exchange.operation_id = operation.operation_id
        outcome = self._choose(account, operation, request, exchange)  # 400 of ours; a delay
        if outcome.status is not None:
            return forced_response(outcome, operation.example(outcome.status))
        exchange.step = Step.CONTRACT
        call = operation.accept(request, path.parameters)  # 413, 400
        exchange.step = Step.OPERATION
        result = self._handlers[operation.operation_id](call, account, operation, outcome)  # 200, 402, 400
        response = _rendered(operation, result)
        promised.extend(result.deliveries)
        if outcome is NOTHING:
            return response
        if outcome.callback == "before-answer":  # the race that a client must survive
            self._deliveries.settle(promised, lambda: self._deliveries.release(promised))
            promised.clear()
        if outcome.fault is None:
            return response
        exchange.step = Step.FAULT
        return apply_fault(response, outcome.fault)

    def _must_be_welcome(self, request: ApiRequest) -> None:
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

    def _preflight(self, request: ApiRequest, path: PathMatch) -> tuple[tuple[str, str], ...]:
        """Return what answers a browser that asks whether a page may call; empty if this is no such question."""
        headers = request.headers
        if "OPTIONS" in path.operations or "origin" not in headers or "access-control-request-method" not in headers:
            return ()
        wanted = headers.get("access-control-request-headers", "")
        return self._origins.preflight(headers["origin"], wanted, tuple(path.operations))

    def _readable(self, response: ApiResponse, origin: str) -> ApiResponse:
        """Return a response with what lets the page read it that has asked."""
        if any(name == "Access-Control-Allow-Origin" for name, _ in response.headers):
            return response
        return replace(response, headers=(*response.headers, *self._origins.headers(origin)))

    def _choose(self, account: Account, operation: Operation, request: ApiRequest, exchange: Exchange) -> Outcome:
        """Return what is to become of the request, after the delay that belongs to it.

        Raises:
            InvalidScenario: The header of the request cannot be read.
        """
        try:
            outcome, exchange.scenario_id = self._scenarios.choose(account.account_id, operation.operation_id, request)
        except ScenarioError as error:
            raise InvalidScenario(str(error)) from error
        if outcome.delay is not None:
            self._clock.sleep(self._scenarios.pause(outcome.delay))
        return outcome

    def _refusal(self, error: ApiError, exchange: Exchange) -> ApiResponse:
        operation = None if error.is_ours else self._operation_of(exchange)
        body = error.body if operation is None else operation.refusal_body(error)
        explain = (EXPLAIN_HEADER, f"/__admin/requests/{exchange.exchange_id}")
        return ApiResponse(
            error.status, _encoder.encode(body).encode("utf-8", "surrogatepass"), (*error.headers, explain)
        )

    def _operation_of(self, exchange: Exchange) -> Operation | None:
        """Return the operation whose words a refusal is to use; None if the path has none."""
        if exchange.operation_id is not None:
            return self._contract.operations[exchange.operation_id]
        try:
            return self._contract.router.match(exchange.request.path).operation(exchange.request.method)
        except ApiError:
            return None


def _rendered(operation: Operation, result: OperationResult) -> ApiResponse:
    success = operation.success
    body: Any = result.body
    if isinstance(body, str) and "json" not in success.content_type.lower():
        raw = body.encode()
    else:
        try:
            raw = _encoder.encode(body).encode()
        except UnicodeEncodeError:  # a lone surrogate, from a contract's example, say
            raw = json.dumps(body, separators=(",", ":")).encode()
    return ApiResponse(success.status, raw, (), success.content_type)
