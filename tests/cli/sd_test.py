#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs `acledger sd` as a user would. Usage: sd_test.py ACLEDGER [unittest arguments]"""

import json
import subprocess
import sys
import unittest

ACLEDGER = sys.argv.pop(1) if len(sys.argv) > 1 else "acledger"

PLAIN = "O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)"
ONE = "S-1-5-21-1-2-3-1001"


class SdTest(unittest.TestCase):
    def run_sd(self, *args, lines=(), data=None):
        """Exit code and answers for these input lines."""
        if data is None:
            data = "".join(line + "\n" for line in lines).encode()
        done = subprocess.run([ACLEDGER, "sd", *args], input=data, capture_output=True, timeout=120)
        self.errors = done.stderr.decode()
        return done.returncode, done.stdout.decode().splitlines()

    def hex_of(self, sddl):
        code, answers = self.run_sd("from-sddl", lines=[sddl])
        self.assertEqual(code, 0, answers)
        return answers[0]

    def sddl_of(self, descriptor):
        return self.run_sd("to-sddl", lines=[descriptor])[1][0]

    def test_goes_to_hex_and_back(self):
        descriptor = self.hex_of(PLAIN)
        self.assertRegex(descriptor, "^[0-9a-f]+$")
        self.assertEqual(self.sddl_of(descriptor), PLAIN)
        self.assertEqual(self.sddl_of(descriptor.upper()), PLAIN)

    def test_answers_a_bad_line_and_goes_on(self):
        code, answers = self.run_sd("to-sddl", lines=["01", "zz", "", "D:(A;;XX;;;BA)", "0100", "D:"])
        self.assertEqual(code, 1)
        self.assertEqual(len(answers), 6)
        self.assertTrue(all(answer.startswith("error: ") for answer in answers[:5]), answers)
        self.assertIn("position 6", answers[3])
        self.assertEqual(answers[5], "D:")

    def test_takes_crlf_and_a_last_line_without_an_end(self):
        self.assertEqual(self.run_sd("to-sddl", data=b"D:\r\nO:BA"), (0, ["D:", "O:BA"]))

    def test_bounds_the_length_of_a_line(self):
        code, answers = self.run_sd("to-sddl", data=b"0" * (3 << 20) + b"\nD:\n")
        self.assertEqual((code, len(answers), answers[1]), (1, 2, "D:"))
        self.assertIn("longer than 1 MiB", answers[0])

    def test_takes_the_longest_descriptor(self):
        aces = "(A;;FA;;;WD)" * 3276  # 20 bytes each: 65,528 with the header
        descriptor = self.hex_of("D:" + aces)
        self.assertEqual(len(descriptor), 2 * (20 + 65528))
        self.assertEqual(self.sddl_of(descriptor), "D:" + aces)

    def test_resolves_domain_aliases(self):
        self.assertEqual(self.run_sd("from-sddl", lines=["O:LA"])[0], 1)
        code, answers = self.run_sd("from-sddl", "--domain", "S-1-5-21-1-2-3", lines=["O:LA"])
        self.assertEqual((code, self.sddl_of(answers[0])), (0, "O:S-1-5-21-1-2-3-500"))

    def test_checks_access(self):
        check = ("check", "--token", "BU,WD", "--access")
        self.assertEqual(self.run_sd(*check, "0x1200A9", lines=[PLAIN]), (0, ["granted 0x1200a9"]))
        self.assertEqual(self.run_sd(*check, "0x1200AB", lines=[PLAIN]), (0, ["denied 0x2"]))
        self.assertEqual(self.run_sd(*check, "GR", lines=[PLAIN]), (0, ["granted 0x120089"]))
        self.assertEqual(self.run_sd(*check, "0x2000000", lines=[PLAIN]), (0, ["granted 0x1200a9"]))

    def test_checks_access_of_restricted_tokens(self):
        check = ("check", "--token", "BU", "--restricting", ONE, "--access")
        self.assertEqual(self.run_sd(*check, "0x1", lines=[PLAIN]), (0, ["denied 0x1"]))
        self.assertEqual(self.run_sd(*check, "0x1", "--write-restricted", lines=[PLAIN]), (0, ["granted 0x1"]))
        both = f"D:(A;;FA;;;BU)(A;;FR;;;{ONE})"
        self.assertEqual(self.run_sd(*check, "0x3", lines=[both]), (0, ["denied 0x2"]))
        self.assertEqual(self.run_sd(*check, "0x3", "--write-restricted", lines=[both]), (0, ["denied 0x2"]))

    def test_inherits_into_new_and_existing_children(self):
        parent = "O:BAG:SYD:(A;OICI;FA;;;BA)(A;OICIIO;FA;;;CO)"
        code, answers = self.run_sd("inherit", "--type", "file", "--owner", ONE, "--group", "BU",
                                    lines=[parent + "\t", parent + "\tO:BAG:SYD:(A;;FR;;;BU)", parent])
        self.assertEqual(code, 0)
        self.assertEqual(self.sddl_of(answers[0]), f"O:{ONE}G:BUD:AI(A;ID;FA;;;BA)(A;ID;FA;;;{ONE})")
        self.assertEqual(self.sddl_of(answers[1]), "O:BAG:SYD:AI(A;;FR;;;BU)(A;ID;FA;;;BA)")  # Equal ones once.
        self.assertEqual(answers[2], answers[0])

    def test_needs_an_owner_for_a_new_child(self):
        code, answers = self.run_sd("inherit", "--type", "file", lines=["D:(A;OICI;FA;;;BA)\t"])
        self.assertEqual(code, 1)
        self.assertIn("--owner", answers[0])

    def test_grants_and_revokes_to_the_byte(self):
        before = self.hex_of(PLAIN)
        entry = ("--principal", ONE, "--mask", "0x1200A9", "--flags", "OICI")
        granted = self.run_sd("grant", *entry, lines=[before])[1][0]
        self.assertIn(f"(A;OICI;0x1200a9;;;{ONE})", self.sddl_of(granted))
        self.assertEqual(self.run_sd("grant", *entry, lines=[granted]), (0, [granted]))
        self.assertEqual(self.run_sd("revoke", *entry, lines=[granted]), (0, [before]))
        self.assertEqual(self.run_sd("revoke", *entry, lines=[before]), (0, [before]))

    def test_takes_flags_in_each_spelling(self):
        for flags, written in (("OICI", "OICI"), ("OI|CI", "OICI"), ("CI", "CI"), ("", ""), ("CINPIO", "CINPIO")):
            granted = self.run_sd("grant", "--principal", ONE, "--flags", flags, lines=["D:"])[1][0]
            self.assertEqual(self.sddl_of(granted), f"D:(A;{written};0x1200a9;;;{ONE})")

    def test_adds_an_inherited_entry_behind_the_explicit_ones(self):
        granted = self.run_sd("grant", "--principal", ONE, "--inherited", lines=["D:AI(A;;FA;;;BA)"])[1][0]
        self.assertEqual(self.sddl_of(granted), f"D:AI(A;;FA;;;BA)(A;ID;0x1200a9;;;{ONE})")

    def test_refuses_to_close_a_null_dacl(self):
        code, answers = self.run_sd("grant", "--principal", ONE, lines=["O:BAD:NO_ACCESS_CONTROL"])
        self.assertEqual(code, 1)
        self.assertTrue(answers[0].startswith("error: "))

    def test_writes_json(self):
        def answer(*args, line):
            return json.loads(self.run_sd(*args, "--json", lines=[line])[1][0])
        self.assertEqual(answer("to-sddl", line="D:P"), {"sddl": "D:P"})
        self.assertEqual(answer("from-sddl", line="D:P"), {"descriptor": self.hex_of("D:P")})
        self.assertEqual(answer("check", "--token", "WD", "--access", "0x1", line="D:(A;;FA;;;WD)"),
                         {"granted": True, "access": "0x1"})
        self.assertEqual(answer("check", "--token", "WD", "--access", "0x1", line="D:"),
                         {"granted": False, "missing": "0x1"})
        self.assertEqual(answer("revoke", "--principal", ONE, line="D:")["outcome"], "absent")
        self.assertEqual(answer("to-sddl", line='D:"\x01')["error"]["kind"], "invalid")

    def test_answers_each_line_of_a_conversation(self):
        with subprocess.Popen([ACLEDGER, "sd", "to-sddl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
            for line in (b"D:\n", b"O:BA\n"):
                talk.stdin.write(line)
                talk.stdin.flush()
                self.assertEqual(talk.stdout.readline(), line)
            talk.stdin.close()

    def test_returns_2_for_wrong_usage(self):
        for args in ((), ("nonsense",), ("check",), ("check", "--token", "WD"), ("to-sddl", "--nonsense"),
                     ("check", "--token", "XX", "--access", "1"), ("check", "--token", "WD", "--access", "GZ"),
                     ("check", "--token", ",", "--access", "1"),
                     ("inherit", "--type", "pipe"), ("inherit",), ("grant",), ("grant", "--principal", "S-1"),
                     ("grant", "--principal", "LA"), ("revoke", "--principal", "BA", "--flags", "XY"),
                     ("to-sddl", "--domain", "BAD")):
            code, answers = self.run_sd(*args)
            self.assertEqual((code, answers), (2, []), args)
            self.assertNotEqual(self.errors, "", args)

    def test_shows_help_with_an_example(self):
        for command in ([], ["to-sddl"], ["from-sddl"], ["check"], ["inherit"], ["grant"], ["revoke"]):
            code, answers = self.run_sd(*command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("Example:", answers)


if __name__ == "__main__":
    unittest.main()
