from __future__ import annotations

import pytest

from mock_tavus.wire import script_from
from mock_tavus.wire.script import NORMAL, ScriptError


def test_the_simplest_script_answers_normally() -> None:
    assert script_from({}) == NORMAL
    assert NORMAL.ends == "keep"


def test_an_answer_is_read() -> None:
    script = script_from({"answer": {"status": 302, "headers": [["Location", "http://b/"]], "body": "über"}})

    assert script.answer is not None
    assert (script.answer.status, script.answer.headers) == (302, [("Location", "http://b/")])
    assert script.answer.body == "über".encode()


@pytest.mark.parametrize("settings", [{"raw_base64": "AP8="}, {"answer": {"body_base64": "AP8="}}])
def test_bytes_are_base64(settings: dict[str, object]) -> None:
    script = script_from(settings)

    assert (script.raw or (script.answer and script.answer.body)) == b"\x00\xff"


def test_what_is_no_base64_is_told() -> None:
    with pytest.raises(ScriptError, match=r"answer.body_base64: expected base64 .*received '\?\?'"):
        script_from({"answer": {"body_base64": "??"}})


@pytest.mark.parametrize("settings", [{"cut": 5}, {"framing": "close"}, {"read": "head"}])
def test_what_is_not_whole_ends_the_connection(settings: dict[str, object]) -> None:
    assert script_from(settings).ends == "fin"
    assert script_from({**settings, "end": "rst"}).ends == "rst"
