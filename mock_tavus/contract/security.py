"""Where a request carries its credential, as the contract says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from mock_tavus.contract.references import Document, resolve
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

        Args:
            name: The scheme's key below `securitySchemes`.
            definition: What stands there.

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
        """Return the credential that `request` carries, empty if it carries none."""
        if self.location == "header":
            value = request.headers.get(self.name, "")
        elif self.location == "query":
            value = dict(reversed(parse_qsl(request.query, keep_blank_values=True))).get(self.name, "")
        else:
            value = _cookies(request.headers.get("cookie", "")).get(self.name, "")
        if self.prefix:
            if not value.lower().startswith(self.prefix):
                return b""
            value = value[len(self.prefix) :]
        # Header values came as latin-1, which gives the bytes back; what else was sent was decoded as UTF-8.
        return value.encode("latin-1" if self.location == "header" else "utf-8", "replace").strip()

    @property
    def usage(self) -> str:
        """Return how to send a key, in words."""
        if self.prefix:
            return f"in the header Authorization, as {self.prefix.strip().capitalize()} KEY"
        return f"in the {'query parameter' if self.location == 'query' else self.location} {self.name}"


@dataclass(frozen=True, slots=True)
class Security:
    """The alternatives of credentials that open an operation.

    Args:
        alternatives: Each a set of schemes that must all be met; none at all: the operation is open to everyone.
    """

    alternatives: Sequence[Sequence[Scheme]]

    @classmethod
    def build(cls, document: Document, definition: Mapping[str, Any]) -> Security:
        """Read an operation's security, or the document's where it has none of its own.

        Args:
            document: The whole contract.
            definition: The operation's.

        Raises:
            ContractError: It names a scheme that the contract does not define, or that is not supported.
        """
        requirements = definition.get("security", document.get("security", []))
        known = document.get("components", {}).get("securitySchemes", {})
        alternatives = []
        for requirement in requirements:
            if unknown := [name for name in requirement if name not in known]:
                raise ContractError(f"security scheme {unknown[0]!r} is not in components/securitySchemes")
            alternatives.append(tuple(Scheme.build(name, resolve(document, known[name])) for name in requirement))
        return cls(tuple(alternatives))

    @property
    def is_open(self) -> bool:
        """Return whether no credential is needed."""
        return not self.alternatives or any(not schemes for schemes in self.alternatives)

    @property
    def schemes(self) -> Sequence[Scheme]:
        """Return every scheme of every alternative, in the contract's order."""
        return [scheme for schemes in self.alternatives for scheme in schemes]

    def credential(self, request: ApiRequest) -> bytes:
        """Return the first credential of the first alternative that `request` meets, empty if it meets none."""
        for schemes in self.alternatives:
            credentials = [scheme.credential(request) for scheme in schemes]
            if credentials and all(credentials):
                return credentials[0]
        return b""


def _cookies(header: str) -> dict[str, str]:
    """Return the cookies of a `Cookie` header; those that cannot be read are left out."""
    pairs = (pair.split("=", 1) for pair in header.split(";") if "=" in pair)
    return {name.strip(): value.strip() for name, value in pairs}
