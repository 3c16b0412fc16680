# SPDX-License-Identifier: Apache-2.0
# Gates a third-party benchmark program by following docs/gate.md: its commands and its workflow.
"""usage: gate_page_test.py --build-dir DIR --compiler FILE --generator NAME --sanitize=NAMES

The repository of that program is a copy of consumer/. The packages that the workflow installs are
there already; its other steps are run as they stand, but for the one that builds tare: the build
directory stands for what it makes. gate_workflow_test.py runs that one too.
"""

import json
import re
import shutil
import sys

from page import ROOT, Failure, Follower, main

WORKFLOW = ROOT / "harness/tests/gate_workflow.yml"
GATE = "prefix/bin/tare gate --exe build/bench_words --budgets budgets.toml"
UPDATE = "prefix/bin/tare budget update --exe build/bench_words --budgets budgets.toml"
WAIVER = ('  { benchmark = "*", metric = "%s", reason = "r", owner = "o", link = "l", '
          'expires = 2999-12-31 },\n')
SLOW = "for (volatile int i = 0; i < 20000;) i = i + 1;"


def steps_of(workflow):
    """The commands of each `run:` step. As much of YAML as that file has."""
    return [re.sub(r"^ {10}", "", step, flags=re.MULTILINE)
            for step in re.findall(r"^ +- run: \|\n((?: {10}.*\n)+)", workflow, re.MULTILINE)]


class Gate(Follower):
    def __init__(self, arguments, name="gate_page"):
        super().__init__(arguments, "docs/gate.md", "gate_page", name)
        shutil.copytree(ROOT / "harness/tests/consumer", self.folder, dirs_exist_ok=True)
        self.env["GITHUB_STEP_SUMMARY"] = str(self.folder / "summary.md")
        self.steps = steps_of(WORKFLOW.read_text(encoding="utf-8"))
        if len(self.steps) != 4 or "cmake --build tare/build/release" not in self.steps[1]:
            raise Failure(f"{WORKFLOW} has {len(self.steps)} steps, not 4, of which the second "
                          "builds tare")

    def expect(self, output, *wanted):
        for words in wanted:
            if not re.search(words, output):
                raise Failure(f"'{words}' is not in:\n{output}")

    def check_packages(self):
        """The workflow installs what scripts/setup would, but for what suites need."""
        setup = (ROOT / "scripts/setup").read_text(encoding="utf-8")
        known = set(re.search(r"bench_packages=\((.*?)\)", setup, re.DOTALL)[1].split())
        known -= {"liburing-dev", "libasio-dev", "libuv1-dev", "libevent-dev",
              "libssl-dev", "libboost-dev", "libwslay-dev"}  # of the suites
        installed = set(re.findall(r"[\w+.-]+", self.steps[0])) - {"git", "ca-certificates"}
        if not known <= installed:
            raise Failure(f"the workflow does not install {sorted(known - installed)}")

    def run_workflow(self):
        for step in self.steps[2:]:
            output = self.shell(step)
        self.expect(output, r"self-test: (\d+) faults injected, \1 caught, 0 gates blind",
                    r"gate: pass: 5 benchmarks judged")
        verdict = json.loads((self.folder / "verdict.json").read_text(encoding="utf-8"))
        if verdict["exit_status"] != 0:
            raise Failure(f"verdict.json has the status {verdict['exit_status']}")
        self.expect((self.folder / "summary.md").read_text(encoding="utf-8"),
                    "### Allocation gate: pass")

    def edit(self, path, old, new):
        text = (self.folder / path).read_text(encoding="utf-8")
        if old not in text:
            raise Failure(f"{path} does not hold '{old}'")
        (self.folder / path).write_text(text.replace(old, new), encoding="utf-8")
        self.shell("cmake --build build --target bench_words")

    def check_a_regression(self):
        """It is named with its line, can be waived, and passes once the budget is raised."""
        self.edit("words.h", "words_.clear();", "const std::string copy(line); words_.clear();")
        number = 1 + (self.folder / "words.h").read_text(encoding="utf-8").split(
            "const std::string copy")[0].count("\n")
        self.expect(self.shell(GATE, status=1),
                    r"Split/variant=reference/words=8: allocs/op: 1, the budget is 0 \(\+1\)",
                    rf"new: 1 allocs/op, 169 B/op at words\.h:{number}, in Words::Split",
                    "all sites: 1 allocs/op, of which 0 as recorded")
        self.expect(self.shell(UPDATE, status=1), "is an increase")
        budgets = self.folder / "budgets.toml"
        before = budgets.read_text(encoding="utf-8")
        waivers = "".join(WAIVER % metric for metric in ("allocs", "bytes", "usable"))
        budgets.write_text(before + "waivers = [\n" + waivers + "]\n", encoding="utf-8")
        self.expect(self.shell(GATE), "waived until 2999-12-31 by o: r")
        budgets.write_text(before, encoding="utf-8")
        self.shell(UPDATE + " --allow-increase")
        self.shell(GATE)

    def check_a_slowdown(self):
        """One that allocates nothing passes unless times are asked for, and is named then."""
        self.edit("words.h", "words_.clear();",
                  SLOW + " words_.clear();")
        self.shell(GATE)
        self.expect(self.shell(GATE + " --times base_bench_words --min-time 0.01", status=1),
                    r"Split/variant=reference/words=8: time: [\d.e+]+ of the base build's \[")
        self.edit("words.h", SLOW + " ", "")

    def check_an_improvement(self):
        """It asks for the budget to be lowered, which one line claims."""
        self.edit("words.h", "const std::string copy(line); ", "")
        self.expect(self.shell(GATE, status=3), "claim it: `tare budget update`")
        before = (self.folder / "budgets.toml").read_text(encoding="utf-8").splitlines()
        self.shell(UPDATE)
        after = (self.folder / "budgets.toml").read_text(encoding="utf-8").splitlines()
        changed = [pair for pair in zip(before, after) if pair[0] != pair[1]]
        if len(before) != len(after) or len(changed) != 3:  # rows that split by Words
            raise Failure(f"{len(changed)} lines of budgets.toml have changed, not 3: {changed}")
        self.shell(GATE)

    def check_all(self):
        self.check_packages()
        self.follow_the_page()
        self.run_workflow()
        self.check_a_slowdown()
        self.check_a_regression()
        self.check_an_improvement()


def follow(arguments):
    gate = Gate(arguments)
    gate.check_all()
    return gate.folder


if __name__ == "__main__":
    sys.exit(main("gate_page", __doc__.splitlines()[0], follow))
