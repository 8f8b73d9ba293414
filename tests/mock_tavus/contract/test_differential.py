"""The validators that are built once agree with openapi-core's own request validator, which builds them each time."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from jsonschema_path import SchemaPath
from openapi_core import V31RequestValidator
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from mock_tavus.contract import Contract
from mock_tavus.contract.decoding import JSON_DESERIALIZERS
from mock_tavus.contract.document import bundled_contract, read_document
from mock_tavus.errors import InvalidField
from mock_tavus.messages import ApiRequest

CONTRACT = Contract.load()
SERVER = "https://tavusapi.com"
REFERENCE = V31RequestValidator(
    SchemaPath.from_dict(read_document(bundled_contract())), extra_media_type_deserializers=JSON_DESERIALIZERS
)


class ReferenceRequest:
    """A request in the shape that openapi-core asks for."""

    host_url = SERVER

    def __init__(self, request: ApiRequest) -> None:
        self.path = request.path
        self.method = request.method.lower()
        self.body = request.body
        self.content_type = request.headers.get("content-type", "").lower()
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(request.query, keep_blank_values=True)),
            header=Headers(request.headers.items()),
        )


def reference_accepts(request: ApiRequest) -> bool:
    try:
        REFERENCE.validate(ReferenceRequest(request))
    except Exception:  # openapi-core lets some refusals out as plain ValueErrors
        return False
    return True


def ours_accepts(request: ApiRequest) -> bool:
    path = CONTRACT.router.match(request.path)
    try:
        path.operation(request.method).accept(request, path.parameters)
    except InvalidField:
        return False
    return True


TEXT = st.text(max_size=20)
URL = st.builds(
    lambda scheme, rest: f"{scheme}{rest}",
    st.sampled_from(["http://", "https://", "HTTPS://", "ftp://", "http:/", "", "//", " http://", "http://\n"]),
    st.sampled_from(["a.example/b", "", "/", "[::1]/x", "a b", "a.example/b\n", "é.example", "?q"]) | TEXT,
)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXT
ANY = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
CREATE_BODY = st.fixed_dictionaries(
    {},
    optional={
        "train_video_url": URL | SCALAR,
        "consent_video_url": URL | SCALAR,
        "callback_url": URL | st.just("") | SCALAR,
        "replica_name": TEXT | SCALAR,
        "model_name": st.sampled_from(["phoenix-2", "phoenix-3"]) | ANY,
        "properties": st.fixed_dictionaries(
            {}, optional={"gaze_correction": SCALAR, "background_green_screen": SCALAR, "other": ANY}
        )
        | ANY,
        "extra": ANY,
    },
)
VALID_VIDEO = st.builds(lambda body: {**body, "train_video_url": "https://a.example/b.mp4"}, CREATE_BODY)
BODY = st.one_of(
    (CREATE_BODY | VALID_VIDEO | ANY).map(lambda value: json.dumps(value).encode()),
    (CREATE_BODY | VALID_VIDEO).map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")),
    st.sampled_from([b"", b"{}", b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b"NaN", b"[" * 70 + b"]" * 70, rb'"\ud800"']),
    st.binary(max_size=30),
)
CONTENT_TYPE = st.sampled_from(["application/json"] * 8 + ["application/json; charset=utf-8", "Application/JSON"]) | (
    st.sampled_from(["", "text/plain", "application/xml", "application/json;", "application/*", "json"])
)
QUERY = st.dictionaries(
    st.sampled_from(["limit", "page", "verbose", "replica_type", "replica_ids", "hard", "other"]),
    st.sampled_from(["", "0", "1", "10", "-1", "1.0", "true", "False", "yes", "user", "system", "r1,r2"]) | TEXT,
    max_size=4,
).map(urlencode)
REPLICA_ID = st.sampled_from(["r783537ef5", "r", "%", "a b", "é"])


@st.composite
def requests(draw: st.DrawFn) -> ApiRequest:
    operation = draw(
        st.sampled_from(["createReplica"] * 5 + ["listReplicas", "getReplica", "deleteReplica", "renameReplica"])
    )
    replica_id = draw(REPLICA_ID)
    path = CONTRACT.operations[operation].path.replace("{replica_id}", replica_id)
    headers = {"x-api-key": "k"}
    body = b""
    if operation in ("createReplica", "renameReplica"):
        body = draw(BODY)
        headers["content-type"] = draw(CONTENT_TYPE)
    return ApiRequest(
        CONTRACT.operations[operation].method,
        path,
        headers,
        body,
        query=draw(QUERY),
    )


def create_request(body: Any) -> ApiRequest:
    raw = json.dumps(body).encode()
    headers = {"x-api-key": "k", "content-type": "application/json"}
    return ApiRequest("POST", "/v2/replicas", headers, raw)


@pytest.mark.parametrize("part", [0, *(pytest.param(number, marks=pytest.mark.deep) for number in range(1, 10))])
def test_both_accept_and_refuse_the_same(part: int) -> None:
    """10,000 requests, in ten parts."""

    @seed(part)
    @settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(requests())
    def compare(request: ApiRequest) -> None:
        assert ours_accepts(request) == reference_accepts(request)

    compare()


@pytest.mark.parametrize("body", [{"train_video_url": "https://a.example/b"}, {}])
def test_the_comparison_sees_both_outcomes(body: Any) -> None:
    request = create_request(body)

    assert ours_accepts(request) == reference_accepts(request) == bool(body)
