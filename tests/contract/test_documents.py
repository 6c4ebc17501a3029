"""The printed documents are fresh, and the OpenAPI one holds together."""
import json
import os
import pathlib
import re
import subprocess

import pytest

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


def asyncapi():
    return json.loads((ROOT / "docs/asyncapi.json").read_text())


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


@pytest.mark.parametrize("document", [openapi(), asyncapi()],
                         ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(document):
    found = list(references(document))
    assert found
    for reference in found:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_public_route_of_the_rows_is_there():
    text = "".join(p.read_text() for p in (ROOT / "proto").glob("*.def"))
    rows = re.findall(r'^ROUTE\((\w+), (\w+), "([^"]+)"', text, re.M)
    wanted = {(o, m.lower(), p) for o, m, p in rows
              if not p.startswith("/internal/")}
    got = {(o["operationId"], m, p) for p, m, o in operations()}
    assert wanted and got == wanted, "run make docs"


def test_operations_have_one_name_and_all_path_parameters():
    names = [o["operationId"] for _, _, o in operations()]
    assert len(names) == len(set(names))
    for path, _, operation in operations():
        declared = {p["name"] for p in operation.get("parameters", [])
                    if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), path
        assert "default" in operation["responses"]


SAID, HEARD = r'"([\w.]+)", (\w+),', r'"([\w-]+)", "([\w.]+)",'


def rows_of(kind, arguments):
    """{(service, topic)} of the SAYS or HEARS rows, as the text has them."""
    names = dict(re.findall(r'^SERVICE\((\w+), "([\w-]+)"\)',
                            (ROOT / "proto/services.def").read_text(), re.M))
    return {(names[path.stem], *row)
            for path in (ROOT / "proto").glob("*.def")
            for row in re.findall(rf"^{kind}\({arguments}", path.read_text(),
                                  re.M)}


def test_what_is_said_and_heard_is_what_the_rows_say():
    said, heard = rows_of("SAYS", SAID), rows_of("HEARS", HEARD)
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    got = set()
    for name, operation in document["operations"].items():
        topic = operation["channel"]["$ref"].removeprefix("#/channels/")
        got.add((operation["tags"][0]["name"], operation["action"], topic))
        assert topic in document["channels"] and topic in name
    assert got == {(s, "send", t) for s, t, _ in said} | \
        {(s, "receive", t) for s, _, t in heard}
    for _, topic, message in said:
        payload = document["components"]["messages"][topic]["payload"]
        assert payload["allOf"][1]["properties"]["data"]["$ref"].endswith(
            "/" + message)


def test_what_is_heard_is_said_by_that_publisher():
    said = {row[:2] for row in rows_of("SAYS", SAID)}
    heard = rows_of("HEARS", HEARD)
    assert heard and {row[1:] for row in heard} <= said
