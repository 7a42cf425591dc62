# SPDX-License-Identifier: MIT
"""What the tests of the command line on NTFS images share: a small image, and ways to run the programs."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

PRINCIPAL = "S-1-9-77-4711"
FILES = os.environ.get("ACLEDGER_FILES", "2500")


def program(name):
    """The path of a program of the build, from the environment that CMake sets."""
    return os.environ["ACLEDGER_" + name.upper()]


class ImageCase(unittest.TestCase):
    """Each test works on a fresh copy of one image (a Windows disk in small; $ACLEDGER_FILES objects)."""

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp(prefix="acledger-cli-")
        cls.master = os.path.join(cls.shared, "master.img")
        subprocess.run([program("make_ntfs_image"), cls.master, "--files", FILES, "--wide", "300", "--seed", "7"],
                       check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="case-", dir=self.shared)
        self.image = os.path.join(self.folder, "disk.img")
        subprocess.run(["cp", "--sparse=always", self.master, self.image], check=True)
        self.ledger = self.image + ".acledger"

    def acledger(self, *arguments, image=True, expect=None):
        """Runs `acledger`, with --image behind the command's name; returns the finished process."""
        command = [program("acledger"), arguments[0]]
        if image:
            command += ["--image", self.image]
        done = subprocess.run(command + list(arguments[1:]), capture_output=True, text=True, timeout=300)
        if expect is not None:
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def json(self, *arguments, expect=0):
        return json.loads(self.acledger(*arguments, "--json", expect=expect).stdout)

    def provision(self, *roots, expect=0, extra=()):
        arguments = ["provision", "--principal", PRINCIPAL, *extra]
        for root in roots or ("\\Users\\dev",):
            arguments += ["--root", root]
        return self.json(*arguments, expect=expect)

    def kill_while_writing(self, words, redo):
        """Provisions with these words, and kills that once its redo file is there, which is while it writes."""
        for _ in range(20):
            run = subprocess.Popen([program("acledger"), "provision", *words], stderr=subprocess.DEVNULL)
            while run.poll() is None and not os.path.exists(redo):
                pass
            run.send_signal(signal.SIGKILL)
            if run.wait() == -signal.SIGKILL:
                return
            subprocess.run([program("acledger"), "rollback", *words[:words.index("--principal")], "--all"], check=True,
                           capture_output=True)
        self.fail("no run was still at work when it was killed")

    def security_ids(self, image=None):
        """security_id of every file in use, read by another program."""
        done = subprocess.run([program("security_ids"), image or self.image], check=True, capture_output=True)
        return done.stdout

    def audit(self):
        """ntfssecaudit's verdict on $Secure."""
        done = subprocess.run(["ntfssecaudit", "-a", self.image], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("No errors were found", done.stdout + done.stderr)
