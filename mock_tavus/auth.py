"""Who is asking: from an API key to an account."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from mock_tavus.contract.security import Security
from mock_tavus.errors import Unauthorized
from mock_tavus.messages import ApiRequest

ACCOUNT_ID_LENGTH = len("acct_") + 24
"""How many characters an account's id has."""


class Authenticator:
    """Accept or refuse API keys.

    Args:
        api_keys: The only keys to accept. None given: every non-empty key that does not begin with `invalid`
            (assumed: the vendor's keys cannot be known here, and a test needs one that is refused).
    """

    def __init__(self, api_keys: Sequence[str] = ()) -> None:
        self._accepted = tuple(key.encode("utf-8", "surrogateescape") for key in api_keys)

    def admit(self, security: Security, request: ApiRequest) -> str:
        """Return the id of the account whose key a request carries.

        Args:
            security: What the contract asks for.
            request: The request.

        Raises:
            Unauthorized: The key is missing or not accepted, and the operation is not open to everyone.
        """
        key = security.credential(request)
        return account_id_for(key) if security.is_open else self.authenticate(key)

    def authenticate(self, key: bytes) -> str:
        """Return the id of the account that a key belongs to.

        Args:
            key: The bytes that the client sent; empty if it sent none.

        Raises:
            Unauthorized: The key is empty or not accepted.
        """
        if not key or not self._is_accepted(key):
            raise Unauthorized
        return account_id_for(key)

    def _is_accepted(self, key: bytes) -> bool:
        if not self._accepted:
            return not key.startswith(b"invalid")
        # Every key is compared, and each in constant time: how long it takes tells nothing about any of them.
        matches = [hmac.compare_digest(key, accepted) for accepted in self._accepted]
        return any(matches)


@lru_cache(maxsize=1024)
def account_id_for(key: bytes) -> str:
    """Name the account of `key` without giving the key away: `acct_` and 24 hexadecimal digits of its SHA-256.

    Fewer digits would let two keys be found that share an account: of 12, within minutes.
    """
    return f"acct_{sha256(key).hexdigest()}"[:ACCOUNT_ID_LENGTH]
