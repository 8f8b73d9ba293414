"""`getReplica`: tell what is known of one replica."""

from __future__ import annotations

from mock_tavus.families.context import OperationContext
from mock_tavus.families.replicas.view import asked_for, details, found
from mock_tavus.messages import OperationCall, OperationResult

OPERATION_ID = "getReplica"


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Answer the replica as it stands at the account's moment.

    Args:
        call: What was asked for, as the contract has accepted it.
        context: Who asks, and what is to become of the call.
    """
    account = context.account
    replica = found(account.get(asked_for(call)))
    return OperationResult(details(replica, account.now(), verbose=call.query.get("verbose", False)))
