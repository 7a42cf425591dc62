# SPDX-License-Identifier: MIT
"""Images in the formats of virtual machines: the same results as on the disk itself, by qemu-img's own judgement."""

import glob
import json
import os
import shutil
import subprocess
import time
import unittest

from daemon_case import VERDICTS
from image_case import PRINCIPAL, ImageCase, program

DONE, FAILURES, USAGE, NOT_POSSIBLE, REMAIN = range(5)
FORMATS = ("qcow2", "vmdk", "vhdx", "vpc")


@unittest.skipUnless(shutil.which("qemu-img") and shutil.which("qemu-nbd"), "no qemu-img here (Debian: qemu-utils)")
class Formats(ImageCase):
    def made(self, name):
        path = os.path.join(self.folder, "disk." + {"vpc": "vhd"}.get(name, name))
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", name, self.image, path], check=True)
        return path

    def ids_inside(self, name, path):
        copy = os.path.join(self.folder, "copy.img")
        subprocess.run(["qemu-img", "convert", "-f", name, "-O", "raw", path, copy], check=True)
        return self.security_ids(copy)

    def on(self, path, *arguments, expect=DONE):
        done = self.acledger(arguments[0], "--image", path, *arguments[1:], "--json", image=False, expect=expect)
        return json.loads(done.stdout) if done.stdout else done

    def test_indexes_finds_and_compares_as_on_the_disk_itself(self):
        raw = self.json("index", "--principal", PRINCIPAL)
        for name in FORMATS:
            with self.subTest(name):
                path = self.made(name)
                told = self.on(path, "index", "--principal", PRINCIPAL)
                for field in ("serial", "objects", "names", "distinct", "readable", "unreadable", "denied", "unknown"):
                    self.assertEqual(told[field], raw[field], field)
                self.assertEqual(self.on(path, "find", "id_ed25519")["found"],
                                 self.json("find", "id_ed25519")["found"])
                done = self.acledger("diff", self.ledger, path, "--json", image=False, expect=DONE)
                self.assertEqual(json.loads(done.stdout)["same"], raw["objects"])

    def test_a_guest_cannot_make_another_format_of_its_raw_disk(self):
        secret = os.path.join(self.folder, "secret.img")
        subprocess.run(["cp", "--sparse=always", self.image, secret], check=True)
        forged = os.path.join(self.folder, "forged.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, forged], check=True)
        raw = os.path.join(self.folder, "raw.img")
        shutil.copy(forged, raw)
        self.assertGreater(self.on(forged, "index", "--no-store")["objects"], 0)  # By its name it is meant so.
        self.assertIn("NTFS", self.on(raw, "index", "--no-store", expect=NOT_POSSIBLE).stderr)

    def test_provisions_and_rolls_back_to_the_same_disk(self):
        words = ("provision", "--principal", PRINCIPAL, "--root", "\\work")
        before = self.security_ids()
        alone = self.provision("\\work")
        for name in FORMATS:
            with self.subTest(name):
                subprocess.run(["cp", "--sparse=always", self.master, self.image], check=True)
                path = self.made(name)
                done = self.on(path, *words)
                self.assertEqual([done[field] for field in VERDICTS + ["changes"]],
                                 [alone[field] for field in VERDICTS + ["changes"]])
                self.assertNotEqual(self.ids_inside(name, path), before)
                self.assertEqual(self.on(path, *words)["changes"], 0)
                rolled = self.on(path, "rollback", "--all")
                self.assertEqual((rolled["restored"], rolled["remaining"]), (done["changes"], 0))
                self.assertEqual(self.ids_inside(name, path), before)
                self.assertEqual(glob.glob(path + ".acledger-redo"), [])

    def test_one_writer_at_a_time(self):
        path = self.made("qcow2")
        other = subprocess.Popen(["qemu-io", "-f", "qcow2", path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        for words in (("index", "--no-store"), ("provision", "--principal", PRINCIPAL, "--root", "\\work")):
            refused = self.acledger(words[0], "--image", path, *words[1:], image=False, expect=NOT_POSSIBLE)
            self.assertIn("another program has the volume open", refused.stderr)
        other.communicate(b"quit\n", timeout=60)
        self.on(path, "index", "--no-store")

    def test_a_kill_in_the_middle_is_gone_on_with(self):
        before, path = self.security_ids(), self.made("qcow2")
        words = ["--image", path, "--principal", PRINCIPAL, "--root", "\\Users\\dev"]
        self.kill_while_writing(words, path + ".acledger-redo")
        self.on(path, "provision", *words[2:])
        self.assertEqual(self.on(path, "rollback", "--all")["remaining"], 0)
        self.assertEqual(self.ids_inside("qcow2", path), before)
        self.assertIn("No errors", subprocess.run(["qemu-img", "check", "-f", "qcow2", path], capture_output=True,
                                                  text=True).stdout)

    def test_says_what_is_missing(self):
        path = self.made("vhdx")
        done = subprocess.run([program("acledger"), "index", "--image", path], capture_output=True, text=True,
                              env=os.environ | {"PATH": self.folder})
        self.assertEqual(done.returncode, NOT_POSSIBLE)
        self.assertIn("qemu-utils", done.stderr)
        with open(path, "r+b") as file:
            os.truncate(file.fileno(), 1 << 20)
        self.assertIn("qemu-nbd", self.acledger("index", "--image", path, image=False, expect=NOT_POSSIBLE).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
