"""The fixtures, in test runs of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests  # noqa: F401 - before pytester: what a session inside imports first is forgotten after it

from mock_tavus import MockServer

pytest_plugins = ["pytester"]

CREATE = """
import requests

def create(tavus, **fields):
    body = {"train_video_url": "https://a.example/me.mp4", **fields}
    return requests.post(f"{tavus.base_url}/v2/replicas", json=body, headers={"x-api-key": tavus.api_key}, timeout=10)
"""


def run(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(CREATE + code)
    left_out = [part for name in ("cacheprovider", "xdist", "schemathesis") for part in ("-p", f"no:{name}")]
    return pytester.runpytest_inprocess(*left_out, *arguments)


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


def where(server: MockServer, is_remote: bool) -> list[str]:
    return ["--tavus-emulator", server.base_url] if is_remote else []


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_whole_story(pytester: pytest.Pytester, server: MockServer, is_remote: bool) -> None:
    result = run(
        pytester,
        """
def test_story(tavus):
    inbox = tavus.inbox()
    tavus.next(status=503, retry_after=30)
    assert create(tavus, callback_url=inbox.url).status_code == 503
    replica_id = create(tavus, callback_url=inbox.url, replica_name="Rio").json()["replica_id"]

    assert tavus.status(replica_id) == "started"
    (callback,) = tavus.advance("6h")
    assert tavus.status(replica_id) == "completed"
    assert callback.body == {"replica_id": replica_id, "status": "ready"}
    assert callback.state.value == "delivered"
    assert [message.method for message in inbox.wait(1)] == ["POST"]
    assert tavus.trainings == 1
    assert [one.response.status for one in tavus.requests] == [503, 200]
    assert [one.state.value for one in tavus.callbacks] == ["delivered"]
    tavus.assert_created_once(replica_name="Rio")

def test_failure(tavus):
    replica_id = create(tavus, callback_url=tavus.inbox().url).json()["replica_id"]
    tavus.inbox().configure(500)
    (callback,) = tavus.fail(replica_id, cause="video_fps")
    assert callback.body["status"] == "error"
    assert tavus.status(replica_id) == "error"
    tavus.freeze()
    tavus.resume()

def test_each_test_has_an_account_of_its_own(tavus):
    assert list(tavus.requests) == []
    assert list(tavus.inbox().messages) == []
    tavus.assert_not_created()
    tavus.inbox().clear()
    replica_id = create(tavus, callback_url=tavus.inbox().url).json()["replica_id"]
    assert tavus.complete(replica_id)[0].body["status"] == "ready"
    assert len(tavus.inbox().wait(1)) == 1
    assert len(tavus.inbox().wait(2, timeout=0.05)) == 1
""",
        *where(server, is_remote),
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("is_remote", [False, True])
def test_what_cannot_be_done_is_an_admin_error(pytester: pytest.Pytester, server: MockServer, is_remote: bool) -> None:
    result = run(
        pytester,
        """
import pytest
from mock_tavus import AdminError

def test_no_replica(tavus):
    for act in (tavus.complete, tavus.status, lambda name: tavus.fail(name, cause="video_fps")):
        with pytest.raises(AdminError, match="no replica 'r0'"):
            act("r0")
    with pytest.raises(AdminError, match="unknown"):
        tavus.next(no_such_outcome=1)
""",
        *where(server, is_remote),
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("is_remote", [False, True])
def test_the_nearest_request_is_shown_and_how_it_differs(
    pytester: pytest.Pytester, server: MockServer, is_remote: bool
) -> None:
    result = run(
        pytester,
        """
def test_fields(tavus):
    create(tavus, replica_name="Rio 2")
    tavus.assert_created_once(replica_name="Rio", model_name="phoenix-3")

def test_twice(tavus):
    create(tavus)
    create(tavus)
    tavus.assert_created_once()

def test_refused(tavus):
    create(tavus, train_video_url="nonsense")
    tavus.assert_created(1)

def test_something(tavus):
    create(tavus)
    tavus.assert_not_created()
""",
        *where(server, is_remote),
    )
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            '*expected 1 create with {"replica_name": "Rio", "model_name": "phoenix-3"}, and no other; *0, and 1 with*',
            "*nearest: POST /v2/replicas",
            '*  replica_name: expected "Rio", received "Rio 2"',
            '*  model_name: expected "phoenix-3", received nothing',
            '*POST /v2/replicas {"train_video_url": "https://a.example/me.mp4", "replica_name": "Rio 2"} -> 200',
            "*expected 1 create, and no other; received 2",
            '*it was answered 400 {"error":"Invalid train_video_url"}',
            "*expected 0 creates, and no other; received 1",
        ]
    )


def test_a_call_with_another_key_is_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_key(tavus):
    requests.post(f"{tavus.base_url}/v2/replicas", json={"train_video_url": "https://a.example/b.mp4"},
                  headers={"x-api-key": "the-key-of-production"}, timeout=10)
    tavus.assert_created_once()

def test_no_request(tavus):
    tavus.assert_created_once()
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*no request came with this test's key", "*1 came with another key, or with none:"])
    result.stdout.no_fnmatch_line("*headers*production*-> 200*")


def test_a_failure_shows_what_was_sent(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(tavus):
    create(tavus, callback_url="https://yourwebsite.com/hook")
    tavus.advance("6h")
    assert False

def test_intercepted(tavus_intercepted):
    create(tavus_intercepted)
    assert False
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*tavus: requests and callbacks*",
            "POST /v2/replicas {*} -> 200",
            'callback {*"status": "ready"} to https://yourwebsite.com/hook: held back, yourwebsite.com is not on this*',
            "*tavus_intercepted: requests and callbacks*",
        ]
    )


def test_a_marker_says_how_the_emulator_behaves(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import pytest
pytestmark = pytest.mark.tavus(seed=1)

@pytest.mark.tavus(training_time="1h")
def test_hour(tavus):
    replica_id = create(tavus).json()["replica_id"]
    tavus.advance("59m")
    assert tavus.status(replica_id) == "started"
    tavus.advance("2m")
    assert tavus.status(replica_id) == "completed"

@pytest.mark.parametrize("number", [1, 2])
def test_same_server(tavus, number):
    servers.append(tavus.base_url)
    assert len(set(servers)) == 1

servers = []
""",
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("training_tim='1h'", "no setting 'training_tim'; did you mean 'training_time'?"),
        ("training_time='soon'", "training-time: *soon*"),
        ("replica_id_digits=1", "replica-id-digits: expected 8 to 32, received 1"),
        ("'1h'", "takes settings by name"),
    ],
)
def test_a_mistake_in_a_marker_is_told_in_one_line(pytester: pytest.Pytester, marker: str, words: str) -> None:
    result = run(pytester, f"import pytest\n\n@pytest.mark.tavus({marker})\ndef test_it(tavus):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{words}*".replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_settings_stand_in_the_ini_file(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        tavus_settings = ["training-time = 10m", "api-key = only this", "accept-null = true"]
        """
    )
    result = run(
        pytester,
        """
def test_it(tavus):
    config = tavus._served.emulator.config
    assert (config.training_time, config.api_keys, config.accept_null) == (600, ("only", "this"), True)
""",
    )
    result.assert_outcomes(passed=1)


def test_settings_of_a_test_and_a_server_that_runs_contradict_each_other(
    pytester: pytest.Pytester, server: MockServer
) -> None:
    code = "import pytest\n\n@pytest.mark.tavus(seed=1)\ndef test_it(tavus):\n    pass\n"
    result = run(pytester, code, "--tavus-emulator", server.base_url)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*--tavus-emulator: this test needs settings of its own (seed); leave the option out*"]
    )


def test_a_server_that_is_not_there_is_told(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(tavus):\n    pass\n", "--tavus-emulator", "http://127.0.0.1:9")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*--tavus-emulator: nothing answers at http://127.0.0.1:9*"])


def test_calls_of_the_process_can_be_intercepted(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import httpx

def test_it(tavus_intercepted):
    body = {"train_video_url": "https://a.example/me.mp4", "callback_url": tavus_intercepted.inbox().url}
    headers = {"x-api-key": tavus_intercepted.api_key}
    created = httpx.post("https://tavusapi.com/v2/replicas", json=body, headers=headers)
    assert tavus_intercepted.base_url == "https://tavusapi.com"
    tavus_intercepted.advance("6h")
    assert len(tavus_intercepted.inbox().messages) == 1
    tavus_intercepted.assert_created_once()
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.deep
def test_workers_have_a_server_each(pytester: pytest.Pytester) -> None:
    code = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_it(tavus, number):
    create(tavus)
    assert tavus.trainings == 1
"""
    pytester.makepyfile(CREATE + code)
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=6)


def test_without_a_test_that_asks_nothing_is_started_or_loaded(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import sys, threading

def test_it():
    heavy = ("mock_tavus.emulator", "mock_tavus.server", "mock_tavus.transports", "flask", "uvicorn", "openapi_core")
    assert [name for name in heavy if name in sys.modules] == []
    assert threading.active_count() == 1
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)


def test_what_both_entry_points_import_is_little() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import mock_tavus.pytest_plugin, contract_tests.pytest_plugin; "
        "print(sorted(name for name in set(sys.modules) - before if '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "['contract_tests', 'mock_tavus']"


def test_a_fixture_of_the_users_own_with_the_same_name_is_left_alone(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import pytest

@pytest.fixture
def tavus():
    return object()

def test_it(tavus):
    assert False
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_failures_in_setup_show_what_was_sent_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import pytest

@pytest.fixture
def created(tavus):
    create(tavus)
    assert False

def test_it(created):
    pass

def test_by_name(request):
    create(request.getfixturevalue("tavus"))
    assert False
""",
    )
    result.assert_outcomes(errors=1, failed=1)
    assert result.stdout.str().count("tavus: requests and callbacks") == 2


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_test_that_runs_again_begins_anew(pytester: pytest.Pytester, server: MockServer, is_remote: bool) -> None:
    code = """
def test_it(tavus):
    inbox = tavus.inbox()
    create(tavus, callback_url=inbox.url)
    tavus.advance("6h")
    assert len(inbox.messages) == 1
    tavus.assert_created_once(callback_url=inbox.url)
    inbox.configure(500)
"""
    for _ in range(2):
        run(pytester, code, *where(server, is_remote)).assert_outcomes(passed=1)


def test_a_body_that_is_too_long_to_compare_is_told_so(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(tavus):
    create(tavus, note="x" * 20_000)
    tavus.assert_created_once(replica_name="Rio")
""",
    )
    result.stdout.fnmatch_lines(["*the body cannot be compared: of 20059 bytes, 16384 are kept"])


def test_true_is_not_1(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(tavus):
    create(tavus, properties={"gaze_correction": True})
    tavus.assert_created_once(properties={"gaze_correction": 1})
""",
    )
    result.assert_outcomes(failed=1)
