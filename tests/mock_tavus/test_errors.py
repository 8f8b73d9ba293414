from __future__ import annotations

import pytest

from mock_tavus.errors import (
    ApiError,
    InternalError,
    InvalidField,
    InvalidRequestBody,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
)


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (InvalidField("train_video_url"), 400, {"error": "Invalid train_video_url"}),
        (InvalidField("properties.gaze_correction"), 400, {"error": "Invalid properties.gaze_correction"}),
        (InvalidRequestBody(), 400, {"error": "Invalid request body"}),
        (Unauthorized(), 401, {"message": "Invalid access token"}),
        (NotFound(), 404, {"message": "Not found"}),
        (MethodNotAllowed(("GET", "POST")), 405, {"message": "Method not allowed"}),
        (TooLarge(), 413, {"message": "Request body too large"}),
        (InternalError(), 500, {"message": "Internal server error"}),
    ],
)
def test_an_error_knows_its_own_answer(error: ApiError, status: int, body: dict[str, str]) -> None:
    assert (error.status, error.body) == (status, body)


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert MethodNotAllowed(("GET", "POST")).headers == (("Allow", "GET, POST"),)
    assert NotFound().headers == ()
