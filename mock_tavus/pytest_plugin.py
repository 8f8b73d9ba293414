"""The fixtures `tavus` and `tavus_intercepted`. pytest loads this in every run, so it imports next to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

_Account = TypeVar("_Account")

if TYPE_CHECKING:
    from mock_tavus.server.embedded import MockServer
    from mock_tavus.testing.local import Tavus
    from mock_tavus.testing.remote import RemoteTavus
    from mock_tavus.testing.servers import Servers
    from mock_tavus.transports.intercept import intercept

_SETTINGS = "tavus_settings"
_ACCOUNTS: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
"""Where a test has the accounts that it was given, by the names of the fixtures."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Give pytest's `parser` the setting that holds for every server of a run."""
    parser.addini(_SETTINGS, 'Settings of the emulator, as "training-time = 1h", one a line.', type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest's `config` of the marker."""
    config.addinivalue_line(
        "markers", 'tavus(**settings): the emulator of this test behaves so: training_time="1h", seed=1, …'
    )


@pytest.fixture(scope="session")
def _tavus_servers(pytestconfig: pytest.Config) -> Iterator[Servers[MockServer]]:
    from mock_tavus.server.embedded import MockServer
    from mock_tavus.testing.servers import Servers

    servers = Servers(MockServer, _settings_for_all(pytestconfig))
    yield servers
    servers.stop()


@pytest.fixture
def tavus(request: pytest.FixtureRequest) -> Tavus | RemoteTavus:
    """Give the test of `request` an account of its own in an emulator: key, clock, requests and callbacks.

    The server is shared by a worker's tests that have the same settings; `--tavus-emulator URL` uses one that runs.
    """
    url = request.config.getoption("--tavus-emulator", None)
    settings = _settings_of(request.node)
    if url is not None:
        return _remember(request, _remote(request, url, settings))
    from mock_tavus.testing.local import Tavus

    servers: Servers[MockServer] = request.getfixturevalue("_tavus_servers")
    return _remember(request, Tavus(_started(servers, settings), _key(request.node)))


@pytest.fixture
def tavus_intercepted(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Tavus]:
    """Give the test of `request` an account in an emulator, in which calls to https://tavusapi.com end, in process.

    Args:
        request: The test.
        pytestconfig: The settings that hold for all tests.
    """
    from mock_tavus.testing.local import Tavus
    from mock_tavus.testing.servers import Servers
    from mock_tavus.transports.intercept import intercept

    servers: Servers[intercept] = Servers(intercept, _settings_for_all(pytestconfig))
    yield _remember(request, Tavus(_started(servers, _settings_of(request.node)), _key(request.node)))
    servers.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Add to the report of a test that failed, `item`, what its code has sent and was sent, after its `call`."""
    report = yield
    if report.failed:
        for name, account in item.stash.get(_ACCOUNTS, {}).items():
            report.sections.append((f"{name}: requests and callbacks", _described(account)))
    return report


def _remember(request: pytest.FixtureRequest, account: _Account) -> _Account:
    """Have the report of a test show what an account has seen, if the test fails, in whatever phase."""
    accounts = request.node.stash.setdefault(_ACCOUNTS, {})
    accounts[request.fixturename or ""] = account
    return account


def _described(account: Any) -> str:
    from mock_tavus.testing.assertions import described

    try:
        return "\n".join(described(account))
    except Exception as error:  # a server in another process may be gone: the test's own report is to be seen
        return f"they cannot be had: {error}"


def _remote(request: pytest.FixtureRequest, url: str, settings: Mapping[str, Any]) -> RemoteTavus:
    from mock_tavus.errors import MockTavusError
    from mock_tavus.testing.remote import RemoteTavus
    from mock_tavus.testing.servers import TRAINING_TIME

    own = {**_settings_for_all(request.config), **settings}
    others = ", ".join(name for name in own if name != "training_time")
    if others:
        pytest.fail(f"--tavus-emulator: this test needs settings of its own ({others}); leave the option out", False)
    try:
        token = request.config.getoption("--tavus-admin-token", None)
        return RemoteTavus(url, _key(request.node), str(own.get("training_time", TRAINING_TIME)), token)
    except MockTavusError as error:
        pytest.fail(f"--tavus-emulator: {error}", pytrace=False)


def _started(servers: Any, settings: Mapping[str, Any]) -> Any:
    from mock_tavus.errors import MockTavusError

    try:
        return servers.get(settings)
    except MockTavusError as error:
        pytest.fail(f"@pytest.mark.tavus, or {_SETTINGS}: {error}", pytrace=False)


def _settings_for_all(config: pytest.Config) -> dict[str, str]:
    pairs = (line.partition("=") for line in config.getini(_SETTINGS))
    return {name.strip().replace("-", "_"): value.strip() for name, _, value in pairs}


def _settings_of(node: Any) -> dict[str, Any]:
    """Return the settings of a test's markers; those that are nearest to it win."""
    found: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("tavus"))):
        if marker.args:
            pytest.fail('@pytest.mark.tavus takes settings by name, as in training_time="1h"', pytrace=False)
        found.update(marker.kwargs)
    return found


def _key(node: Any) -> str:
    """Return a key that is always the same for a test, and no other test's."""
    return f"test-{hashlib.blake2b(node.nodeid.encode(), digest_size=8).hexdigest()}"
