# SPDX-License-Identifier: MIT
"""The steps of the main job: what each has to hold, what it said, and the table at the end."""

import contextlib
import subprocess
import sys
import time


class StepFailed(Exception):
    """The step, and what builds on it, cannot go on."""


class Step:
    def __init__(self, name):
        self.name = name
        self.figure = ""
        self.problems = []
        self.seconds = 0.0

    def expect(self, holds, problem):
        """Notes the problem and goes on."""
        if not holds:
            self.problems.append(problem)
            say("NOT AS EXPECTED: " + problem)

    def require(self, holds, problem):
        if not holds:
            raise StepFailed(problem)


def say(text):
    for line in text.splitlines():
        print("    " + line, flush=True)


def number(value):
    return f"{value:,}"


def table(rows):
    """Rows as text, each column as wide as its widest cell, the last one ragged."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip() for row in rows]


class Report:
    def __init__(self):
        self.steps = []

    @contextlib.contextmanager
    def step(self, name):
        step = Step(name)
        self.steps.append(step)
        print(f"== {name}", flush=True)
        begun = time.monotonic()
        try:
            yield step
        except StepFailed as failure:
            step.problems.append(str(failure))
            raise
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as failure:
            step.problems.append(f"{type(failure).__name__}: {failure}")
            raise StepFailed(str(failure)) from failure
        finally:
            step.seconds = time.monotonic() - begun
            say((step.figure or "done") if not step.problems else "FAILED: " + "; ".join(step.problems))

    def run(self, name, job):
        """Runs one job; its first step that cannot go on ends it, and is in the table."""
        try:
            job(self)
        except StepFailed:
            self.not_run(f"{name}: the rest", "a step before it failed")

    def not_run(self, name, reason):
        step = Step(name)
        step.problems.append("not run: " + reason)
        self.steps.append(step)

    def passed(self):
        return bool(self.steps) and not any(step.problems for step in self.steps)

    def print_table(self):
        rows = [("step", "result", "time", "what it gave")]
        for step in self.steps:
            rows.append((step.name, "FAILED" if step.problems else "ok", f"{step.seconds:.1f} s",
                         "; ".join(step.problems) if step.problems else step.figure))
        print()
        print("\n".join(table(rows)))
        failed = sum(1 for step in self.steps if step.problems)
        print()
        print(f"{len(self.steps)} steps, {failed} failed." if failed else f"All {len(self.steps)} steps held.")
        sys.stdout.flush()
