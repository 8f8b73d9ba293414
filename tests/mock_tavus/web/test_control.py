from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support import Api


def test_health(api: Api) -> None:
    api.created_id(callback_url="http://127.0.0.1:9000/")

    assert api.client.get("/__admin/health").get_json() == {
        "status": "ok",
        "replicas": 1,
        "replicas_forgotten": 0,
        "callbacks_pending": 1,
    }


def test_the_contract_is_served_with_the_local_servers_address(api: Api) -> None:
    document = api.client.get("/__admin/openapi.json", base_url="http://127.0.0.1:4010").get_json()

    assert document["servers"] == [{"url": "http://127.0.0.1:4010", "description": "This emulator."}]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert next(iter(document)) == "openapi"
