"""`deleteReplica`: forget a replica."""

from __future__ import annotations

from mock_tavus.models import OperationCall, OperationResult
from mock_tavus.operations._context import OperationContext
from mock_tavus.operations._replica_view import asked_for, found


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Forget the replica and what it would have called back, and answer an empty object (assumed)."""
    found(context.account.delete(asked_for(call)))
    return OperationResult({})
