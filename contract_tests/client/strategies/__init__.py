"""What clients are given: options drawn from the contract, keys, scripts, and values that are known to be nasty."""

from contract_tests.client.strategies.bodies import BodyStrategies, nasty_bodies
from contract_tests.client.strategies.corpus import KEYS, TEXTS, URLS
from contract_tests.client.strategies.scripts import framings

__all__ = ["KEYS", "TEXTS", "URLS", "BodyStrategies", "framings", "nasty_bodies"]
