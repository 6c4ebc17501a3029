"""The printed documents are fresh, and the OpenAPI one holds together."""
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = {"get", "post", "put", "patch", "delete"}


def print_docs(*arguments):
    mode = os.environ.get("MODE", "release")
    path = f"build/{mode}/bin/print-docs"
    subprocess.run(["make", "-s", f"MODE={mode}", path], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    return subprocess.run([ROOT / path, *arguments], cwd=ROOT,
                          capture_output=True, text=True, check=False)


def openapi():
    return json.loads((ROOT / "docs/openapi.json").read_text())


def operations():
    for path, item in openapi()["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield path, method, operation


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_documents_are_fresh():
    result = print_docs("--check", "docs")
    assert result.returncode == 0, result.stderr


def test_a_stale_document_is_named(tmp_path):
    assert print_docs(str(tmp_path)).returncode == 0
    with open(tmp_path / "metrics.md", "a", encoding="utf-8") as file:
        file.write("more\n")
    result = print_docs("--check", str(tmp_path))
    assert result.returncode == 1
    assert "metrics.md is stale" in result.stderr
    assert "openapi.json" not in result.stderr


def test_every_reference_leads_somewhere():
    document = openapi()
    for reference in references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_public_route_of_the_rows_is_there():
    text = "".join(p.read_text() for p in (ROOT / "proto").glob("*.def"))
    rows = re.findall(r'^ROUTE\((\w+), (\w+), "([^"]+)"', text, re.M)
    wanted = {(o, m.lower(), p) for o, m, p in rows
              if not p.startswith("/internal/")}
    got = {(o["operationId"], m, p) for p, m, o in operations()}
    assert wanted and got == wanted


def test_operations_have_one_name_and_all_path_parameters():
    names = [o["operationId"] for _, _, o in operations()]
    assert len(names) == len(set(names))
    for path, _, operation in operations():
        declared = {p["name"] for p in operation.get("parameters", [])
                    if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), path
        assert "default" in operation["responses"]
