#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What was granted on a live volume stays granted while others change files: acledgerd.exe under Wine, changes made from
outside, seen by Wine's change notifications.

  fresh_wine_test.py EMULATOR acledgerd.exe acledger.exe
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "win32"))
import wine_program  # noqa: E402
import wine_sd  # noqa: E402

PREFIX = os.environ.get("WINEPREFIX", os.path.join(ROOT, ".cache", "wineprefix"))
DRIVE_C = os.path.join(PREFIX, "drive_c")
PRINCIPAL = "S-1-5-21-1789044512-2209385610-907413205-2002"  # Its own: other tests roll theirs back on the same volume, meanwhile
SECONDS = 2.0  # What a change may take until it is covered.


def sid(text):
    numbers = [int(number) for number in text.split("-")[2:]]
    return struct.pack("<BB", 1, len(numbers) - 1) + numbers[0].to_bytes(6, "big") + struct.pack(
        "<%dI" % (len(numbers) - 1), *numbers[1:])


SYSTEM, ADMINISTRATORS = sid("S-1-5-18"), sid("S-1-5-32-544")


def descriptor(flags=3, control=0x8004):
    """Nobody but the system and administrators; passed on by a folder."""
    aces = b"".join(struct.pack("<BBHI", 0, flags, 8 + len(who), 0x1F01FF) + who for who in (SYSTEM, ADMINISTRATORS))
    dacl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), 2, 0) + aces
    at = 20
    return struct.pack("<BBH4I", 1, 0, control, at, at + len(ADMINISTRATORS), 0, at + 2 * len(ADMINISTRATORS)) + \
        ADMINISTRATORS * 2 + dacl


class Fresh(unittest.TestCase):
    emulator = daemon_program = client = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="acledger-fresh-", dir=DRIVE_C)
        name = os.path.basename(cls.folder)
        os.environ["ACLEDGER_ENDPOINT"] = "\\\\.\\pipe\\" + name
        cls.work = os.path.join(cls.folder, "work")
        cls.profile = os.path.join(DRIVE_C, "users", name)
        cls.outside = os.path.join(cls.folder, "outside")
        for folder in (cls.work, cls.profile, cls.outside, os.path.join(cls.folder, "state")):
            cls.make_folder(folder)
        for number in range(20):
            cls.make_folder(os.path.join(cls.work, "d%d" % number))
            cls.make_file(os.path.join(cls.work, "d%d" % number, "f"))
        cls.make_folder(os.path.join(cls.profile, "Documents"))
        cls.make_file(os.path.join(cls.profile, "Documents", "note"))
        cls.start()
        cls.ask("provision", "--principal", PRINCIPAL, "--root", cls.windows(cls.work), "--root",
                cls.windows(cls.profile))

    @classmethod
    def tearDownClass(cls):
        cls.ask("rollback", "--all", check=False)
        cls.daemon.terminate()
        cls.daemon.wait(60)
        shutil.rmtree(cls.folder)
        shutil.rmtree(cls.profile)

    @classmethod
    def start(cls):
        state = cls.windows(os.path.join(cls.folder, "state"))
        cls.daemon = subprocess.Popen([cls.emulator, cls.daemon_program, "--foreground", "--ledger",
                                       state + "\\ledger.db", "--log", state + "\\log.txt", "--endpoint",
                                       os.environ["ACLEDGER_ENDPOINT"], "--full-speed"],
                                      stderr=subprocess.DEVNULL)
        for _ in range(300):
            if cls.ask("status", check=False) is not None:
                return
            if cls.daemon.poll() is not None:
                sys.exit("the daemon ended")
            time.sleep(0.1)
        sys.exit("the daemon does not answer")

    @staticmethod
    def make_folder(path):
        os.makedirs(path, exist_ok=True)
        wine_sd.store(path, descriptor())

    @staticmethod
    def make_file(path):
        with open(path, "w", encoding="ascii"):
            pass
        wine_sd.store(path, descriptor(0))

    @staticmethod
    def windows(path):
        return "C:\\" + os.path.relpath(path, DRIVE_C).replace("/", "\\")

    @classmethod
    def ask(cls, command, *arguments, check=True):
        ledger = cls.windows(os.path.join(cls.folder, "state")) + "\\ledger.db"
        done = wine_program.run([cls.emulator, cls.client, command, *arguments, "--ledger", ledger, "--json"],
                                timeout=120)
        if done.returncode != 0:
            assert not check, (command, done.returncode, done.stdout, done.stderr)
            return None
        return json.loads(done.stdout)

    @staticmethod
    def holds_entry(path):
        return sid(PRINCIPAL) in os.getxattr(path, wine_sd.XATTR)

    def until_covered(self, path):
        """The entry is there within the time, and the daemon says so."""
        begun = time.monotonic()
        while not self.holds_entry(path):
            self.assertLess(time.monotonic() - begun, SECONDS, "no entry on " + path)
            time.sleep(0.01)
        took = time.monotonic() - begun
        answer = None
        while time.monotonic() - begun < SECONDS + 3:  # A start of the command line takes its time here.
            answer = self.ask("coverage", self.windows(path), check=False)
            if answer and answer["coverage"][0]["verdict"] == "covered":
                print("%s: entry after %.2f s" % (self.id().rpartition(".")[2], took))
                return
        self.fail("coverage of %s: %s" % (path, answer))

    def test_a_file_that_is_moved_in_is_covered(self):
        self.make_file(os.path.join(self.outside, "new"))
        os.rename(os.path.join(self.outside, "new"), os.path.join(self.work, "d3", "new"))
        self.until_covered(os.path.join(self.work, "d3", "new"))

    def test_a_folder_that_is_moved_in_is_covered_with_all_that_is_in_it(self):
        deep = os.path.join(self.outside, "tree", "one", "two")
        for folder in (os.path.dirname(os.path.dirname(deep)), os.path.dirname(deep), deep):
            self.make_folder(folder)
        self.make_file(os.path.join(deep, "f"))
        os.rename(os.path.join(self.outside, "tree"), os.path.join(self.work, "d4", "tree"))
        self.until_covered(os.path.join(self.work, "d4", "tree", "one", "two", "f"))

    def test_a_new_entry_of_a_profile_is_covered(self):
        self.make_folder(os.path.join(self.outside, "Projects"))
        self.make_file(os.path.join(self.outside, "Projects", "f"))
        os.rename(os.path.join(self.outside, "Projects"), os.path.join(self.profile, "Projects"))
        self.until_covered(os.path.join(self.profile, "Projects", "f"))

    def test_a_new_secret_of_a_profile_is_left_alone(self):
        self.make_folder(os.path.join(self.outside, ".aws"))
        self.make_file(os.path.join(self.outside, ".aws", "credentials"))
        os.rename(os.path.join(self.outside, ".aws"), os.path.join(self.profile, ".aws"))
        for _ in range(100):
            answer = self.ask("coverage", self.windows(os.path.join(self.profile, ".aws")), check=False)
            if answer:
                break
            time.sleep(0.1)
        self.assertEqual(answer["coverage"][0]["verdict"], "skipped")
        self.assertFalse(self.holds_entry(os.path.join(self.profile, ".aws", "credentials")))

    def test_an_entry_that_someone_takes_out_is_put_back(self):
        path = os.path.join(self.work, "d5", "f")
        self.assertTrue(self.holds_entry(path))
        wine_sd.store(path, descriptor(0))
        self.until_covered(path)

    def test_the_daemon_sleeps_while_nothing_happens(self):
        time.sleep(3)
        before = self.processor_ticks()
        time.sleep(20)
        used = (self.processor_ticks() - before) * 1000 / os.sysconf("SC_CLK_TCK")
        print("processor time in 20 idle seconds: %d ms" % used)
        self.assertLessEqual(used, 10)

    def processor_ticks(self):
        """Of the process that runs acledgerd.exe on the pipe of this test."""
        total = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as file:
                    if b"acledgerd.exe" not in file.read():
                        continue
                with open("/proc/%s/environ" % pid, "rb") as file:
                    if os.environ["ACLEDGER_ENDPOINT"].encode() not in file.read():
                        continue
                with open("/proc/%s/stat" % pid, encoding="ascii") as file:
                    fields = file.read().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                continue
        self.assertGreater(total, 0)
        return total


if __name__ == "__main__":
    Fresh.emulator, Fresh.daemon_program, Fresh.client = sys.argv[1:4]
    if subprocess.run([Fresh.emulator, Fresh.client, "--help"], stdout=subprocess.DEVNULL, check=False).returncode == 77:
        print("no patched Wine: nothing was run")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
