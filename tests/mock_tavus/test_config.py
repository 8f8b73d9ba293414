from __future__ import annotations

from typing import Any

import pytest

from mock_tavus.config import Config
from mock_tavus.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"training_time": -1}, "training-time: expected 0 to 3.16224e+08, received -1"),
        ({"training_time": float("nan")}, "training-time: expected 0 to 3.16224e+08, received nan"),
        ({"max_replicas": 0}, "max-replicas: expected 1 or more, received 0"),
        ({"callback_retries": -1}, "callback-retries: expected 0 to 1000, received -1"),
        ({"callback_timeout": 0}, "callback-timeout: expected more than 0 seconds, received 0"),
        ({"replica_id_digits": 3}, "replica-id-digits: expected 8 to 32, received 3"),
        ({"callback_timeout": float("inf")}, "callback-timeout: expected 0 to 3600, received inf"),
        ({"allow_callback_hosts": ("http://x.com/",)}, "expected a host such as example.com, received 'http://x.com/'"),
        ({"api_keys": ("a", "")}, "api-key: expected a key, received an empty one"),
        ({"training_messages": {"fps": "slow"}}, "unknown cause 'fps'; the documented ones are download_link,"),
        ({"training_messages": {"video_fps": 3}}, "expected a string for 'video_fps', received 3"),
    ],
)
def test_a_setting_out_of_bounds_is_refused_in_words(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**settings)

    assert message in str(caught.value)


def test_the_defaults_are_what_the_documentation_says() -> None:
    config = Config()

    assert (config.training_time, config.max_replicas, config.max_body_bytes) == (2.0, 100_000, 1024 * 1024)
    assert (config.callback_retries, config.callback_timeout, config.replica_id_digits) == (0, 10.0, 9)
