# SPDX-License-Identifier: Apache-2.0
# Holds docs/catalogue.md to the rows and tests: every id that one of them names has a line there.
"""usage: catalogue.py [--root DIR] [--where ID]

An id such as DL-05 or SD-1.08 stands for a promise. docs/catalogue.md says each promise once, in a
line `| ID | what it promises |` below the heading `## PREFIX: theme` of its kind. This fails on

  - an id that a row of the conformance kit or a test in suites/ names, without a line there;
  - a line whose id no row and no test names;
  - a row of the kit that promises it in other words;
  - a line that stands twice, below the heading of another kind, or out of order.

--where ID prints instead each place that names it, as file:line.
"""

import argparse
import pathlib
import re
import sys

DOCUMENT = "docs/catalogue.md"

_ID = r"[A-Z]{2,3}-(?:\d\.)?\d{2}[a-z]?"
_WRITTEN = re.compile(rf"\b{_ID}\b")
# As at the front of a test's name: DL_05_CL_01_WhatMustHold, SD_1_08_WhatMustHold.
_IN_NAMES = re.compile(r"\b(?:[A-Z]{2,3}_(?:\d_)?\d{2}_)+(?=\w)")
_ONE_IN_NAME = re.compile(r"([A-Z]{2,3})_(?:(\d)_)?(\d{2})_")
# {"DL-05", "the promise " "in one or more literals", ...
_ROW = re.compile(rf'\{{\s*"({_ID})",\s*((?:"(?:[^"\\]|\\.)*"\s*)+),')
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LINE = re.compile(rf"\| ({_ID}) \| (.+) \|")
_HEADING = re.compile(r"## ([A-Z]{2,3}(?:-\d)?): ")


def sources(root):
    """Yields (path, text) of what holds rows and tests."""
    for path in sorted((root / "suites").rglob("*.cc")):
        if path.name.endswith("test.cc") or path.parent.name == "rows":
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def named_in(root):
    """The ids that rows and tests name: for each the places, as (file, line)."""
    places = {}
    for path, text in sources(root):
        for number, line in enumerate(text.splitlines(), start=1):
            ids = {match[0] for match in _WRITTEN.finditer(line)}
            for name in _IN_NAMES.finditer(line):
                ids |= {f"{theme}-{seed + '.' if seed else ''}{number}"
                        for theme, seed, number in _ONE_IN_NAME.findall(name[0])}
            for one in ids:
                places.setdefault(one, []).append((path, number))
    return places


def promised_in_rows(root):
    """The rows of the kit: id and promise."""
    return {row[1]: "".join(_LITERAL.findall(row[2])) for path, text in sources(root)
            if "/rows/" in path for row in _ROW.finditer(text)}


def lines_of(document):
    """Yields (line number, kind of the heading above, id, promise)."""
    kind = ""
    for number, line in enumerate(document.splitlines(), start=1):
        if heading := _HEADING.match(line):
            kind = heading[1]
        if entry := _LINE.fullmatch(line):
            yield number, kind, entry[1], entry[2]


def check(root):
    """Returns (how many ids the document has, what is wrong as lines of text)."""
    places, rows, wrong = named_in(root), promised_in_rows(root), []
    if not places:
        return 0, [f"{root}: no row and no test names an id: is this the repository?"]
    before, seen = "", set()
    for number, kind, one, promise in lines_of((root / DOCUMENT).read_text(encoding="utf-8")):
        at = f"{DOCUMENT}:{number}: {one}"
        if one in seen:
            wrong.append(f"{at} has a line already: keep one")
        elif not re.fullmatch(re.escape(kind) + r"[-.]\d{2}[a-z]?", one):
            wrong.append(f"{at} stands below the heading '{kind}': move it to its own")
        elif before.startswith(kind) and one < before:
            wrong.append(f"{at} comes before {before}: put them in order")
        if one not in places:
            wrong.append(f"{at} is named by no row and no test in suites/: remove the line")
        if promise != rows.get(one, promise):
            wrong.append(f"{at} is promised in other words by its row; write: {rows[one]}")
        seen.add(one)
        before = one
    for one in sorted(places.keys() - seen):
        path, number = places[one][0]
        wrong.append(f"{path}:{number}: {one} has no line in {DOCUMENT}: add "
                     f"'| {one} | {rows.get(one, 'what it promises')} |'")
    return len(seen), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--where", metavar="ID", help="print the places that name it")
    arguments = parser.parse_args()
    if arguments.where:
        places = named_in(arguments.root).get(arguments.where, [])
        print("\n".join(f"{path}:{number}" for path, number in places)
              or f"catalogue: no row and no test names '{arguments.where}'")
        return 0 if places else 1
    count, wrong = check(arguments.root)
    print("\n".join([*wrong, f"catalogue: {count} ids, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
