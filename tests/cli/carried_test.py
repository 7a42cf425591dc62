# SPDX-License-Identifier: MIT
"""A ledger that travels in the image: put there, kept up to date, adopted where the image comes alone, and gone with the
last grant."""

import contextlib
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import time
import unittest

from daemon_case import DaemonCase
from ntfs_make_folder import make_folder

PLACE = "/ProgramData/acledger/image-ledger.db"


class Carried(DaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_folder(cls.master, "ProgramData")

    def carried(self, image=None):
        """The bytes that the image carries, read by another program; None: it carries nothing."""
        done = subprocess.run(["ntfscat", "-f", image or self.image, PLACE], capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def export(self, *options):
        """`ledger export` on the image, as JSON."""
        done = self.acledger("ledger", "export", "--image", self.image, "--json", *options, image=False, expect=0)
        return json.loads(done.stdout)

    def moved(self, serial=None):
        """The image alone, elsewhere; with another serial number if one is given."""
        folder = os.path.join(self.folder, "elsewhere")
        os.mkdir(folder)
        self.image = shutil.copy(self.image, os.path.join(folder, "disk.img"))
        self.ledger = self.image + ".acledger"
        if serial is not None:
            with open(self.image, "r+b") as image:
                for at in (0, os.path.getsize(self.image) - 512):
                    image.seek(at + 0x48)
                    image.write(struct.pack("<Q", serial))

    def test_is_put_into_the_image_and_goes_with_the_last_grant(self):
        before = self.security_ids()
        self.provision("\\Users\\dev")
        self.provision("\\work")
        self.assertIsNone(self.carried())
        answer = self.export()
        self.assertEqual((answer["exported"], answer["path"]), (True, PLACE.replace("/", "\\")))
        self.assertTrue(self.carried().startswith(b"SQLite format 3\0"))
        self.json("rollback", "--root", "\\work")
        self.assertIsNotNone(self.carried())
        self.json("rollback", "--all")
        self.assertIsNone(self.carried())
        self.assertEqual(self.security_ids(), before)
        self.audit()

    def test_is_kept_up_to_date(self):
        self.provision("\\work")
        self.export()
        first = self.carried()
        self.provision("\\Users\\dev")
        self.assertNotEqual(self.carried(), first)
        self.assertIn("\\Users\\dev".encode(), self.carried())

    def test_an_image_that_comes_alone_is_rolled_back_by_what_it_carries(self):
        before = self.security_ids()
        changes = self.provision("\\Users\\dev", "\\work")["changes"]
        self.export()
        self.moved()
        done = self.acledger("rollback", "--all", expect=0)
        self.assertIn("file ids hold", done.stderr)
        self.assertIn("%d restored" % changes, done.stdout)
        self.assertIsNone(self.carried())
        self.assertEqual(self.security_ids(), before)
        self.audit()

    def test_another_serial_number_is_adopted_by_path(self):
        before = self.security_ids()
        changes = self.provision("\\Users\\dev", "\\work")["changes"]
        self.export()
        self.moved(serial=0x1234)
        again = self.provision("\\Users\\dev", "\\work")
        self.assertEqual((again["changes"], again["unknown"]), (0, 0))
        self.assertEqual(self.json("rollback", "--all")["restored"], changes)
        self.assertEqual(self.security_ids(), before)

    def test_a_daemon_adopts_it_and_takes_it_out_before_it_writes(self):
        before = self.security_ids()
        self.provision("\\work")
        self.export()
        self.moved(serial=0x1234)
        self.start()
        self.acledger("wait", "\\work", expect=0)
        status, end = self.json("status"), time.monotonic() + 60
        while status["roots"][0]["state"] == "applying" and time.monotonic() < end:  # The path is decided before that.
            status = self.json("status")
        self.assertEqual((status["unknown"], status["roots"][0]["state"]), (0, "complete"))
        self.assertEqual(self.stop(), 0)
        self.assertIsNone(self.carried())
        self.json("rollback", "--all")
        self.assertEqual(self.security_ids(), before)

    def test_without_one_there_is_nothing_to_roll_back(self):
        done = self.acledger("rollback", "--all", expect=3)
        self.assertIn("nothing was provisioned here", done.stderr)
        self.assertFalse(os.path.exists(self.ledger))

    def test_it_is_taken_out_when_asked(self):
        self.provision("\\work")
        self.export()
        self.assertTrue(self.export("--remove")["removed"])
        self.assertIsNone(self.carried())
        self.provision("\\Users\\dev")
        self.assertIsNone(self.carried())

    def test_an_export_that_fails_leaves_what_the_image_carried(self):
        self.provision("\\work")
        self.export()
        with contextlib.closing(sqlite3.connect(self.ledger)) as ledger, ledger:
            ledger.execute("UPDATE grant_ SET root = 'nowhere'")
            ledger.execute("INSERT OR REPLACE INTO setting VALUES('adoption', 'same volume')")
        for option in ([], ["--remove"]):
            self.acledger("ledger", "export", "--image", self.image, *option, image=False, expect=2)
            self.assertIsNotNone(self.carried())

    def test_a_live_volume_is_refused(self):
        done = self.acledger("ledger", "export", image=False, expect=2)
        self.assertIn("--image", done.stderr)


if __name__ == "__main__":
    unittest.main()
