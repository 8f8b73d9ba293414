from __future__ import annotations

from mock_tavus.families.registry import load_handlers, module_file


def test_every_module_answers_the_operation_it_is_named_after() -> None:
    handlers = load_handlers()

    assert set(handlers) == {"createReplica", "getReplica", "listReplicas", "renameReplica", "deleteReplica"}
    assert handlers["createReplica"].__module__ == "mock_tavus.families.replicas.create"


def test_where_a_module_belongs() -> None:
    assert module_file("createReplica") == "mock_tavus/families/replicas/create.py"
