# SPDX-License-Identifier: MIT
"""Counts what agreed and what did not; a difference without a rule of docs/differences.md is an error."""

import collections


class Rule:
    """A row of docs/differences.md: `name` is its number there, `facts` are what the input must show (any of them)."""

    def __init__(self, name, verdicts, facts):
        self.name, self.verdicts, self.facts = name, verdicts, frozenset(facts)

    def explains(self, verdicts, facts):
        return verdicts == self.verdicts and not self.facts.isdisjoint(facts)


class Report:
    SHOWN = 12
    WIDTH = 1000

    def __init__(self, title):
        self.title = title
        self.agreed = collections.Counter()
        self.explained = collections.Counter()
        self.unexplained = collections.Counter()
        self.examples = {}

    def agree(self, how):
        self.agreed[how] += 1

    def differ(self, rules, verdicts, facts, detail):
        """`verdicts` is (theirs, ours); `detail` is a function that gives the text to print."""
        for rule in rules:
            if rule.explains(verdicts, facts):
                self.explained[rule.name] += 1
                return
        kind = f"theirs {verdicts[0]}, ours {verdicts[1]}; {', '.join(sorted(facts))}"
        self.unexplained[kind] += 1
        if kind not in self.examples:
            self.examples[kind] = detail()

    def total(self):
        return self.agreed.total() + self.explained.total() + self.unexplained.total()

    def print(self):
        """True if nothing is unexplained."""
        unexplained = self.unexplained.total()
        total = self.total()
        words = [f"{count} {how}" for how, count in sorted(self.agreed.items())]
        words += [f"{count} differ as {name}" for name, count in sorted(self.explained.items())]
        print(f"{self.title}: {total} cases: {', '.join(words)}; {unexplained} unexplained", flush=True)
        for kind, count in self.unexplained.most_common(self.SHOWN):
            print(f"  {count} of: {kind}\n    {self.examples[kind][:self.WIDTH]}")
        return not unexplained


def exit_code(reports):
    """Prints those of the peers that were asked. 0: there was one, and nothing is unexplained."""
    results = [report.print() for report in reports if report.total()]
    return 0 if results and all(results) else 1
