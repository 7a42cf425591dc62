# SPDX-License-Identifier: MIT
"""Wrong input: a clear error with path and reason, the right exit code, nothing lost."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from image_case import PRINCIPAL, ImageCase, program

DONE, FAILURES, USAGE, NOT_POSSIBLE, REMAIN = range(5)
GRANT = ("--principal", PRINCIPAL, "--root", "\\Users\\dev")


class BadInput(ImageCase):
    def refused(self, code, *words, arguments, image=True):
        """The command fails with `code`, and says all the words on one line of stderr."""
        done = self.acledger(*arguments, image=image, expect=code)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)
        return done

    def test_an_image_that_is_not_there(self):
        missing = os.path.join(self.folder, "missing.img")
        self.refused(NOT_POSSIBLE, missing, image=False, arguments=("provision", "--image", missing, *GRANT))
        self.assertEqual(os.listdir(self.folder), ["disk.img"])

    def test_a_file_that_is_no_ntfs_volume(self):
        other = os.path.join(self.folder, "other.img")
        with open(other, "wb") as file:
            file.write(b"no volume" * 100000)
        self.refused(NOT_POSSIBLE, other, "NTFS", image=False, arguments=("provision", "--image", other, *GRANT))

    def test_a_read_only_image(self):
        os.chmod(self.image, 0o444)
        # Root may write all the same: a read-only mount is what stops it.
        mount = os.path.join(self.folder, "read-only")
        os.mkdir(mount)
        if subprocess.run(["mount", "--bind", "-o", "ro", self.folder, mount], capture_output=True).returncode != 0:
            self.skipTest("no right to make a read-only mount here")
        try:
            image = os.path.join(mount, "disk.img")
            ledger = os.path.join(self.shared, "ledger.db")
            done = self.acledger("provision", "--image", image, "--ledger", ledger, *GRANT, image=False)
            self.assertEqual(done.returncode, NOT_POSSIBLE, done.stderr)
            self.assertIn(image, done.stderr)
            self.assertEqual(self.acledger("plan", "--image", image, *GRANT, image=False).returncode, DONE)
        finally:
            subprocess.run(["umount", mount], check=True)

    def test_words_that_are_no_sid_mask_or_root(self):
        for sid in ("dev", "S-1", "S-1-5-21-", "S-1-5-32-99999999999"):
            self.refused(USAGE, "--principal", sid, arguments=("provision", "--principal", sid, "--root", "\\work"))
        for sid in ("WD", "S-1-5-32-545"):
            self.refused(USAGE, "many people", arguments=("provision", "--principal", sid, "--root", "\\work"))
        for mask in ("x", "0", "0x1F01FF", "0x40000"):
            self.refused(USAGE, "mask", mask, arguments=("provision", *GRANT, "--mask", mask))
        for root in ("work", "\\work\\..\\Users", "\\work:stream", "\\\\server\\share"):
            self.refused(USAGE, root, arguments=("provision", "--principal", PRINCIPAL, "--root", root))
        self.refused(USAGE, "--root", arguments=("provision", "--principal", PRINCIPAL))
        self.refused(USAGE, "--principal", arguments=("provision", "--root", "\\work"))
        self.assertFalse(os.path.exists(self.ledger))

    def test_a_root_that_is_not_there(self):
        before = self.security_ids()
        self.refused(NOT_POSSIBLE, "\\Users\\nobody",
                     arguments=("provision", "--principal", PRINCIPAL, "--root", "\\Users\\nobody"))
        self.assertEqual(self.json("status")["roots"], [])
        self.assertEqual(self.security_ids(), before)

    def test_a_place_that_is_never_granted(self):
        self.refused(USAGE, "config",
                     arguments=("provision", "--principal", PRINCIPAL, "--root", "\\Windows\\System32\\config"))

    def test_one_missing_root_of_two_grants_neither(self):
        self.refused(NOT_POSSIBLE, "nobody",
                     arguments=("provision", *GRANT, "--root", "\\Users\\nobody"))
        self.assertEqual(self.json("status")["roots"], [])

    def test_a_principal_of_the_image_s_own_machine(self):
        machine = "S-1-5-21-1004336348-1177238915-682003330-4001"
        arguments = ("provision", "--principal", machine, "--root", "\\work")
        self.refused(USAGE, "--machine-sid-final", machine, arguments=arguments)
        self.acledger(*arguments, "--machine-sid-final", expect=DONE)

    def test_no_ledger_to_ask_or_to_roll_back(self):
        for arguments in (("status",), ("coverage", "\\work"), ("rollback", "--all"), ("verify",)):
            self.refused(NOT_POSSIBLE, self.ledger, "provision", arguments=arguments)
        self.assertFalse(os.path.exists(self.ledger))

    def test_a_rollback_of_nothing_in_particular(self):
        self.provision()
        self.refused(USAGE, "--root", "--all", arguments=("rollback",))
        self.refused(NOT_POSSIBLE, "\\work", arguments=("rollback", "--root", "\\work"))

    def test_a_ledger_of_another_volume(self):
        self.provision()
        other = os.path.join(self.folder, "other.img")
        subprocess.run([program("make_ntfs_image"), other, "--files", "600", "--wide", "10", "--seed", "8"], check=True,
                       stdout=subprocess.DEVNULL)
        before = self.security_ids(other)
        done = self.acledger("provision", "--image", other, "--ledger", self.ledger, *GRANT, image=False,
                             expect=NOT_POSSIBLE)
        self.assertIn(self.ledger, done.stderr)
        self.assertEqual(self.security_ids(other), before)

    def test_a_corrupt_ledger_is_kept_and_the_entries_are_found_again(self):
        before = self.security_ids()
        self.provision()
        with open(self.ledger, "r+b") as file:
            file.write(b"\0" * 8192)
        self.refused(NOT_POSSIBLE, self.ledger, arguments=("status",))
        done = self.acledger("provision", *GRANT, expect=DONE)
        self.assertIn("damaged", done.stderr)
        self.assertTrue(any("damaged" in name for name in os.listdir(self.folder)))
        rolled = self.json("rollback", "--all")
        self.assertEqual(rolled["remaining"], 0)
        self.assertEqual(self.security_ids(), before)

    def test_a_rollback_that_meets_a_corrupt_ledger_does_not_say_that_all_is_well(self):
        before = self.security_ids()
        self.provision()
        with open(self.ledger, "r+b") as file:
            file.write(b"\0" * 8192)
        for _ in range(2):
            self.refused(NOT_POSSIBLE, "provision", arguments=("rollback", "--all"))
        self.acledger("provision", *GRANT, expect=DONE)
        self.acledger("provision", *GRANT, expect=DONE)
        rolled = self.json("rollback", "--all")
        self.assertEqual(rolled["remaining"], 0)
        self.assertEqual(self.security_ids(), before)

    def test_no_space_for_the_ledger(self):
        small = os.path.join(self.folder, "small")
        os.mkdir(small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", small],
                          capture_output=True).returncode != 0:
            self.skipTest("no right to mount a small file system here")
        try:
            before = self.security_ids()
            ledger = os.path.join(small, "ledger.db")
            done = self.acledger("provision", "--ledger", ledger, *GRANT, expect=NOT_POSSIBLE)
            self.assertIn(ledger, done.stderr)
            self.assertEqual(self.security_ids(), before)
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            self.acledger("provision", "--ledger", ledger, *GRANT, expect=DONE)
            self.acledger("rollback", "--ledger", ledger, "--all", expect=DONE)
            self.assertEqual(self.security_ids(), before)
        finally:
            subprocess.run(["umount", small], check=True)

    def test_two_provisions_at_once(self):
        first = subprocess.Popen([program("acledger"), "provision", "--image", self.image, *GRANT],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while first.poll() is None:  # Stopped where it has the image and the ledger.
                if os.path.exists(self.ledger):
                    first.send_signal(signal.SIGSTOP)
                    break
                time.sleep(0.001)
            self.assertIsNone(first.poll(), "the first run was over too soon")
            done = self.acledger("provision", *GRANT, expect=NOT_POSSIBLE)
            self.assertIn(self.image, done.stderr)
        finally:
            first.send_signal(signal.SIGCONT)
        self.assertEqual(first.wait(), 0)

    def test_without_an_image_there_is_no_live_volume_here(self):
        self.refused(NOT_POSSIBLE, "Windows", "--image", image=False, arguments=("provision", *GRANT))

    def test_unknown_commands_and_options(self):
        self.assertEqual(self.acledger("grant", image=False).returncode, USAGE)
        self.assertEqual(self.acledger("status", "--colour").returncode, USAGE)
        self.assertEqual(subprocess.run([program("acledger")], capture_output=True).returncode, USAGE)

    def test_a_configuration_that_is_wrong(self):
        config = os.path.join(self.folder, "acledger.toml")
        with open(config, "w") as file:
            file.write('version = 1\nprincipal = "S-1-9-77-4711"\nexlude = ["x"]\n')
        self.refused(USAGE, "acledger.toml:3", "exlude",
                     arguments=("provision", "--config", config, "--root", "\\work"))
        with open(config, "w") as file:
            file.write("version = 99\n")
        self.refused(USAGE, "acledger.toml:1", arguments=("provision", "--config", config, *GRANT))
        missing = os.path.join(self.folder, "missing.toml")
        self.refused(USAGE, missing, arguments=("provision", "--config", missing, *GRANT))

    def test_roots_of_two_drives_in_the_configuration(self):
        config = os.path.join(self.folder, "acledger.toml")
        with open(config, "w") as file:
            file.write("version = 1\nprincipal = '%s'\nroots = ['C:\\work', 'D:\\Users\\dev']\n" % PRINCIPAL)
        self.refused(USAGE, "D:\\Users\\dev", "drive", arguments=("provision", "--config", config))

    def test_every_command_has_help_with_an_example(self):
        for command in ("plan", "provision", "status", "coverage", "explain", "failures", "verify", "rollback"):
            self.assertIn("Example", self.acledger(command, "--help", image=False, expect=DONE).stdout, command)


if __name__ == "__main__":
    unittest.main(verbosity=2)
