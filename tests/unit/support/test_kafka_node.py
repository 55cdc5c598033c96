"""The configuration that a Kafka node of the tests starts with."""

from __future__ import annotations

from pathlib import Path

from tests.support.kafka import Node, server_properties


def a_node(number: int) -> Node:
    return Node(number, 20_000 + number, 21_000 + number, Path(f"/data/{number}"), f"directory-{number}")


def properties(node: Node, *quorum: Node) -> dict[str, str]:
    lines = server_properties(node, quorum).splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_a_node_alone_is_its_own_quorum_and_keeps_internal_topics_once() -> None:
    node = a_node(1)

    settings = properties(node, node)

    assert settings["controller.quorum.bootstrap.servers"] == "127.0.0.1:21001"
    assert settings["offsets.topic.replication.factor"] == "1"
    assert settings["log.dirs"] == "/data/1/data"


def test_each_of_three_nodes_knows_all_controllers_and_internal_topics_live_on_all() -> None:
    nodes = [a_node(number) for number in (1, 2, 3)]

    settings = [properties(node, *nodes) for node in nodes]

    assert {one["controller.quorum.bootstrap.servers"] for one in settings} == {
        "127.0.0.1:21001,127.0.0.1:21002,127.0.0.1:21003"
    }
    assert {one["offsets.topic.replication.factor"] for one in settings} == {"3"}
    assert [one["node.id"] for one in settings] == ["1", "2", "3"]


def test_a_node_listens_on_loopback_only() -> None:
    node = a_node(1)

    assert properties(node, node)["listeners"] == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:21001"


def test_a_first_controller_is_named_as_the_storage_tool_wants_it() -> None:
    assert a_node(2).voter == "2@127.0.0.1:21002:directory-2"
