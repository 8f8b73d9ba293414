"""The emulator: everything that stands behind its doors, put together here and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from mock_tavus.auth import Authenticator
from mock_tavus.background import Background
from mock_tavus.callbacks import Deliveries, H11Sender, Sender, TargetPolicy
from mock_tavus.clock import BaseClock, SystemClock
from mock_tavus.config import Config
from mock_tavus.contract import Contract, Operation
from mock_tavus.engine.explanation import Explainer
from mock_tavus.engine.journal import Journal
from mock_tavus.engine.masking import Masker
from mock_tavus.engine.pipeline import Handler, Pipeline
from mock_tavus.engine.scenarios import Scenarios
from mock_tavus.errors import ContractError
from mock_tavus.families.context import OperationContext
from mock_tavus.families.lifecycle import TrainingSettings, has_ended
from mock_tavus.families.registry import OperationHandler, load_handlers, module_file
from mock_tavus.ids import SeededIds
from mock_tavus.messages import OperationCall, OperationResult, Replica
from mock_tavus.origins import Origins
from mock_tavus.outcomes import Outcome
from mock_tavus.store import Account, Accounts, Stores, memory_stores
from mock_tavus.version import USER_AGENT
from mock_tavus.wire import WireLines


class Emulator:
    """Answer as the API does, remember, and call back. It knows no server and no web framework.

    Args:
        config: How to behave.
        clock: The clock below the accounts' own.
        contract: What to serve; by default what `config.openapi` names.
        policy: Makes what judges callback URLs, if not `TargetPolicy`.
        sender: From the emulator, and what sends callbacks over HTTP, to what is to send them in its place.

    Raises:
        ContractError: The contract cannot be served.
    """

    def __init__(
        self,
        config: Config | None = None,
        clock: BaseClock | None = None,
        contract: Contract | None = None,
        *,
        policy: Callable[[Config], TargetPolicy] | None = None,
        sender: Callable[[Emulator, Sender], Sender] | None = None,
    ) -> None:
        self.config = config = config or Config()
        self.clock: BaseClock = clock or SystemClock()
        self.contract = contract or Contract.load(config.openapi, null_is_absent=config.accept_null)
        self.training = TrainingSettings.with_messages(config.training_time, config.training_messages)
        self.background = Background()
        self.stopped = threading.Event()
        self.stores: Stores = memory_stores(
            self.clock,
            self._has_ended,
            max_accounts=config.max_accounts,
            max_resources=config.max_replicas,
            journal_size=config.journal_size,
        )
        ids = SeededIds(config.seed, config.replica_id_digits)
        self.accounts = Accounts(self.stores, self.clock, ids)
        self.masker = Masker(_secret_names(self.contract), config.api_keys)
        self.journal = Journal(self.stores.journal, self.stores.changes, self.masker)
        self.scenarios = Scenarios(self.stores.scenarios, ids.fraction)
        self.policy = _policy(config) if policy is None else policy(config)
        self.lines = WireLines(self.stores.changes)
        self.wire = self.lines.main
        over_http = H11Sender(self.clock, config.callback_timeout, USER_AGENT)
        self.deliveries = Deliveries(
            self.stores,
            self.policy,
            over_http if sender is None else sender(self, over_http),
            self.clock,
            retries=config.callback_retries,
            background=self.background,
        )
        self.explainer = Explainer(self.contract, self.policy, self._has_replica)
        self.pipeline = Pipeline(
            self.contract,
            _handlers(self.contract, self.training, config.max_trainings),
            self.accounts,
            Authenticator(config.api_keys),
            Origins(config.admin_hosts, config.cors),
            self.scenarios,
            self.deliveries,
            self.journal,
            self.clock,
            config.callback_grace,
        )

        self.clock.on_advance(self.settle_jump)

    def start(self) -> None:
        """Start sending callbacks. Whoever listens for the emulator tells `policy` where, before anything comes."""
        self.stopped.clear()
        self.background.start()
        self.deliveries.start()

    def settle_jump(self, move: Callable[[], None], timeout: float) -> None:
        """Move the clock below the accounts' own, and wait until each callback that falls due has been tried.

        Args:
            move: Moves the clock.
            timeout: How long to wait at most, in real seconds.
        """
        if not self.deliveries.is_running or timeout <= 0:
            move()
            return
        waiting = [one for one in self.stores.deliveries.find() if not one.state.is_final]
        self.deliveries.settle(waiting, move, timeout, self.deliveries.is_due)

    def stop(self) -> None:
        """Stop sending callbacks at once."""
        self.stopped.set()
        self.background.stop()
        self.deliveries.stop()

    def _has_replica(self, replica_id: str) -> bool:
        known = self.stores.accounts.known()
        return any(self.stores.resources.get(account_id, replica_id) is not None for account_id in known)

    def _has_ended(self, replica: Replica) -> bool:
        return has_ended(replica.plan, self.deliveries.account_now(replica.account_id))


def _policy(config: Config) -> TargetPolicy:
    return TargetPolicy(config.allow_callback_hosts, config.callback_rewrites)


def _handlers(contract: Contract, training: TrainingSettings, max_trainings: int | None) -> Mapping[str, Handler]:
    """Return what does each operation of the contract; one that no module handles is answered from its example."""
    known = load_handlers()
    for operation_id in known:
        if operation_id not in contract.operations:
            raise ContractError(
                f"{contract.path}: no operation has the operationId {operation_id!r}, which "
                f"{module_file(operation_id)} answers; give it back to the operation that had it"
            )

    def bound(handle: OperationHandler) -> Handler:
        def do(call: OperationCall, account: Account, operation: Operation, outcome: Outcome) -> OperationResult:
            return handle(call, OperationContext(account, operation, training, outcome, max_trainings))

        return do

    return {name: bound(known.get(name, _example)) for name in contract.operations}


def _example(call: OperationCall, context: OperationContext) -> OperationResult:
    return OperationResult(context.operation.success.body)


def _secret_names(contract: Contract) -> tuple[str, ...]:
    return tuple(scheme.name for each in contract.operations.values() for scheme in each.security.schemes)
