# SPDX-License-Identifier: Apache-2.0
# Injects the faults of every mutants*.toml, one at a time; the tests it names must see each.
"""usage: mutants.py BUILD_DIR [FOLDER...] [--jobs N] [--only TEXT] [--quick] [--list]

A mutant is a plausible mistake: a piece of a file, and what stands there instead. A folder brings
its mutants in files mutants*.toml, whose form docs/mutants.md describes. Each mutant must make a
test that it names fail; without it, all tests that are named must pass. BUILD_DIR is a built preset
with Ninja; neither it nor the tree is changed.

Exit status: 0 every mutant was caught; 1 one survived, or hung where its entry does not say so;
2 an entry is broken (its piece is not there, does not compile, is not come to by a test that it
names), a test fails without a mutant, or nothing was selected. What is broken is not caught.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

import mutants_build
import mutants_list

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Judge:
    """Builds batches of mutants, and runs the tests that each names."""

    def __init__(self, tree, pool, scale):
        self.tree, self.pool, self.scale = tree, pool, scale
        self.normal = {}  # seconds by test, unchanged
        self.survived, self.broken = {}, {}  # by mutant: why

    def batch(self, number, mutants, overlays):
        """Judges mutants that are built together."""
        place = self.tree.scratch / f"batch{number}"
        while mutants:
            tests = sorted({test for mutant in mutants for test in mutant.tests})
            try:
                built = self.tree.build(place, mutants, overlays, {t.program for t in tests})
                break
            except mutants_build.DoesNotCompile as why:
                # Those whose switch stands in the lines that it speaks of; the others go on.
                named = self.tree.named(place, str(why))
                wrong = [m for m in mutants if m.number in named] or mutants
                for mutant in wrong:
                    self.broken[mutant] = "does not compile"
                print(f"does not compile: {'; '.join(map(str, wrong))}\n{why}", flush=True)
                mutants = [m for m in mutants if m not in wrong]
                shutil.rmtree(place)
        if not mutants:
            return
        alone = mutants[0].alone
        if not alone:
            self.unchanged(built, tests)
        list(self.pool.map(lambda m: self.mutant(m, built, alone), mutants))
        built.remove()

    def unchanged(self, built, tests):
        """Each test passes while no mutant is switched on; how long it took becomes its measure."""
        todo = [test for test in tests if test not in self.normal]
        for test, run in zip(todo, self.pool.map(lambda t: built.run(t, 0, 600), todo)):
            if run.how != "passed":
                raise mutants_list.Broken(
                    f"{test} without a mutant: {run.how}, {run.detail}. If it passes in the build "
                    "folder, some 'old' is no whole expression: parentheses change what it means")
            self.normal[test] = run.seconds

    def bound(self, test):
        """Seconds after which a run of this test hangs: far more than it takes unchanged."""
        return (5 + 10 * self.normal[test]) * self.scale

    def mutant(self, mutant, built, alone):
        wrong, reached = [], alone
        for test in mutant.tests:
            run = built.run(test, 0 if alone else mutant.number, self.bound(test))
            here = alone or run.reached
            reached = reached or here
            good = here and (run.how == "failed" or run.how == "hung" and mutant.hangs)
            print(f"{'caught  ' if good else 'SURVIVED'} {test}: {run.how}, {run.detail}  "
                  f"[{mutant}]", flush=True)
            if not good:
                wrong.append(f"{test}: {run.how}, {run.detail}" +
                             ("" if here else "; it does not come to this piece"))
        if not reached:
            self.broken[mutant] = "; ".join(wrong)
        elif wrong:
            self.survived[mutant] = "; ".join(wrong)


def batches(mutants):
    """Mutants that may be built together: by their overlays, with pieces that do not clash."""
    groups = []
    for mutant in mutants:
        for overlays, members in groups:
            if mutant.alone or members[0].alone or overlays != mutant.overlays:
                continue
            if not any(mutant.clashes(other) for other in members):
                members.append(mutant)
                break
        else:
            groups.append((mutant.overlays, [mutant]))
    return groups


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("folders", nargs="*", help="only these folders' (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="only those with this text in file, what, tests")
    parser.add_argument("--quick", action="store_true", help="only those that say quick = true")
    parser.add_argument("--list", action="store_true", help="print them, and judge nothing")
    parser.add_argument("--root", type=lambda p: pathlib.Path(p).resolve(), default=ROOT,
                        help=argparse.SUPPRESS)
    arguments = parser.parse_intermixed_args()
    begun = time.monotonic()
    try:
        wrong, mutants = mutants_list.read(arguments.root, arguments.folders)
        mutants = [m for m in mutants if arguments.only in f"{m} {[str(t) for t in m.tests]}" and
                   (m.quick or not arguments.quick)]
        if not mutants:
            raise mutants_list.Broken("no mutant is selected: see --list")
        if arguments.list:
            for mutant in mutants:
                print(mutant, *mutant.tests, sep="  ")
            print(f"mutants: {len(mutants)}")
            return 0
        scale = float(os.environ.get("TARE_TIME_SCALE", "1"))
        with tempfile.TemporaryDirectory(prefix="mutants_") as scratch, \
                concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            tree = mutants_build.Tree(arguments.root, arguments.build, pathlib.Path(scratch), pool)
            judge = Judge(tree, pool, scale)
            groups = batches(mutants)
            # Those of many first: they measure the tests for those that are built alone.
            groups.sort(key=lambda group: group[1][0].alone)
            for number, (overlays, members) in enumerate(groups):
                if members[0].alone:
                    missing = [t for t in members[0].tests if t not in judge.normal]
                    if missing:
                        plain = tree.build(tree.scratch / f"plain{number}", [], overlays,
                                           {t.program for t in missing})
                        judge.unchanged(plain, missing)
                        plain.remove()
                judge.batch(number, members, overlays)
    except mutants_list.Broken as why:
        print(why)
        return 2
    for said in (judge.survived, judge.broken):
        wrong += [f"{mutant}: {why}" for mutant, why in said.items()]
    print(*wrong, sep="\n")
    for folder, count in sorted(collections.Counter(m.folder for m in mutants).items()):
        print(f"{count:5} {folder}")
    survived, broken = len(judge.survived), len(judge.broken)
    print(f"mutants: {len(mutants)}, caught: {len(mutants) - survived - broken}, "
          f"survived: {survived}, broken: {broken}; {time.monotonic() - begun:.0f} s")
    return 2 if broken else 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
