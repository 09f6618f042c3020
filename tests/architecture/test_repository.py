"""What the repository must never hold: secrets, hosts of registries, paths of a machine, built files, dead links."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    if name and (ROOT / name).exists()
]
TEXT = [path for path in TRACKED if path.suffix not in (".png", ".ico")]
HERE = Path(__file__).name


def texts() -> list[tuple[Path, str]]:
    return [(path, path.read_text()) for path in TEXT if path.name != HERE]


@pytest.mark.parametrize(
    "pattern",
    [
        # Spelt apart, so that this file does not hold what it looks for.
        r"py" + r"pi\.org|python" + r"hosted\.org|registry\.npm" + r"js|npm" + r"js\.org|(?<!no-emit-)index-url\s",
        r"(?<![\w.])/(root|work|home/\w+)/",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        r"\btg_[A-Za-z0-9_-]{40,}",
        r"\bTO" + r"DO\b|\bFIX" + r"ME\b|\bX" + r"XX\b",
    ],
)
def test_no_text_holds(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}" for path, text in texts() for match in re.finditer(pattern, text)
    ]
    assert found == []


def test_nothing_built_or_minified_is_kept() -> None:
    for path in TRACKED:
        assert ".min." not in path.name, path
        assert path.suffix not in (".whl", ".so", ".pyc", ".map"), path
        if path.suffix in (".js", ".css", ".html"):
            assert max(map(len, path.read_text().splitlines() or [""])) < 500, path


def test_every_dependency_is_pinned_by_hash() -> None:
    text = (ROOT / "requirements.lock").read_text()
    named = re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, re.M | re.I)
    assert len(named) > 20
    assert "://" not in text
    for block in re.split(r"^(?=[a-z0-9])", text, flags=re.M | re.I)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*wanted["dependencies"], *(name for extra in wanted["optional-dependencies"].values() for name in extra)]
    known = {name.lower().replace("_", "-") for name in named}
    for requirement in asked:
        name = re.split(r"[\[;<>=! ]", requirement)[0].lower().replace("_", "-")
        assert name in known, f"{name} is not in the lock: make lock"


def test_the_node_lock_names_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name


def test_links_between_documents_lead_somewhere() -> None:
    for path, text in texts():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not target.startswith("mailto:"):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_every_dependency_has_its_reason() -> None:
    said = (ROOT / "docs" / "stack.md").read_text().lower()
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in [*wanted["dependencies"], *wanted["optional-dependencies"]["embedded"]]:
        name = re.split(r"[\[;<>=! ]", requirement)[0].lower()
        assert f"`{name}`" in said, f"docs/stack.md does not say why {name}"


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for path, text in texts():
        if path.suffix == ".md" and path.name not in ("STYLE.md", "ARCHITECTURE.md"):  # they say what is meant to be
            for target in re.findall(r"^(?: {4})?make ([a-z]+)|`make ([a-z]+)", text, re.M):
                assert set(target) - {""} <= targets, f"{path.relative_to(ROOT)} names make {''.join(target)}"


def test_every_function_that_a_document_names_exists() -> None:
    for path, text in texts():
        if path.suffix == ".md":
            for file, names in re.findall(r"`(tidegate/[\w/]+\.py): ([\w, ]+)`", text):
                for name in names.split(", "):
                    assert re.search(rf"^\s*(def|class) {name}\b|^{name}\b", (ROOT / file).read_text(), re.M), (
                        f"{path.relative_to(ROOT)} names {file}: {name}"
                    )


def test_pictures_are_small() -> None:
    pictures = [path for path in TRACKED if path.suffix == ".png"]
    assert pictures
    for path in pictures:
        assert path.stat().st_size < 150_000, path
