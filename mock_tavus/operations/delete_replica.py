"""`deleteReplica`: forget a replica."""

from __future__ import annotations

from mock_tavus.models import OperationCall, OperationResult
from mock_tavus.operations._context import OperationContext
from mock_tavus.operations._replica_view import found


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Forget the replica and what it would have called back, and answer an empty object (assumed)."""
    found(context.account.delete(call.path["replica_id"]))
    return OperationResult({})
