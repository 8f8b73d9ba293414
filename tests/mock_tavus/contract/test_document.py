from __future__ import annotations

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_tavus.contract import document
from mock_tavus.contract.document import bundled_contract, check_document, read_document
from mock_tavus.errors import ContractError


def test_the_bundled_contract_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(read_document(bundled_contract())).iter_errors()) == []


def test_a_wheel_carries_the_contract_and_a_checkout_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mock_tavus"
    (package / "contract").mkdir(parents=True)
    monkeypatch.setattr(document, "__file__", str(package / "contract" / "document.py"))

    assert bundled_contract() == tmp_path / "openapi" / "tavus.yaml"
    (package / "openapi").mkdir()
    (package / "openapi" / "tavus.yaml").touch()
    assert bundled_contract() == package / "openapi" / "tavus.yaml"


def test_dates_in_yaml_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.1.0\ninfo: {title: t, version: 2024-01-24}\npaths: {}\n")

    assert read_document(path)["info"]["version"] == "2024-01-24"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"a: [", "not YAML"),
        (b"a: !!int abc", "not YAML"),
        (b"[" * 20000, "not YAML"),
        (b"- a", "expected an OpenAPI document with openapi: 3.1.x, received None"),
        (b"openapi: 3.0.3", "expected an OpenAPI document with openapi: 3.1.x, received '3.0.3'"),
        (b"swagger: '2.0'", "received None"),
    ],
)
def test_a_file_that_is_no_contract_is_refused_by_name(tmp_path: Path, text: bytes | None, message: str) -> None:
    path = tmp_path / "openapi.yaml"
    if text is not None:
        path.write_bytes(text)

    with pytest.raises(ContractError) as caught:
        read_document(path)

    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_an_invalid_document_is_refused_with_the_place() -> None:
    invalid = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"tags": 3}}}}

    with pytest.raises(ContractError, match=r"mine\.yaml: not valid OpenAPI at paths"):
        check_document(invalid, Path("mine.yaml"))
