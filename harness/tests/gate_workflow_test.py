# SPDX-License-Identifier: Apache-2.0
# Does what gate_page_test.py does with tare built as the workflow of docs/gate.md builds it, -O3.
"""usage: gate_workflow_test.py --build-dir DIR --compiler FILE --generator NAME --sanitize=NAMES

It builds a second tree in <build dir>/gate_workflow_build, where the next run finds it.
"""

import sys

import gate_page_test
from page import main


def follow(arguments):
    gate = gate_page_test.Gate(arguments, "gate_workflow")
    gate.build_dir /= "gate_workflow_build"  # what the page calls tare/build/release
    gate.shell(gate.steps[1])
    gate.check_warnings_are_none_of_its_errors(gate.build_dir)
    gate.check_all()
    return gate.folder


if __name__ == "__main__":
    sys.exit(main("gate_workflow", __doc__.splitlines()[0], follow))
