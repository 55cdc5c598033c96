"""The pinned requirements: hashed, without any registry's address, the same in all files, and up to date."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[3]
FILES = ("run.txt", "build.txt", "dev.txt")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def text_of(name: str) -> str:
    return (ROOT / "requirements" / name).read_text("utf-8")


def blocks(name: str) -> list[str]:
    """One pinned requirement each, with its hashes and comments."""
    return re.split(r"\n(?=[A-Za-z0-9])", text_of(name).strip())


def pins(name: str) -> dict[tuple[str, str], str]:
    """(name, marker) -> version."""
    found = {}
    for block in blocks(name):
        requirement = Requirement(block.split("\\", 1)[0].strip())
        (specifier,) = requirement.specifier
        assert specifier.operator == "=="
        found[requirement.name.lower(), str(requirement.marker or "")] = specifier.version
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    assert all("--hash=sha256:" in block for block in blocks(name))
    assert pins(name)


@pytest.mark.parametrize("name", FILES)
def test_no_registry_is_named(name: str) -> None:
    assert "://" not in text_of(name)
    assert not re.search(r"^--?(i|index|extra|find|trusted)", text_of(name), re.MULTILINE)


def test_development_tests_the_versions_that_run() -> None:
    run, dev = pins("run.txt"), pins("dev.txt")

    # A tool of ours may want a package where the product does not: its marker is wider then, or gone.
    tested = {(name, marker): dev.get((name, marker)) or dev.get((name, "")) for name, marker in run}
    assert tested == run


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("run.txt", PROJECT["project"]["dependencies"]),
        ("build.txt", PROJECT["dependency-groups"]["build"]),
        ("dev.txt", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
    ],
)
def test_every_declared_dependency_is_pinned_within_its_bounds(name: str, declared: list[str]) -> None:
    versions = {package: version for (package, _), version in pins(name).items()}

    for requirement in map(Requirement, declared):
        pinned = versions.get(requirement.name.lower())
        assert pinned is not None, f"{requirement.name} is missing: run `make lock`"
        assert Version(pinned) in requirement.specifier, f"{requirement} is pinned to {pinned}: run `make lock`"


def test_every_direct_dependency_is_bound_on_both_sides_or_pinned() -> None:
    groups = PROJECT["dependency-groups"]

    for requirement in map(Requirement, PROJECT["project"]["dependencies"] + groups["build"] + groups["dev"]):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators in ({"=="}, {">=", "<"}), str(requirement)
