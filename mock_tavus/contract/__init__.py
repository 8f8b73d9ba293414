"""The OpenAPI document, and everything that can be made from it once, at start."""

from mock_tavus.contract.contract import Contract
from mock_tavus.contract.document import bundled_contract
from mock_tavus.contract.json_body import decode_json
from mock_tavus.contract.operation import Operation
from mock_tavus.contract.router import PathMatch, Router

__all__ = ["Contract", "Operation", "PathMatch", "Router", "bundled_contract", "decode_json"]
