from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tavus.ids import SeededIds

SEEDS = st.integers()
ACCOUNTS = st.from_regex(r"acct_[0-9a-f]{12}", fullmatch=True)


@given(seed=SEEDS, account=ACCOUNTS, count=st.integers(0, 10**6), digits=st.integers(4, 32))
def test_an_id_has_its_form_and_follows_from_seed_account_and_count(
    seed: int, account: str, count: int, digits: int
) -> None:
    replica_id = SeededIds(seed, digits).replica_id(account, count)

    assert re.fullmatch(rf"r[0-9a-f]{{{digits}}}", replica_id)
    assert replica_id == SeededIds(seed, digits).replica_id(account, count)


@given(seed=SEEDS, account=ACCOUNTS)
def test_ids_of_an_account_never_repeat(seed: int, account: str) -> None:
    """All 65,536 ids of four digits are the longest that can be tried; the law is the same for nine."""
    ids = SeededIds(seed, digits=4)
    first = [ids.replica_id(account, count) for count in range(2000)]

    assert len(set(first)) == len(first)


def test_every_id_is_used_once_before_any_comes_again() -> None:
    ids = SeededIds(7, digits=4)

    assert len({ids.replica_id("acct_000000000000", count) for count in range(16**4)}) == 16**4


def test_accounts_and_seeds_have_ids_of_their_own() -> None:
    ids = SeededIds(1)
    one = [ids.replica_id("acct_111111111111", count) for count in range(50)]
    other = [ids.replica_id("acct_222222222222", count) for count in range(50)]
    reseeded = [SeededIds(2).replica_id("acct_111111111111", count) for count in range(50)]

    assert not set(one) & set(other)
    assert not set(one) & set(reseeded)


def test_without_a_seed_each_run_has_ids_of_its_own() -> None:
    assert SeededIds().replica_id("acct_111111111111", 0) != SeededIds().replica_id("acct_111111111111", 0)


@pytest.mark.parametrize("digits", [3, 33])
def test_a_wrong_number_of_digits_is_refused(digits: int) -> None:
    with pytest.raises(ValueError, match="expected 4 to 32 digits"):
        SeededIds(1, digits)
