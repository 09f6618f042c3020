"""The API is one folder per resource, and nothing in such a folder is left out of the table."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from pydantic import BaseModel

from tidegate.api.routes import ROUTES

API = Path(__file__).parent.parent.parent / "tidegate" / "api"
RESOURCES = sorted(path.parent.name for path in API.glob("*/routes.py"))


@pytest.mark.parametrize("name", RESOURCES)
def test_every_call_of_a_resource_is_in_the_table(name: str) -> None:
    own = importlib.import_module(f"tidegate.api.{name}.routes").ROUTES
    assert own
    assert set(own) <= set(ROUTES)
    assert {route.does.__module__ for route in own} == {f"tidegate.api.{name}.routes"}


def test_no_two_shapes_share_a_name() -> None:
    """Two would be told apart in /openapi.json by the names of our modules."""
    seen: dict[str, str] = {}
    for name in RESOURCES:
        module = f"tidegate.api.{name}.shapes"
        for thing in vars(importlib.import_module(module)).values():
            if isinstance(thing, type) and issubclass(thing, BaseModel) and thing.__module__ == module:
                assert seen.setdefault(thing.__name__, module) == module, thing.__name__


def test_no_two_calls_share_a_name() -> None:
    names = [route.name for route in ROUTES]
    assert len(set(names)) == len(names)


def test_every_file_is_short_enough_to_be_read_at_once() -> None:
    long = {str(p.relative_to(API)): n for p in API.rglob("*.py") if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}
