from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.auth import Authenticator, account_id_for
from mock_tavus.errors import Unauthorized


@given(st.binary(min_size=1).filter(lambda key: not key.startswith(b"invalid")))
def test_by_default_every_key_is_an_account_of_its_own(key: bytes) -> None:
    account = Authenticator().authenticate(key)

    assert account == account_id_for(key)
    assert account != account_id_for(key + b"x")
    assert len(account) == len("acct_") + 24


@pytest.mark.parametrize("key", [b"", b"invalid", b"invalid-key"])
def test_by_default_empty_and_invalid_keys_are_refused(key: bytes) -> None:
    with pytest.raises(Unauthorized):
        Authenticator().authenticate(key)


def test_given_keys_are_the_only_ones() -> None:
    authenticator = Authenticator(["first", "invalid-but-given", "schlüssel"])

    for key in ("first", "invalid-but-given", "schlüssel"):
        assert authenticator.authenticate(key.encode()) == account_id_for(key.encode())
    for near_miss in (b"First", b"firs", b"first ", b"first,first", b"", b"schl\xfcssel"):
        with pytest.raises(Unauthorized):
            authenticator.authenticate(near_miss)
