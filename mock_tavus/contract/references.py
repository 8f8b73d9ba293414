"""Follow the references of a document, as plain dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mock_tavus.errors import ContractError

if TYPE_CHECKING:
    from jsonschema_path import SchemaPath

Document = dict[str, Any]

_MAX_HOPS = 32


def resolve(document: Mapping[str, Any], part: Any) -> Any:
    """Return `part`, or what it refers to.

    Args:
        document: The whole contract.
        part: A part of it, as a rule an object; one with `$ref` stands for another part.

    Raises:
        ContractError: A reference leads nowhere, out of the document, or in a circle.
    """
    for _ in range(_MAX_HOPS):
        if not (isinstance(part, Mapping) and isinstance(part.get("$ref"), str)):
            return part
        part = at_pointer(document, part["$ref"])
    raise ContractError(f"the reference {part['$ref']!r} leads in a circle")


def at_pointer(document: Mapping[str, Any], reference: str) -> Any:
    """Return the part of `document` to which `reference`, `#/components/…`, leads.

    Raises:
        ContractError: It leads nowhere, or out of the document.
    """
    if not reference.startswith("#/"):
        raise ContractError(f"the reference {reference!r} leads out of the document, which is not supported")
    place: Any = document
    for key in reference[2:].split("/"):
        name = key.replace("~1", "/").replace("~0", "~")
        try:
            place = place[int(name)] if isinstance(place, list) else place[name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise ContractError(f"the reference {reference!r} leads nowhere") from None
    return place


def at_place(document: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    """Return the part of `document` to which the keys of `place` lead, references followed on the way.

    Raises:
        ContractError: A reference leads nowhere.
    """
    part: Any = document
    for key in place:
        part = resolve(document, part)
        part = part[int(key)] if isinstance(part, list) else part[key]
    return resolve(document, part)


def walk(spec: SchemaPath, place: tuple[str, ...]) -> SchemaPath:
    """Return the part of `spec` to which the keys of `place` lead."""
    for key in place:
        spec = spec / (int(key) if key.isdigit() else key)
    return spec


def pointer(keys: tuple[str, ...]) -> str:
    """Return the reference that leads along `keys`, from the document's root."""
    return "#" + "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
