"""`renameReplica`: give a replica another name."""

from __future__ import annotations

from mock_tavus.families.context import OperationContext
from mock_tavus.families.replicas.view import asked_for, found
from mock_tavus.messages import OperationCall, OperationResult

OPERATION_ID = "renameReplica"


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Rename the replica, and answer an empty object (assumed: the vendor documents no body).

    Args:
        call: What was asked for, as the contract has accepted it.
        context: Who asks, and what is to become of the call.
    """
    found(context.account.rename(asked_for(call), str(call.body.get("replica_name", ""))))
    return OperationResult({})
