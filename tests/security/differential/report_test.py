#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A comparison must not pass where nothing agrees, or nothing was compared."""

import unittest

from report import Report, Rule, exit_code

RULES = [Rule("A1", ("denied", "granted"), {"DACL absent"})]


class ExitCode(unittest.TestCase):
    def setUp(self):
        self.report, self.not_asked = Report("asked"), Report("not asked")

    def code(self):
        return exit_code([self.report, self.not_asked])

    def test_is_good_where_all_agree(self):
        self.report.agree("granted")
        self.assertEqual(self.code(), 0)

    def test_is_good_where_a_rule_explains_every_difference(self):
        self.report.differ(RULES, ("denied", "granted"), {"DACL absent"}, lambda: "")
        self.assertEqual(self.code(), 0)

    def test_is_bad_where_nothing_agrees(self):
        self.report.differ(RULES, ("granted", "denied"), {"DACL absent"}, lambda: "")
        self.assertEqual(self.code(), 1)

    def test_is_bad_where_nothing_was_compared(self):
        self.assertEqual(self.code(), 1)


if __name__ == "__main__":
    unittest.main()
