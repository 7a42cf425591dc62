# SPDX-License-Identifier: MIT
"""`index`, `find` and `diff` on an NTFS image: what they count, find and refuse."""

import csv
import fcntl
import glob
import io
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import unittest

from image_case import PRINCIPAL, ImageCase

DONE, FAILURES, USAGE, NOT_POSSIBLE, REMAIN = range(5)
MIB = 1 << 20


class Index(ImageCase):
    def find(self, *words, expect=DONE):
        return self.json("find", *words, expect=expect)

    def diff(self, before, after, *words, expect=DONE):
        done = self.acledger("diff", before, after, "--json", *words, image=False, expect=expect)
        return json.loads(done.stdout) if expect == DONE else done

    def partitioned(self):
        """A disk with an MBR: an empty partition, and the volume."""
        disk = os.path.join(self.folder, "whole.img")
        size = os.path.getsize(self.image)
        table = bytearray(512)
        table[510:] = b"\x55\xaa"
        for place, (kind, first, count) in enumerate(((0x0c, 2048, 2048), (0x07, 4096, size // 512))):
            table[446 + 16 * place + 4] = kind
            struct.pack_into("<II", table, 446 + 16 * place + 8, first, count)
        subprocess.run(["cp", "--sparse=always", self.image, disk + ".volume"], check=True)
        subprocess.run(["dd", "if=" + self.image, "of=" + disk, "bs=1M", "seek=2", "conv=sparse", "status=none"],
                       check=True)
        os.truncate(disk, 2 * MIB + size)
        with open(disk, "r+b") as file:
            file.write(table)
        return disk

    def test_counts_every_object_once_and_stores_it(self):
        told = self.json("index", "--principal", PRINCIPAL)
        self.assertEqual(told["objects"],
                         sum(told[verdict] for verdict in ("readable", "unreadable", "denied", "unknown")))
        self.assertGreater(told["objects"], 2500)
        self.assertGreaterEqual(told["names"], told["objects"] - 10)
        self.assertEqual(told["damage"]["total"], 0)
        self.assertGreater(told["pages_written"], 2)
        again = self.json("index", "--principal", PRINCIPAL)
        self.assertEqual((again["pages_written"], again["pages_unchanged"]), (0, told["pages_written"]))
        listed = self.json("index", "--list")["indexes"]
        self.assertEqual(len(listed), 1)
        self.assertEqual(listed[0]["objects"], told["objects"])
        self.assertEqual(listed[0]["serial"], told["serial"])
        self.assertLess(listed[0]["bytes"], 60 * told["objects"])
        self.assertIn(told["serial"], self.acledger("index", "--list", expect=DONE).stdout)

    def test_writes_only_pages_of_what_was_provisioned(self):
        first = self.json("index")
        self.assertNotIn("readable", first)
        self.provision("\\work")
        after = self.json("index")
        self.assertEqual(after["principal"], PRINCIPAL)
        self.assertGreater(after["pages_written"], 0)
        self.assertEqual(after["pages_written"] + after["pages_unchanged"], first["pages_written"])

    def test_answers_as_csv_and_as_text(self):
        rows = list(csv.reader(io.StringIO(self.acledger("index", "--csv", "--no-store", expect=DONE).stdout)))
        self.assertEqual(len(rows), 2)
        self.assertEqual(len(rows[0]), len(rows[1]))
        self.assertEqual(dict(zip(*rows))["volume"], self.image)
        self.assertEqual(glob.glob(self.ledger + "*"), [])
        text = self.acledger("index", "--principal", PRINCIPAL, expect=DONE).stdout
        for word in ("objects", "distinct descriptors", "readable", "damage: 0", "pages written"):
            self.assertIn(word, text)

    def test_finds_names_and_paths(self):
        self.json("index")
        found = self.find("ID_ED25519")["found"]
        self.assertTrue(found)
        for one in found:
            self.assertTrue(one["path"].lower().endswith("\\id_ed25519"), one)
        self.assertEqual(self.find("\\Users\\dev\\.ssh\\id_ed25519")["found"][0]["id"], found[0]["id"])
        self.assertEqual(self.find("no-such-name")["found"], [])
        few = self.find("*", "--limit", "5")
        self.assertEqual((len(few["found"]), few["more"]), (5, True))
        everything = self.find("*", "--limit", "1000000")
        self.assertFalse(everything["more"])
        paths = {one["path"] for one in everything["found"]}
        self.assertIn("\\Users\\dev", paths)
        below = {path for path in paths if path.lower().startswith("\\users\\")}
        self.assertEqual({one["path"] for one in self.find("\\Users\\**", "--limit", "1000000")["found"]}, below)
        self.assertIn("Nothing found", self.acledger("find", "no-such-name", expect=DONE).stdout)

    def test_finds_by_verdict(self):
        self.provision("\\work")
        told = self.json("index")
        by_verdict = {}
        for verdict in ("readable", "unreadable", "denied", "unknown"):
            found = self.find("*", "--verdict", verdict, "--limit", "1000000")["found"]
            self.assertTrue(all(one["verdict"] == verdict for one in found))
            by_verdict[verdict] = {one["id"] for one in found}
        named = {one["id"] for one in self.find("*", "--limit", "1000000")["found"]}
        self.assertEqual(sum(len(ids) for ids in by_verdict.values()), len(named))
        # The root has no name to be found by; an object may have several.
        self.assertIn(told["readable"] - len(by_verdict["readable"]), (0, 1))
        self.assertIn("\\work", {one["path"] for one in self.find("work", "--verdict", "readable")["found"]})

    def test_tells_what_became_different(self):
        self.json("index")
        same = self.diff(self.ledger, self.image)
        self.assertEqual((same["added"], same["removed"], same["renamed"], same["descriptor"]), (0, 0, 0, 0))
        before = os.path.join(self.folder, "before.db")
        shutil.copy(self.ledger + ".index", before)
        changes = self.provision("\\work")["changes"]
        told = self.diff(self.ledger, self.image, "--limit", "3")
        self.assertEqual((told["added"], told["removed"], told["renamed"]), (0, 0, 0))
        self.assertGreaterEqual(told["descriptor"], changes)
        self.assertEqual((len(told["differences"]), told["more"]), (3, True))
        for one in told["differences"]:
            self.assertIn(PRINCIPAL, one["descriptor_after"])
            self.assertNotIn(PRINCIPAL, one["descriptor_before"])
        self.json("index")
        between = self.diff(before, self.ledger, "--limit", "0")
        self.assertEqual(between["descriptor"], told["descriptor"])
        self.assertIn("descriptor", self.acledger("diff", before, self.image, image=False, expect=DONE).stdout)

    def test_reads_a_partition_and_names_those_there_are(self):
        disk = self.partitioned()
        refused = self.acledger("index", "--image", disk, image=False, expect=USAGE)
        self.assertIn("--partition", refused.stderr)
        self.assertIn("2 (NTFS", refused.stderr)
        self.acledger("index", "--image", disk, "--partition", "9", image=False, expect=USAGE)
        self.acledger("index", "--partition", "2", expect=USAGE)
        self.acledger("index", "--image", disk, "--partition", "1", image=False, expect=NOT_POSSIBLE)
        whole = self.json("index")
        done = self.acledger("index", "--image", disk, "--partition", "2", "--json", image=False, expect=DONE)
        self.assertEqual(json.loads(done.stdout)["objects"], whole["objects"])
        self.assertTrue(os.path.exists(disk + ".p2.acledger.index"))
        found = self.acledger("find", "--image", disk, "--partition", "2", "id_ed25519", image=False, expect=DONE)
        self.assertIn("\\id_ed25519", found.stdout)
        self.assertEqual(self.diff(self.ledger, disk, "--partition", "2")["added"], 0)

    def test_says_which_records_could_not_be_read(self):
        with open(self.image, "r+b") as file:
            boot = file.read(512)
            cluster = boot[13] * struct.unpack_from("<H", boot, 11)[0]
            at = struct.unpack_from("<Q", boot, 0x30)[0] * cluster + 200 * 1024
            file.seek(at + 510)
            file.write(b"\xde\xad")
        told = self.json("index", "--principal", PRINCIPAL, expect=FAILURES)
        self.assertEqual(told["damage"]["record"], 1)
        self.assertEqual(told["damage"]["examples"][0]["record"], 200)
        self.assertIn("record 200", self.acledger("index", expect=FAILURES).stdout)

    def test_a_damaged_page_is_named_and_made_again(self):
        self.json("index")
        database = sqlite3.connect(self.ledger + ".index")
        with database:
            database.execute("UPDATE page SET facts = x'00' WHERE number = 1")
        database.close()
        refused = self.acledger("find", "*", "--limit", "100000", expect=NOT_POSSIBLE)
        self.assertIn("page 1", refused.stderr)
        self.assertIn("acledger index", refused.stderr)
        self.assertEqual(self.json("index")["pages_written"], 1)
        self.assertGreater(len(self.find("*")["found"]), 100)

    def test_a_damaged_index_costs_the_ledger_nothing(self):
        changes = self.provision("\\work")["changes"]
        self.json("index")
        with open(self.ledger + ".index", "r+b") as file:
            file.seek(4096)
            file.write(b"\xee" * 8192)
        for refused in (self.acledger("find", "*", expect=NOT_POSSIBLE),
                        self.diff(self.ledger, self.image, expect=NOT_POSSIBLE)):
            self.assertIn("acledger index", refused.stderr)
        made = self.acledger("index", "--json", expect=DONE)
        self.assertIn("made anew", made.stderr)
        self.assertEqual(json.loads(made.stdout)["pages_unchanged"], 0)
        self.assertGreater(len(self.find("*")["found"]), 100)
        self.assertFalse(glob.glob(self.ledger + "*damaged*"))
        self.assertEqual(self.json("rollback", "--all")["restored"], changes)

    def test_the_ledger_beside_is_not_needed(self):
        self.json("index")
        self.assertFalse(os.path.exists(self.ledger))
        self.assertEqual(self.diff(self.ledger + ".index", self.image)["added"], 0)

    def test_says_what_a_second_reading_wrote(self):
        first = self.acledger("index", expect=DONE).stdout
        self.assertNotIn("the same as before", first)
        self.assertIn(" 0 pages written", self.acledger("index", expect=DONE).stdout)
        self.assertIn("the same as before", self.acledger("index", expect=DONE).stdout)
        self.provision("\\work")
        self.assertNotIn("the same as before", self.acledger("index", expect=DONE).stdout)

    def test_refuses_what_somebody_writes(self):
        self.json("index")
        with open(self.image, "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            for refused in (self.acledger("index", expect=NOT_POSSIBLE), self.acledger("index", "--no-store"),
                            self.diff(self.ledger, self.image, expect=NOT_POSSIBLE)):
                self.assertEqual(refused.returncode, NOT_POSSIBLE)
                self.assertIn("another program has the volume open", refused.stderr)
            self.assertTrue(self.find("work")["found"])  # The index alone.
        with open(self.image, "rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH)
            self.json("index")

    def journal(self):
        """Where $LogFile begins in the image."""
        with open(self.image, "rb") as file:
            boot = file.read(512)
            cluster = boot[13] * struct.unpack_from("<H", boot, 11)[0]
            file.seek(struct.unpack_from("<Q", boot, 0x30)[0] * cluster + 2 * 1024)
            record = file.read(1024)
        at = struct.unpack_from("<H", record, 20)[0]
        while struct.unpack_from("<I", record, at)[0] != 0x80:
            at += struct.unpack_from("<I", record, at + 4)[0]
        runs = at + struct.unpack_from("<H", record, at + 32)[0]
        lengths, offsets = record[runs] & 15, record[runs] >> 4
        first = runs + 1 + lengths
        return int.from_bytes(record[first:first + offsets], "little", signed=True) * cluster

    def write_restart_page(self, at, written, client, flags):
        page = bytearray(4096)
        page[:4] = b"RSTR"
        struct.pack_into("<H", page, 24, 48)
        struct.pack_into("<QHHHH", page, 48, written, 1, 0xffff, client, flags)
        with open(self.image, "r+b") as file:
            file.seek(at)
            file.write(page)

    def test_refuses_a_journal_that_is_open(self):
        at = self.journal()
        self.write_restart_page(at, 5, 0, 0)
        refused = self.acledger("index", expect=NOT_POSSIBLE)
        self.assertIn("not cleanly unmounted", refused.stderr)
        self.assertIn("--force", refused.stderr)
        self.assertEqual(glob.glob(self.ledger + "*"), [])
        self.acledger("provision", "--principal", PRINCIPAL, "--root", "\\work", expect=NOT_POSSIBLE)
        self.json("index", "--force")
        self.diff(self.ledger, self.image, expect=NOT_POSSIBLE)
        self.assertEqual(self.diff(self.ledger, self.image, "--force")["added"], 0)
        # The newer of the two pages counts, and what it says: closed by nobody using it, or by its mark.
        for client, flags, expect in ((0xffff, 0, DONE), (0, 2, DONE), (0, 0, NOT_POSSIBLE)):
            self.write_restart_page(at + 4096, 9, client, flags)
            self.acledger("index", "--no-store", expect=expect)
        self.write_restart_page(at, 10, 0xffff, 0)
        self.acledger("index", "--no-store", expect=DONE)

    def test_refuses_a_journal_of_which_neither_page_can_be_read(self):
        at = self.journal()
        self.write_restart_page(at, 5, 0xffff, 0)
        with open(self.image, "r+b") as file:
            file.seek(at + 4096)
            file.write(bytes(4096))
        self.acledger("index", "--no-store", expect=DONE)  # One of them is enough.
        for page in (bytes(4096), b"CHKD" + bytes(4092)):
            with open(self.image, "r+b") as file:
                file.seek(at)
                file.write(page)
            refused = self.acledger("index", "--no-store", expect=DONE if page[0] else NOT_POSSIBLE)
            self.assertEqual("cannot be read" in refused.stderr, not page[0])

    def test_a_ledger_of_another_volume_is_neither_judged_by_nor_stored_beside(self):
        self.provision("\\work")
        other = os.path.join(self.folder, "other.img")
        subprocess.run(["cp", "--sparse=always", self.image, other], check=True)
        with open(other, "r+b") as file:
            file.seek(0x48)
            file.write(b"\1\2\3\4\5\6\7\x08")
        words = ("index", "--image", other, "--ledger", self.ledger)
        for more in ((), ("--no-store",), ("--principal", PRINCIPAL)):
            refused = self.acledger(*words, *more, image=False, expect=NOT_POSSIBLE)
            self.assertIn("it belongs to volume", refused.stderr)
        self.assertFalse(os.path.exists(self.ledger + ".index"))
        self.acledger(*words, "--no-store", "--principal", PRINCIPAL, image=False, expect=DONE)

    def test_refuses_a_volume_that_is_marked_dirty(self):
        subprocess.run(["ntfsfix", self.image], check=True, capture_output=True)
        refused = self.acledger("index", expect=NOT_POSSIBLE)
        self.assertIn("dirty", refused.stderr)
        self.acledger("index", "--force", expect=DONE)

    def test_bad_input(self):
        missing = os.path.join(self.folder, "missing.img")
        self.assertIn(missing, self.acledger("index", "--image", missing, image=False, expect=NOT_POSSIBLE).stderr)
        self.assertFalse(glob.glob(missing + "*"))
        other = os.path.join(self.folder, "other.img")
        with open(other, "wb") as file:
            file.write(b"no volume" * 100000)
        self.assertIn("NTFS", self.acledger("index", "--image", other, image=False, expect=NOT_POSSIBLE).stderr)
        for arguments in (("index", "--principal", "nobody"), ("index", "--mask", "x", "--principal", PRINCIPAL),
                          ("index", "--json", "--csv"), ("find", "a\\\\b"), ("find",), ("find", "*", "--limit", "0"),
                          ("find", "*", "--verdict", "covered")):
            self.acledger(*arguments, expect=USAGE)
        self.acledger("find", "*", "--verdict", "readable", expect=NOT_POSSIBLE)
        for made in (False, True):
            refused = self.acledger("find", "*", expect=NOT_POSSIBLE)
            self.assertIn("no index was made (acledger index", refused.stderr)
            self.assertIn(self.ledger + ".index", refused.stderr)
            self.assertIn("No index", self.acledger("index", "--list", expect=DONE).stdout)
            if not made:
                self.provision("\\work")
        self.acledger("diff", missing, self.image, image=False, expect=NOT_POSSIBLE)
        self.acledger("diff", other, self.image, image=False, expect=NOT_POSSIBLE)
        for command in ("index", "find", "diff"):
            self.assertIn("Example", self.acledger(command, "--help", image=False, expect=DONE).stdout)

    def test_two_volumes_are_not_compared(self):
        other = os.path.join(self.folder, "other.img")
        subprocess.run(["cp", "--sparse=always", self.image, other], check=True)
        with open(other, "r+b") as file:
            file.seek(0x48)
            file.write(b"\1\2\3\4\5\6\7\x08")
        self.assertIn("two volumes", self.diff(self.image, other, expect=NOT_POSSIBLE).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
