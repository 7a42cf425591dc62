#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A whole installation under Wine, in a prefix of its own: what Wine can do is there, seen from outside; what it cannot
do is named; and after `uninstall` files, stored descriptors and the registry are as they were.

  wine_installation_test.py EMULATOR FOLDER acledger-setup.exe acledger.exe acledgerd.exe

FOLDER is made, and removed at the end.
"""
import hashlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "win32"))
import wine_program  # noqa: E402
import wine_sd  # noqa: E402

EMULATOR, FOLDER, SETUP, CLI, DAEMON = sys.argv[1:6] if len(sys.argv) > 5 else [""] * 5
WINE_CANNOT = 77
ENDPOINTS = ["\\\\.\\pipe\\ProtectedPrefix\\Administrators\\acledger", "\\\\.\\pipe\\acledger"]
# What Wine cannot do. Its function that makes a group reports success and does nothing, which reading back must show;
# the others say themselves that they cannot.
NO_EFFECT = ["group AcledgerSandboxUsers-1000"]
FAILED = ["network filters' home", "service acledger: required privileges",
          "service acledger: restarts after a failure", "service acledger: delayed start", "service acledger: own SID"]
NOT_TRIED = ["account AcledgerOff-1000", "password of AcledgerOff-1000", "account AcledgerOn-1000",
             "password of AcledgerOn-1000", "firewall rule acledger AcledgerOff-1000 outbound",
             "firewall rule acledger AcledgerOff-1000 inbound", "firewall rule acledger AcledgerOff-1000 loopback UDP",
             "firewall rule acledger AcledgerOff-1000 loopback TCP", "network filters of AcledgerOff-1000",
             "enable AcledgerOff-1000", "enable AcledgerOn-1000", "launches"]


def sid(text):
    numbers = [int(number) for number in text.split("-")[2:]]
    return struct.pack("<BB", 1, len(numbers) - 1) + numbers[0].to_bytes(6, "big") + struct.pack(
        "<%dI" % (len(numbers) - 1), *numbers[1:])


SYSTEM, ADMINISTRATORS = sid("S-1-5-18"), sid("S-1-5-32-544")


def closed(flags=3):
    """Nobody but the system and administrators; passed on by a folder."""
    aces = b"".join(struct.pack("<BBHI", 0, flags, 8 + len(who), 0x1F01FF) + who for who in (SYSTEM, ADMINISTRATORS))
    dacl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), 2, 0) + aces
    return struct.pack("<BBH4I", 1, 0, 0x8004, 20, 20 + len(ADMINISTRATORS), 0, 20 + 2 * len(ADMINISTRATORS)) + \
        ADMINISTRATORS * 2 + dacl


def run(*words, timeout=120):
    done = wine_program.run([EMULATOR, *words], stdin=subprocess.DEVNULL, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def setup(*words):
    code, out, err = run(SETUP_INSTALLER, *words, "--json")
    try:
        report = json.loads(out)
    except json.JSONDecodeError as error:
        raise AssertionError(f"{words}: exit code {code}, {out!r} {err!r}") from error
    assert report["exit_code"] == code, (code, report)
    return code, {step["step"]: step for step in report["steps"]}


def registry():
    """The machine's keys and values, as text; without what changes by itself."""
    path = os.path.join(DRIVE_C, "registry.txt")
    code, _, err = run("regedit.exe", "/E", "C:\\registry.txt", "HKEY_LOCAL_MACHINE")
    assert code == 0, err
    with open(path, encoding="utf-16") as file:
        text = file.read()
    os.remove(path)
    keys = {key.split("]", 1)[0]: key.split("]", 1)[1] for key in text.split("\n[")[1:]}
    del keys["HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\ServiceCurrent"]  # Counts starts of services.
    return keys


def files():
    found = {}
    for top, folders, names in os.walk(DRIVE_C):
        for name in folders + names:
            path = os.path.join(top, name)
            place = os.path.relpath(path, DRIVE_C)
            if os.path.islink(path):
                found[place] = os.readlink(path)
                continue
            content = ""
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            found[place] = (content, wine_sd.get(path))
    return found


def settle():
    """Until nothing changes by itself any more."""
    before = files(), registry()
    for _ in range(20):
        time.sleep(0.5)
        now = files(), registry()
        if now == before:
            return now
        before = now
    raise AssertionError("the prefix does not come to rest")


class Installation(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        users = os.path.join(DRIVE_C, "users")
        profile, = (name for name in os.listdir(users) if name != "Public")
        cls.secret = os.path.join(users, profile, "Documents-of-mine")
        for folder in (cls.secret, os.path.join(cls.secret, "deep"), os.path.join(DRIVE_C, "work")):
            os.makedirs(folder)
            wine_sd.store(folder, closed())
        for name in ("a", "deep/b"):
            with open(os.path.join(cls.secret, name), "w", encoding="ascii") as file:
                file.write(name)
            wine_sd.store(os.path.join(cls.secret, name), closed(0))
        setup("plan")  # What Wine makes at the first use is there before the first look.
        cls.before = settle()

    def tearDown(self):
        setup("uninstall")

    def same(self, now=None):
        files_now, registry_now = now or (files(), registry())
        files_before, registry_before = self.before
        for one, other in ((files_now, files_before), (registry_now, registry_before)):
            differ = {key: (other.get(key), one.get(key)) for key in {*one, *other} if one.get(key) != other.get(key)}
            self.assertEqual(differ, {})

    def principal(self):
        key = registry()["HKEY_LOCAL_MACHINE\\Software\\acledger"]
        return re.search(r'"SyntheticSids"="(S-1-5-21-\d+-\d+-\d+)"', key).group(1) + "-1000"

    def holds(self, principal, name):
        return sid(principal) in os.getxattr(os.path.join(self.secret, name), wine_sd.XATTR)

    def install(self, *words):
        return setup("install", "--principal", "synthetic", "--workspace", "C:\\work", "--proxy-port", "3128", *words)

    def test_makes_what_wine_can_names_what_it_cannot_and_takes_all_of_it_back(self):
        code, steps = self.install()
        self.assertEqual(code, 1)
        by_outcome = {}
        for name, step in steps.items():
            by_outcome.setdefault(step["outcome"], []).append(name)
        self.assertCountEqual(by_outcome["no effect"], NO_EFFECT)
        self.assertCountEqual(by_outcome["failed"], FAILED)
        self.assertCountEqual(by_outcome["not tried"], NOT_TRIED)
        self.assertEqual(by_outcome["whole"], ["ledger"])  # With the service.
        self.assertCountEqual(by_outcome.keys(), ["no effect", "failed", "not tried", "done", "whole"])

        self.check_from_outside()
        after = files(), registry()
        again_code, again = self.install()
        self.assertEqual(again_code, 1)
        self.assertEqual([name for name, step in again.items() if step["outcome"] == "done"], [])
        self.assertEqual({name: step["outcome"] for name, step in again.items() if step["outcome"] == "whole"}.keys(),
                         {*by_outcome["done"], "ledger"})
        state = "ProgramData/acledger"
        now = files(), registry()
        self.assertEqual({k: v for k, v in now[0].items() if not k.startswith(state)},
                         {k: v for k, v in after[0].items() if not k.startswith(state)})
        self.assertEqual(now[1], after[1])

        code, steps = setup("uninstall")
        self.assertEqual(code, 0, steps)
        self.assertEqual({step["outcome"] for step in steps.values()}, {"undone"})
        self.same()

    def check_from_outside(self):
        for name, source in (("acledger-setup.exe", SETUP), ("acledger.exe", CLI), ("acledgerd.exe", DAEMON)):
            with open(os.path.join(DRIVE_C, "Program Files", "acledger", name), "rb") as copy, open(source, "rb") as one:
                self.assertEqual(copy.read(), one.read(), name)
        keys = registry()
        service = keys["HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\acledger"]
        self.assertIn('"ImagePath"="\\"C:\\\\Program Files\\\\acledger\\\\acledgerd.exe\\" --service"', service)
        self.assertIn('"ObjectName"="LocalSystem"', service)
        self.assertIn("HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\Eventlog\\Application\\acledger", keys)
        # SYSTEM alone; SYSTEM and Administrators: no entry of anybody else.
        for folder, entries in (("acledger-setup/secrets", 1), ("acledger", 2)):
            stored = os.getxattr(os.path.join(DRIVE_C, "ProgramData", folder), wine_sd.XATTR)
            control, _, _, _, dacl = wine_sd.parts(stored)
            self.assertTrue(control & 0x1000, folder)  # Protected.
            self.assertEqual(struct.unpack_from("<H", dacl, 4)[0], entries, folder)
            self.assertIn(SYSTEM, dacl)
        principal = self.principal()
        for _ in range(200):  # Queued, not waited for.
            if all(self.holds(principal, name) for name in ("a", "deep/b")):
                break
            time.sleep(0.1)
        self.assertTrue(self.holds(principal, "a") and self.holds(principal, "deep/b"))
        asked = [run(CLI, "status", "--json", "--endpoint", endpoint) for endpoint in ENDPOINTS]
        status = json.loads(next(out for code, out, _ in asked if code in (0, 1) and out))
        self.assertEqual({root["principal"] for root in status["roots"]}, {principal})
        self.assertIn("\\work", [root["path"] for root in status["roots"]])

    def test_ends_anywhere_and_is_taken_back(self):
        for milliseconds in (60, 150, 250, 400, 550, 600, 650, 700, 750):
            with self.subTest(milliseconds):
                child = subprocess.Popen([EMULATOR, SETUP_INSTALLER, "install", "--principal", "synthetic"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         stdin=subprocess.DEVNULL)
                time.sleep(milliseconds / 1000)
                child.send_signal(signal.SIGKILL)
                child.wait()
                for _ in range(100):  # The lock of one that was killed goes with its process.
                    code, steps = setup("uninstall")
                    if code != 3:
                        break
                    time.sleep(0.1)
                self.assertEqual(code, 0, steps)
                self.same()

    def test_does_what_an_administrator_in_it_asks_for_in_silence(self):
        log = os.path.join(DRIVE_C, "setup.log")
        code, out, err = run(SETUP_INSTALLER, "install", "--quiet", "--manual", "--user", "S-1-5-21-0-0-0-1000", "--log",
                             "C:\\setup.log")
        self.assertEqual((code, out, err), (1, "", ""))
        with open(log, encoding="utf-8") as file:
            lines = file.read()
        os.remove(log)
        self.assertIn("done       running acledger", lines)
        self.assertFalse(self.holds(self.principal(), "a"))
        self.assertEqual(run(SETUP_INSTALLER, "uninstall", "--quiet")[0], 0)
        self.same()


if __name__ == "__main__":
    if not EMULATOR:
        sys.exit(__doc__)
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.join(FOLDER, "source"))
    os.environ["WINEPREFIX"] = os.path.join(FOLDER, "prefix")
    DRIVE_C = os.path.join(FOLDER, "prefix", "drive_c")
    for program in (SETUP, CLI, DAEMON):
        shutil.copy(program, os.path.join(FOLDER, "source"))
    SETUP_INSTALLER = os.path.join(FOLDER, "source", os.path.basename(SETUP))
    first, _, reason = run(CLI, "--help", timeout=300)
    if first == WINE_CANNOT:
        sys.stderr.write(reason)
        sys.exit(WINE_CANNOT)
    result = unittest.main(argv=sys.argv[:1], verbosity=2, exit=False).result
    subprocess.run([os.path.join(ROOT, "tools", "wine", "stop")], check=False)
    shutil.rmtree(FOLDER, ignore_errors=True)
    sys.exit(not result.wasSuccessful())
