# SPDX-License-Identifier: MIT
"""A volume in a partition of a disk image: the same results as on the volume alone, and nothing else is touched."""

import glob
import json
import os
import struct
import subprocess
import unittest
import zlib

from daemon_case import VERDICTS, DaemonCase
from image_case import PRINCIPAL, ImageCase

DONE, FAILURES, USAGE, NOT_POSSIBLE, REMAIN = range(5)
SECTOR, FIRST = 512, 4096  # The volume begins at sector FIRST.
BASIC_DATA = bytes.fromhex("a2a0d0ebe5b9334487c068b6b72699c7")


class PartitionCase(ImageCase):
    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.folder, "whole.img")
        self.volume_sectors = os.path.getsize(self.image) // SECTOR
        subprocess.run(["dd", "if=" + self.image, "of=" + self.disk, "bs=1M", f"seek={FIRST * SECTOR >> 20}",
                        "conv=sparse", "status=none"], check=True)
        self.sectors = FIRST + self.volume_sectors + 4096
        os.truncate(self.disk, self.sectors * SECTOR)
        self.write_gpt()
        with open(self.disk, "r+b") as file:
            for at in (2048, FIRST + self.volume_sectors):  # Before and behind the volume: somebody else's.
                file.seek(at * SECTOR)
                file.write(b"keep" * 128)

    def write_gpt(self):
        entries = bytearray(128 * 128)
        for place, (first, last, name) in enumerate(((2048, FIRST - 1, "EFI"),
                                                     (FIRST, FIRST + self.volume_sectors - 1, "Windows"))):
            at = 128 * place
            entries[at:at + 16] = BASIC_DATA
            entries[at + 16] = place + 1
            struct.pack_into("<QQQ", entries, at + 32, first, last, 0)
            text = name.encode("utf-16le")
            entries[at + 56:at + 56 + len(text)] = text
        header = bytearray(92)
        struct.pack_into("<8sIIII", header, 0, b"EFI PART", 0x10000, 92, 0, 0)
        struct.pack_into("<QQQQ16sQIII", header, 24, 1, self.sectors - 1, 34, self.sectors - 34, b"disk" * 4, 2, 128,
                         128, zlib.crc32(entries))
        struct.pack_into("<I", header, 16, zlib.crc32(header))
        mbr = bytearray(SECTOR)
        mbr[510:] = b"\x55\xaa"
        mbr[446 + 4] = 0xee
        struct.pack_into("<II", mbr, 446 + 8, 1, self.sectors - 1)
        with open(self.disk, "r+b") as file:
            file.write(mbr + header.ljust(SECTOR, b"\0") + entries)

    def outside(self):
        with open(self.disk, "rb") as file:
            before = file.read(FIRST * SECTOR)
            file.seek((FIRST + self.volume_sectors) * SECTOR)
            return before, file.read()

    def ids_inside(self):
        """The same question as on a volume alone: it is copied out."""
        copy = os.path.join(self.folder, "copy.img")
        subprocess.run(["dd", "if=" + self.disk, "of=" + copy, "bs=1M", f"skip={FIRST * SECTOR >> 20}",
                        f"count={self.volume_sectors * SECTOR}", "iflag=count_bytes", "conv=sparse", "status=none"],
                       check=True)
        return self.security_ids(copy)

    def on_disk(self, *arguments, expect=DONE):
        done = self.acledger(arguments[0], "--image", self.disk, *arguments[1:], image=False, expect=expect)
        return done

    def json_of(self, *arguments):
        return json.loads(self.on_disk(*arguments, "--partition", "2", "--json").stdout)


class Partition(PartitionCase):
    def test_provisions_and_rolls_back_as_on_the_volume_alone(self):
        outside, before = self.outside(), self.security_ids()
        words = ("provision", "--principal", PRINCIPAL, "--root", "\\Users\\dev", "--root", "\\work")
        alone = json.loads(self.acledger(*words, "--json", expect=DONE).stdout)
        inside = self.json_of(*words)
        self.assertEqual([inside[name] for name in VERDICTS + ["changes"]],
                         [alone[name] for name in VERDICTS + ["changes"]])
        self.assertNotEqual(self.ids_inside(), before)
        self.assertEqual(self.outside(), outside)
        self.assertTrue(os.path.exists(self.disk + ".p2.acledger"))
        self.assertEqual(glob.glob(self.disk + ".acledger*"), [])
        self.assertEqual(self.json_of(*words)["changes"], 0)
        self.assertEqual(self.json_of("coverage", "\\work")["coverage"], self.json("coverage", "\\work")["coverage"])
        self.assertEqual(self.json_of("verify")["differences"], 0)
        rolled = self.json_of("rollback", "--all")
        self.assertEqual((rolled["restored"], rolled["remaining"]), (inside["changes"], 0))
        self.assertEqual(self.ids_inside(), before)
        self.assertEqual(self.outside(), outside)

    def test_names_the_partitions_that_there_are(self):
        for words in (("index",), ("provision", "--principal", PRINCIPAL, "--root", "\\work")):
            refused = self.on_disk(*words, expect=USAGE)
            self.assertIn("2 (NTFS", refused.stderr)
            self.assertIn("Windows", refused.stderr)
            self.on_disk(*words, "--partition", "7", expect=USAGE)
            self.on_disk(*words, "--partition", "1", expect=NOT_POSSIBLE)
            self.acledger(*words, "--partition", "1", expect=USAGE)  # The volume alone has none.
        self.assertEqual(glob.glob(self.disk + ".*"), [])

    def test_a_disk_that_somebody_uses_is_not_even_read(self):
        made = subprocess.run(["losetup", "--find", "--show", self.disk], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest("no loop device: " + made.stderr)
        device = made.stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device], check=True)
        words = ("index", "--image", device, "--partition", "2", "--ledger", os.path.join(self.folder, "of-device"))
        # Each claims the device as a mount of it or of one of its partitions does.
        claim = os.open(device, os.O_RDONLY | os.O_EXCL)
        try:
            refused = self.acledger(*words, image=False, expect=NOT_POSSIBLE)
        finally:
            os.close(claim)
        self.assertIn("or a partition of it", refused.stderr)
        reader = os.open(device, os.O_RDONLY)
        self.addCleanup(os.close, reader)
        self.acledger(*words, image=False, expect=DONE)

    def test_a_kill_in_the_middle_is_gone_on_with(self):
        words = ["--image", self.disk, "--partition", "2", "--principal", PRINCIPAL, "--root", "\\Users\\dev"]
        self.kill_while_writing(words, self.disk + ".p2.acledger-redo")
        self.assertEqual(glob.glob(self.disk + ".acledger-redo"), [])
        outside, before = self.outside(), self.security_ids()
        self.on_disk("provision", "--partition", "2", "--principal", PRINCIPAL, "--root", "\\Users\\dev")
        self.assertEqual(self.json_of("rollback", "--all")["remaining"], 0)
        self.assertEqual(self.ids_inside(), before)
        self.assertEqual(self.outside(), outside)


class PartitionDaemon(DaemonCase, PartitionCase):
    def test_a_daemon_serves_a_partition(self):
        self.start(image=self.disk, more=("--partition", "2"))
        done = self.json_of("provision", "--principal", PRINCIPAL, "--root", "\\work")
        self.assertGreater(done["changes"], 10)
        self.assertGreater(self.json_of("index")["readable"], done["covered"])
        self.assertEqual(self.json_of("rollback", "--all")["restored"], done["changes"])
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.ids_inside(), self.security_ids())


if __name__ == "__main__":
    unittest.main(verbosity=2)
