# SPDX-License-Identifier: MIT
"""Provision, ask, roll back: the whole way on an NTFS image, judged by other programs."""

import os
import signal
import subprocess
import time
import unittest

from image_case import PRINCIPAL, ImageCase, program

VERDICTS = ["readable", "covered", "pending", "denied", "skipped", "drifted", "failed", "unknown"]


class MainJob(ImageCase):
    def test_rolls_back_to_the_security_id_of_every_file(self):
        before = self.security_ids()
        report = self.provision("\\Users\\dev", "\\work")
        self.assertGreater(report["changes"], 100)
        self.assertNotEqual(self.security_ids(), before)
        rolled = self.json("rollback", "--all")
        self.assertEqual(rolled["restored"], report["changes"])
        self.assertEqual((rolled["failed"], rolled["remaining"], rolled["drifted"]), (0, 0, 0))
        self.assertEqual(self.security_ids(), before)
        self.audit()

    def test_does_the_same_with_and_without_the_tables(self):
        before, tales = self.security_ids(), []
        for use in ("never", "always", "auto"):
            done = self.provision("\\Users\\dev", "\\work", extra=("--index", use))
            tale = [done[name] for name in VERDICTS + ["changes"]]
            rolled = self.json("rollback", "--all", "--index", use)
            tales.append((tale, rolled["restored"], rolled["scanned"], rolled["remaining"]))
            self.assertEqual(self.security_ids(), before)
        self.assertGreater(tales[0][1], 100)
        self.assertEqual(tales[1:], tales[:1] * 2)
        self.acledger("provision", "--principal", PRINCIPAL, "--root", "\\work", "--index", "often", expect=2)

    def test_writes_nothing_the_second_time(self):
        self.provision("\\Users\\dev", "\\work", "\\Program Files")
        ids = self.security_ids()
        again = self.provision("\\Users\\dev", "\\work", "\\Program Files")
        self.assertEqual(again["changes"], 0)
        self.assertEqual(self.security_ids(), ids)

    def test_verdicts_sum_to_the_objects_of_each_root(self):
        self.provision("\\Users\\dev", "\\work")
        status = self.json("status")
        for counts in [status, *status["roots"]]:
            self.assertEqual(sum(counts[verdict] for verdict in VERDICTS), counts["objects"])
        self.assertEqual(sum(root["objects"] for root in status["roots"]), status["objects"])

    def test_coverage_of_the_root_is_its_status(self):
        self.provision("\\work")
        root = self.json("status")["roots"][0]
        coverage = self.json("coverage", "\\WORK")["coverage"][0]
        self.assertEqual([coverage[verdict] for verdict in VERDICTS], [root[verdict] for verdict in VERDICTS])

    def test_explains_a_covered_an_excluded_and_an_unknown_path(self):
        self.provision("\\Users\\dev")
        covered = self.json("explain", "\\Users\\dev\\projects")["grants"][0]
        self.assertEqual((covered["verdict"], covered["now"]["granted"]), ("covered", True))
        self.assertIn(PRINCIPAL, covered["now"]["sddl"])
        self.assertNotIn(PRINCIPAL, covered["before"])
        secret = self.json("explain", "\\Users\\dev\\.ssh")["grants"][0]
        self.assertEqual((secret["verdict"], secret["now"]["granted"]), ("skipped", False))
        self.assertEqual(self.json("explain", "\\Windows")["grants"], [])
        self.assertEqual(self.json("explain", "\\Users\\dev\\nothing")["grants"][0]["verdict"], "unknown")

    def test_explain_asks_for_the_rights_that_are_named(self):
        self.provision("\\Users\\dev")
        answer = self.json("explain", "\\Users\\dev\\projects", "--access", "0x10000")["grants"][0]["now"]
        self.assertEqual((answer["granted"], answer["missing"]), (False, "0x10000"))

    def test_plan_says_what_provision_does_and_changes_nothing(self):
        before = self.security_ids()
        plan = self.json("plan", "--principal", PRINCIPAL, "--root", "\\Users\\dev")
        self.assertEqual(self.security_ids(), before)
        self.assertFalse(os.path.exists(self.ledger))
        self.assertEqual(self.provision("\\Users\\dev")["changes"], plan["changes"])
        again = self.json("plan", "--principal", PRINCIPAL, "--root", "\\Users\\dev")
        self.assertEqual(again["changes"], 0)

    def test_plan_prints_commands_for_an_administrator(self):
        lines = self.acledger("plan", "--manual", "--principal", PRINCIPAL, "--root", "C:\\Users\\dev", expect=0).stdout
        self.assertRegex(lines, r'icacls "C:\\Users\\dev\\projects" /grant "\*%s:\(OI\)\(CI\)\(RX\)"' % PRINCIPAL)

    def test_plan_names_single_rights_as_icacls_does(self):
        lines = self.acledger("plan", "--manual", "--principal", PRINCIPAL, "--mask", "0x100081", "--root",
                              "C:\\Users\\dev", expect=0).stdout
        self.assertIn(r'icacls "C:\Users\dev\projects" /grant "*%s:(OI)(CI)(RD,RA,S)" /L' % PRINCIPAL, lines)

    def test_plan_replaces_an_entry_that_must_not_be_inherited_any_more(self):
        self.provision("\\work")
        lines = self.acledger("plan", "--manual", "--principal", PRINCIPAL, "--root", "\\work", "--exclude", "**/later",
                              expect=0).stdout
        self.assertIn(r'icacls "\work\odd\audited folder" /grant:r "*%s:(RX)" /L' % PRINCIPAL, lines)

    def test_excludes_what_a_glob_matches(self):
        self.provision("\\Users\\dev", extra=("--exclude", "projects/**/*.js"))
        status = self.json("status")
        self.assertGreater(status["skipped"], 50)
        self.assertEqual(status["pending"], 0)

    def test_rolls_back_one_root_of_two(self):
        before = self.security_ids()
        self.provision("\\Users\\dev")
        middle = self.security_ids()
        self.provision("\\work")
        self.json("rollback", "--root", "\\work")
        self.assertEqual(self.security_ids(), middle)
        self.assertEqual([root["path"] for root in self.json("status")["roots"]], ["\\Users\\dev"])
        self.json("rollback", "--root", "/users/DEV")
        self.assertEqual(self.security_ids(), before)

    def test_two_principals_roll_back_in_any_order(self):
        before = self.security_ids()
        for principal in (PRINCIPAL, PRINCIPAL + "-2"):
            self.json("provision", "--principal", principal, "--root", "\\Users\\dev")
        self.assertEqual(self.json("status")["drifted"], 0)
        rolled = self.json("rollback", "--all")
        self.assertEqual((rolled["drifted"], rolled["failed"], rolled["remaining"]), (0, 0, 0))
        self.assertEqual(self.security_ids(), before)

    def test_verify_finds_nothing_to_correct(self):
        self.provision("\\Users\\dev", "\\work")
        self.assertEqual(self.json("verify")["differences"], 0)


class Kill(ImageCase):
    ROUNDS = int(os.environ.get("ACLEDGER_KILLS", "5"))

    def killed(self, arguments, seconds):
        """Starts a run and kills it after so long; True if it was still at work."""
        process = subprocess.Popen([program("acledger"), *arguments], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def test_a_killed_run_ends_like_an_undisturbed_one(self):
        before = self.security_ids()
        provision = ["provision", "--image", self.image, "--principal", PRINCIPAL, "--root", "\\Users\\dev"]
        start = time.monotonic()
        undisturbed = self.provision("\\Users\\dev")
        takes = time.monotonic() - start
        granted = self.security_ids()
        self.json("rollback", "--all")
        hits = 0
        for i in range(self.ROUNDS):
            hits += self.killed(provision, takes * (i + 1) / (self.ROUNDS + 1))
            resumed = self.provision("\\Users\\dev")
            self.assertEqual([resumed[v] for v in VERDICTS], [undisturbed[v] for v in VERDICTS])
            self.assertEqual(self.security_ids(), granted)
            hits += self.killed(["rollback", "--image", self.image, "--all"], takes * (i + 1) / (self.ROUNDS + 1))
            rolled = self.json("rollback", "--all")
            self.assertEqual((rolled["failed"], rolled["remaining"]), (0, 0))
            self.assertEqual(self.security_ids(), before)
        self.assertGreater(hits, 0, "no run was still at work when it was killed")
        self.audit()


if __name__ == "__main__":
    unittest.main(verbosity=2)
