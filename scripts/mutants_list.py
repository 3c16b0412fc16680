# SPDX-License-Identifier: Apache-2.0
# Reads the files mutants*.toml: what is a mutant, which tests it names, which promises have none.
import pathlib
import re
import tomllib

import mutants_widen

PARTS = ("harness", "impl", "suites")
FILE_KEYS = {"of", "promises", "without", "overlay", "mutant"}
KEYS = {"file", "what", "old", "new", "tests", "hangs", "quick", "how"}
NEEDED = {"file", "what", "old", "new", "tests"}
OVERLAY_KEYS = {"file", "pattern", "replacement"}
WAYS = ("statement", "expression", "alone")


class Broken(Exception):
    """What keeps mutants from being judged: nothing is caught, and nothing survived."""


class Test:
    """What must fail: 'PROGRAM FILTER', or 'ctest NAME' for a test that is a script."""

    def __init__(self, text, where):
        words = text.split()
        if len(words) != 2:
            raise Broken(f"{where}: test '{text}': write 'PROGRAM ID', 'PROGRAM FILTER' or "
                         "'ctest NAME'")
        self.is_script = words[0] == "ctest"
        self.program = text if self.is_script else words[0]
        self.name = words[1]
        # An id of the catalogue: WS-07 is WS_07_ in the names of tests.
        self.id = self.name if re.fullmatch(r"[A-Z]+-\d+(\.\d+)?[a-z]?", self.name) else None
        self.filter = f"*{re.sub(r'[-.]', '_', self.id)}_*" if self.id else self.name

    def __str__(self):
        return f"{self.program} {self.name}" if not self.is_script else self.program

    def __eq__(self, other):
        return str(self) == str(other)

    def __lt__(self, other):
        return str(self) < str(other)

    def __hash__(self):
        return hash(str(self))


class Mutant:
    """One entry. `number` switches it on where several are built together."""

    def __init__(self, root, where, folder, of, overlays, entry):
        what = f"{where}: {entry.get('what', entry)}"
        wrong = (entry.keys() - KEYS) | (NEEDED - entry.keys())
        if wrong:
            raise Broken(f"{what}: unknown or missing keys: {', '.join(sorted(wrong))}")
        self.folder, self.overlays = folder, overlays
        self.file = f"{of}/{entry['file']}"
        self.what, self.old, self.new = entry["what"], entry["old"], entry["new"]
        self.hangs, self.quick = entry.get("hangs", False), entry.get("quick", False)
        self.tests = [Test(text, what) for text in entry["tests"]]
        if not self.tests:
            raise Broken(f"{what}: names no test")
        path = root / self.file
        if not path.is_file():
            raise Broken(f"{what}: there is no {self.file}")
        text = path.read_text()
        if text.count(self.old) != 1:
            raise Broken(f"{what}: {self.file} has this {text.count(self.old)} times, not once:\n"
                         f"{self.old}")
        if self.old == self.new:
            raise Broken(f"{what}: changes nothing")
        # What is switched: the piece, or what stands around it.
        self.how, self.start = entry.get("how"), text.index(self.old)
        self.piece, self.other = self.old, self.new
        if self.how is None:
            wider = mutants_widen.widen(text, self.start, self.old, self.new)
            self.how, self.start, self.piece, self.other = wider or (
                way(self.old, self.new), self.start, self.old, self.new)
        if self.how not in WAYS:
            raise Broken(f"{what}: how = '{self.how}' is none of {', '.join(WAYS)}")
        self.start += len(self.piece) - len(self.piece.lstrip())
        self.piece = self.piece.strip()
        self.end = self.start + len(self.piece)
        self.number = 0

    def __str__(self):
        return f"{self.file}: {self.what}"

    @property
    def alone(self):
        return self.how == "alone"

    def clashes(self, other):
        """Whether the two cannot be built together: their pieces overlap, and neither is inside
        the other."""
        if self.file != other.file or self.end <= other.start or other.end <= self.start:
            return False
        first, last = sorted((self, other), key=lambda m: (m.start, -m.end))
        return last.end > first.end


def woven(text, start, end, mutants):
    """text[start:end] with the switches of these mutants, whose pieces are all in there."""
    parts, at = [], start
    rest = sorted(mutants, key=lambda m: (m.start, -m.end, m.number))
    while rest:
        first = rest[0]
        same = [m for m in rest if (m.start, m.end) == (first.start, first.end)]
        rest = rest[len(same):]
        inside = [m for m in rest if m.start < first.end]
        rest = rest[len(inside):]
        parts.append(text[at:first.start])
        parts.append(switch(same, woven(text, first.start, first.end, inside)))
        at = first.end
    return "".join(parts) + text[at:end]


def switch(mutants, old):
    """What stands in place of `old`: it, the other piece of each mutant, and what chooses."""
    if mutants[0].how == "alone":
        return mutants[0].other
    if mutants[0].how == "expression":
        chosen = "".join(f"tare_mutant_is({m.number}) ? ({m.other}) : " for m in mutants)
        return f"({chosen}({old}))"
    # A piece may end with a comment.
    chosen = "".join(f"if (tare_mutant_is({m.number})) {{ {m.other}\n}} else " for m in mutants)
    return f"{chosen}{{ {old}\n}}"


def way(old, new):
    """How a piece of code can be switched as it runs, by its shape; where none is safe, alone."""
    def balanced(text):
        return all(text.count(a) == text.count(b) for a, b in ("()", "{}", "[]"))

    def statements(text):
        text = text.strip()
        return not text or text.endswith((";", "}"))

    if not balanced(old) or not balanced(new) or "#" in old + new:
        return "alone"
    declares = re.match(
        r"\s*(const |constexpr |static |auto |return\b.*\n|[\w:<>]+[ &*]+\w+( =|\(|;|{))", old)
    if old.strip().endswith(";") and statements(new):
        first = old.strip().split()[0]
        keyword = first in ("return", "if", "while", "for", "break;", "continue;", "++", "--")
        return "statement" if keyword or not declares else "alone"
    if re.search(r"[;{}]", old + new) or not old.strip() or not new.strip():
        return "alone"
    whole = re.fullmatch(r"[\w(!~*&+-](.*[^,=<>+*/&|?:-])?", old.strip(), re.DOTALL)
    return "expression" if whole else "alone"


def read(root, folders):
    """(what is wrong with the lists as a whole, the mutants of `folders` or of all)."""
    files = sorted(path for part in PARTS if (root / part).is_dir()
                   for path in (root / part).rglob("mutants*.toml"))
    wanted = [pathlib.PurePosixPath(f.rstrip("/")) for f in folders]
    mutants, planted, reasons, prefixes = [], set(), {}, {}
    for path in files:
        name = path.relative_to(root)
        where = name.as_posix()
        if wanted and not any(name.is_relative_to(w) for w in wanted):
            continue
        try:
            data = tomllib.loads(path.read_text())
        except tomllib.TOMLDecodeError as why:
            raise Broken(f"{where}: {why}") from why
        wrong = data.keys() - FILE_KEYS
        if wrong or not data.get("mutant"):
            raise Broken(f"{where}: unknown keys {sorted(wrong)}" if wrong else
                         f"{where}: has no [[mutant]]")
        folder = name.parent.as_posix()
        overlays = tuple(overlay(where, entry) for entry in data.get("overlay", []))
        of = data.get("of", folder)
        own = [Mutant(root, where, folder, of, overlays, entry) for entry in data["mutant"]]
        mutants += own
        planted |= {test.id for mutant in own for test in mutant.tests if test.id}
        reasons.update(data.get("without", {}))
        for prefix in data.get("promises", []):
            prefixes[prefix] = where
    for number, mutant in enumerate(mutants, 1):
        mutant.number = number
    return covered(root, planted, reasons, prefixes), mutants


def overlay(where, entry):
    if entry.keys() != OVERLAY_KEYS:
        raise Broken(f"{where}: an overlay has the keys {', '.join(sorted(OVERLAY_KEYS))}")
    return entry["file"], entry["pattern"], entry["replacement"]


def covered(root, planted, reasons, prefixes):
    """What is wrong: every id with one of these prefixes has a mutant, or a reason."""
    if not prefixes:
        return []
    lines = (root / "docs/catalogue.md").read_text().splitlines()
    known = {m[1] for line in lines if (m := re.match(r"\| ([A-Z]+-[\d.]+) \|", line))}
    ids = {one for one in known for p in prefixes if re.match(rf"{re.escape(p)}[-.]\d", one)}
    wrong = [f"{one}: no mutant, and no reason why not" for one in ids - planted - reasons.keys()]
    wrong += [f"{one}: a mutant, and a reason why none" for one in planted & reasons.keys()]
    wrong += [f"{one}: not in docs/catalogue.md" for one in (planted | reasons.keys()) - known]
    return sorted(wrong)
