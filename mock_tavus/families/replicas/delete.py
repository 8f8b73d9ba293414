"""`deleteReplica`: forget a replica."""

from __future__ import annotations

from mock_tavus.families.context import OperationContext
from mock_tavus.families.replicas.view import asked_for, found
from mock_tavus.messages import OperationCall, OperationResult

OPERATION_ID = "deleteReplica"


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Forget the replica and what it would have called back, and answer an empty object (assumed).

    Args:
        call: What was asked for, as the contract has accepted it.
        context: Who asks, and what is to become of the call.
    """
    found(context.account.delete(asked_for(call)))
    return OperationResult({})
