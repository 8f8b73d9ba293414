"""Where a request carries its credential, as the contract says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema_path import SchemaPath

from mock_tavus.contract.parameters import read_location
from mock_tavus.errors import ContractError
from mock_tavus.messages import ApiRequest


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to send a credential.

    Args:
        location: `header`, `query` or `cookie`.
        name: Of the header (in lower case), parameter or cookie.
        prefix: What stands before the credential, in lower case: `bearer ` for HTTP's own; else empty.
    """

    location: str
    name: str
    prefix: str = ""

    @classmethod
    def build(cls, name: str, definition: Mapping[str, Any]) -> Scheme:
        """Read a security scheme of the contract.

        Raises:
            ContractError: It is neither an API key nor HTTP's bearer or basic.
        """
        kind = definition.get("type")
        if kind == "apiKey":
            location, key = definition["in"], definition["name"]
            return cls(location, key.lower() if location == "header" else key)
        if kind == "http" and definition["scheme"].lower() in ("bearer", "basic"):
            return cls("header", "authorization", f"{definition['scheme'].lower()} ")
        raise ContractError(f"security scheme {name!r}: expected apiKey, or http with bearer or basic, received {kind}")

    def credential(self, request: ApiRequest) -> bytes:
        """Return what the request sent, empty if it sent nothing."""
        if self.location == "header":
            value = request.headers.get(self.name, "")
        else:
            value = read_location(request, self.location).get(self.name, "")
        if self.prefix:
            if not value.lower().startswith(self.prefix):
                return b""
            value = value[len(self.prefix) :]
        # Header values came as latin-1, which gives the bytes back; what else was sent was decoded as UTF-8.
        return value.encode("latin-1" if self.location == "header" else "utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class Security:
    """The alternatives of credentials that open an operation.

    Args:
        alternatives: Each a set of schemes that must all be met; none at all: the operation is open to everyone.
    """

    alternatives: Sequence[Sequence[Scheme]]

    @classmethod
    def build(cls, document: SchemaPath, definition: SchemaPath) -> Security:
        """Read an operation's security, or the document's where it has none of its own.

        Raises:
            ContractError: It names a scheme that the contract does not define, or that is not supported.
        """
        owner = definition if "security" in definition else document
        requirements = (owner / "security").read_value() if "security" in owner else []
        defined = document / "components" / "securitySchemes"
        known = list(defined.str_keys()) if "components" in document and defined.exists() else []
        alternatives = []
        for requirement in requirements:
            if unknown := [name for name in requirement if name not in known]:
                raise ContractError(f"security scheme {unknown[0]!r} is not in components/securitySchemes")
            alternatives.append(tuple(Scheme.build(name, _definition(defined / name)) for name in requirement))
        return cls(tuple(alternatives))

    @property
    def is_open(self) -> bool:
        """Return whether no credential is needed."""
        return not self.alternatives or any(not schemes for schemes in self.alternatives)

    def credential(self, request: ApiRequest) -> bytes:
        """Return the first credential of the first alternative that the request meets, empty if it meets none."""
        for schemes in self.alternatives:
            credentials = [scheme.credential(request) for scheme in schemes]
            if credentials and all(credentials):
                return credentials[0]
        return b""


def _definition(scheme: SchemaPath) -> dict[str, Any]:
    with scheme.resolve() as resolved:  # it may be a reference
        contents: dict[str, Any] = dict(resolved.contents)  # type: ignore[arg-type]
        return contents
