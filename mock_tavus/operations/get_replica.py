"""`getReplica`: tell what is known of one replica."""

from __future__ import annotations

from mock_tavus.models import OperationCall, OperationResult
from mock_tavus.operations._context import OperationContext
from mock_tavus.operations._replica_view import asked_for, details, found


def handle(call: OperationCall, context: OperationContext) -> OperationResult:
    """Answer the replica as it stands at the account's moment."""
    account = context.account
    replica = found(account.get(asked_for(call)))
    return OperationResult(details(replica, account.now(), verbose=call.query.get("verbose", False)))
