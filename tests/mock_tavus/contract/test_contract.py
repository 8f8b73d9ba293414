from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_tavus.contract import Contract
from mock_tavus.contract.document import bundled_contract, read_document
from mock_tavus.errors import ContractError, InvalidField, InvalidRequestBody
from mock_tavus.messages import ApiRequest

Edit = Callable[[dict[str, Any]], None]


def edited(tmp_path: Path, edit: Edit) -> Contract:
    document = read_document(bundled_contract())
    edit(document)
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return Contract.load(path)


def test_the_operations_are_the_documents() -> None:
    operations = Contract.load().operations

    assert {operation.operation_id: (operation.method, operation.path) for operation in operations.values()} == {
        "createReplica": ("POST", "/v2/replicas"),
        "listReplicas": ("GET", "/v2/replicas"),
        "getReplica": ("GET", "/v2/replicas/{replica_id}"),
        "deleteReplica": ("DELETE", "/v2/replicas/{replica_id}"),
        "renameReplica": ("PATCH", "/v2/replicas/{replica_id}/name"),
    }
    assert all(operation.success.status == 200 for operation in operations.values())


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v2/replicas", {"GET", "POST"}),
        ("/v2/replicas/r1", {"GET", "DELETE"}),
        ("/v2/replicas/r1/name", {"PATCH"}),
        ("/v2/replicas/", set()),
        ("/v2/replica", set()),
        ("/v2/replicas/r1/name/x", set()),
        ("/v2.replicas", set()),
    ],
)
def test_a_path_has_its_operations(path: str, methods: set[str]) -> None:
    router = Contract.load().router

    assert router.has(path) == bool(methods)
    if methods:
        assert set(router.match(path).operations) == methods


def test_the_served_form_names_the_local_server_and_leaves_the_contract_alone() -> None:
    contract = Contract.load()

    assert contract.served("http://127.0.0.1:4010/")["servers"][0]["url"] == "http://127.0.0.1:4010"
    assert contract.served("http://other:1")["servers"][0]["url"] == "http://other:1"


def test_a_base_path_of_the_server_stands_before_every_path(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["servers"] = [{"url": "https://tavusapi.com/beta/"}]

    contract = edited(tmp_path, edit)

    assert contract.operations["createReplica"].path == "/beta/v2/replicas"
    assert contract.served("http://127.0.0.1:1")["servers"][0]["url"] == "http://127.0.0.1:1/beta"


def create(contract: Contract, body: bytes, content_type: str = "application/json") -> Any:
    headers = {"content-type": content_type} if content_type else {}
    request = ApiRequest("POST", "/v2/replicas", headers, body)
    return contract.operations["createReplica"].accept(request)


def test_an_edit_of_the_document_changes_what_is_accepted(tmp_path: Path) -> None:
    body = b'{"train_video_url": "s3://bucket/me.mp4", "model_name": "phoenix-9"}'

    def edit(document: dict[str, Any]) -> None:
        properties = document["components"]["schemas"]["CreateReplicaRequest"]["properties"]
        properties["train_video_url"]["pattern"] = "^s3://"
        properties["model_name"]["enum"] = ["phoenix-2", "phoenix-3"]

    with pytest.raises(InvalidField, match="Invalid train_video_url"):
        create(Contract.load(), body)
    with pytest.raises(InvalidField, match="Invalid model_name"):
        create(edited(tmp_path, edit), body)


def test_a_forbidden_extra_key_is_named(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["CreateReplicaRequest"]["additionalProperties"] = False

    with pytest.raises(InvalidField, match="Invalid extra"):
        create(edited(tmp_path, edit), b'{"train_video_url": "https://a.example/b", "extra": 1}')


def test_a_rule_for_the_object_as_a_whole_is_about_the_request_body(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["CreateReplicaRequest"]["minProperties"] = 2

    with pytest.raises(InvalidRequestBody):
        create(edited(tmp_path, edit), b'{"train_video_url": "https://a.example/b"}')


def test_null_can_stand_for_what_is_left_out() -> None:
    lenient = Contract(read_document(bundled_contract()), bundled_contract(), null_is_absent=True)
    body = b'{"train_video_url": "https://a.example/b", "callback_url": null, "properties": {"gaze_correction": null}}'

    assert create(lenient, body).body == {"train_video_url": "https://a.example/b", "properties": {}}
    with pytest.raises(InvalidField, match="Invalid train_video_url"):
        create(lenient, b'{"train_video_url": null}')
    with pytest.raises(InvalidField, match="Invalid callback_url"):
        create(Contract.load(), body)


def test_variables_of_the_server_have_their_defaults(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        variables = {"host": {"default": "tavusapi.com"}, "base": {"default": "api"}}
        document["servers"] = [{"url": "https://{host}/{base}", "variables": variables}]

    contract = edited(tmp_path, edit)

    assert contract.operations["createReplica"].path == "/api/v2/replicas"
    assert not contract.router.has("/zzz/v2/replicas")


def test_references_are_followed_everywhere(tmp_path: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["pathItems"] = {"One": document["paths"].pop("/v2/replicas/{replica_id}")}
        document["paths"]["/v2/replicas/{replica_id}"] = {"$ref": "#/components/pathItems/One"}
        scheme = document["components"]["securitySchemes"].pop("apiKey")
        document["components"]["securitySchemes"] = {
            "real": scheme,
            "apiKey": {"$ref": "#/components/securitySchemes/real"},
        }
        post = document["paths"]["/v2/replicas"]["post"]
        document["components"]["requestBodies"] = {"Create": post["requestBody"]}
        post["requestBody"] = {"$ref": "#/components/requestBodies/Create"}

    contract = edited(tmp_path, edit)

    assert contract.operations["getReplica"].path == "/v2/replicas/{replica_id}"
    assert contract.operations["getReplica"].security.credential(ApiRequest("GET", "/", {"x-api-key": "k"})) == b"k"
    assert create(contract, b'{"train_video_url": "https://a.example/b"}').body


@pytest.mark.parametrize(
    ("content_type", "body", "refused"),
    [
        ("application/vnd.tavus+json", b'{"train_video_url": "https://a.example/b"}', False),
        ("application/vnd.tavus+json", b"[" * 20_000, True),
        ("application/vnd.tavus+json", b'{"a": NaN, "train_video_url": "https://a.example/b"}', True),
        ("multipart/form-data; boundary=AbC", b"--AbC\r\n\r\nx", True),
        ("multipart/form-data", b"x", True),
    ],
)
def test_other_media_types_are_judged_as_strictly(
    tmp_path: Path, content_type: str, body: bytes, refused: bool
) -> None:
    def edit(document: dict[str, Any]) -> None:
        content = document["paths"]["/v2/replicas"]["post"]["requestBody"]["content"]
        content[content_type.partition(";")[0]] = {"schema": {"$ref": "#/components/schemas/CreateReplicaRequest"}}

    contract = edited(tmp_path, edit)

    if refused:
        with pytest.raises(InvalidField):
            create(contract, body, content_type)
    else:
        assert create(contract, body, content_type).body


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda doc: doc["servers"].__setitem__(0, {"url": "http://[x"}), "is not a URL"),
        (lambda doc: doc["servers"].__setitem__(0, {"url": "api"}), "is not a URL"),
        (
            lambda doc: doc["components"]["schemas"].pop("CreateReplicaRequest"),
            "leads nowhere",
        ),
        (
            lambda doc: doc["components"]["parameters"].update(Verbose={"$ref": "./other.yaml#/a"}),
            "not valid OpenAPI",
        ),
        (lambda doc: doc["paths"]["/v2/replicas"]["get"]["responses"].update({200: {"description": ""}}), "not valid"),
        (lambda doc: doc["paths"]["/v2/replicas"]["post"].pop("operationId"), "POST /v2/replicas has no operationId"),
        (
            lambda doc: doc["components"]["securitySchemes"].update(apiKey={"type": "mutualTLS"}),
            "security scheme 'apiKey': expected apiKey, or http with bearer or basic, received mutualTLS",
        ),
        (lambda doc: doc.update(security=[{"other": []}]), "security scheme 'other' is not in components"),
        (
            lambda doc: (
                doc["components"]["parameters"]["Verbose"].update(
                    schema=None, content={"application/json": {"schema": {"type": "boolean"}}}
                )
                or doc["components"]["parameters"]["Verbose"].pop("schema")
            ),
            "parameter 'verbose': expected a schema",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_at_start(tmp_path: Path, edit: Edit, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        edited(tmp_path, edit)

    assert message in str(caught.value)
    assert "mine.yaml" in str(caught.value)
