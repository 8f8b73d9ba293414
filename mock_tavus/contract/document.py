"""Find, read and check the OpenAPI document."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml

from mock_tavus.contract.references import Document
from mock_tavus.errors import ContractError

# The parser in C is ten times as fast, but not everywhere.
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BaseLoader):  # type: ignore[misc]
    """Read YAML as JSON would: dates stay strings, for JSON Schema knows none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
}


def bundled_contract(name: str = "tavus.yaml") -> Path:
    """Return a contract that comes with the package: the vendor's, or the control plane's.

    A wheel carries it; an editable install does not see what hatchling forces in, and finds the checkout's.

    Args:
        name: Its name.
    """
    package = Path(__file__).parent.parent
    in_wheel = package / "openapi" / name
    return in_wheel if in_wheel.exists() else package.parent / "openapi" / name


def read_document(path: Path) -> Document:
    """Read an OpenAPI 3.1 document from YAML or JSON.

    Args:
        path: The path, decoded.

    Raises:
        ContractError: The file cannot be read, is not YAML, or is no OpenAPI 3.1 document.
    """
    try:
        document = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a safe loader, only narrowed
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read ({error})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContractError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    version = document.get("openapi") if isinstance(document, dict) else None
    if not (isinstance(version, str) and version.startswith("3.1.")):
        raise ContractError(f"{path}: expected an OpenAPI document with openapi: 3.1.x, received {version!r}")
    return dict(document)


def check_document(document: Document, path: Path) -> None:
    """Refuse a document that is not valid OpenAPI, with the place and the reason.

    Args:
        document: The whole contract.
        path: The path, decoded.

    Raises:
        ContractError: openapi-spec-validator finds a fault.
    """
    # Imported here: only a user's own document is checked at start, ours is checked by our tests.
    from openapi_spec_validator import OpenAPIV31SpecValidator

    try:
        errors = list(itertools.islice(OpenAPIV31SpecValidator(document).iter_errors(), 1))
    except Exception as error:  # a dangling reference, or keys that are no strings, are let out as they are met
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ContractError(f"{path}: not valid OpenAPI ({reason})") from error
    for fault in errors:
        place = "/".join(str(part) for part in getattr(fault, "absolute_path", ())) or "the document"
        reason = getattr(fault, "message", str(fault))
        raise ContractError(f"{path}: not valid OpenAPI at {place}: {reason[:500]}")
