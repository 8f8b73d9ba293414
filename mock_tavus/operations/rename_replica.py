"""`renameReplica`: give a replica another name."""

from __future__ import annotations

from mock_tavus.models import OperationCall, OperationResult
from mock_tavus.operations._context import OperationContext
from mock_tavus.operations._replica_view import asked_for, found


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Rename the replica, and answer an empty object (assumed: the vendor documents no body)."""
    found(context.account.rename(asked_for(call), str(call.body.get("replica_name", ""))))
    return OperationResult({})
