#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tools/package makes: looked into, and installed, upgraded and removed under Wine, in a prefix of its own.

  package_test.py EMULATOR STRIP STAND_IN.exe acledger.exe acledgerd.exe acledger-setup.exe

Two sets of packages: one with the programs of this build, one where a stand-in writes down how acledger-setup.exe is
called. What Wine cannot, and so only Windows shows (docs/windows-only.md):
  * it runs rollback actions behind the removal of the files: UndoInstall is looked at in the table alone;
  * it removes an older version without UPGRADINGPRODUCTCODE: the test passes that itself, as Windows would;
  * its installer runs as the user and not as SYSTEM: folders are made with another owner, and no property is dropped.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import package_contents  # noqa: E402
from package_contents import Contents, PROGRAMS, make_package, read  # noqa: E402,F401

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "win32"))
import wine_program  # noqa: E402
import wine_sd  # noqa: E402

LOG = "windows/logs/acledger-setup.log"
QUIET = ["--quiet", "--log", "C:\\windows\\Logs\\acledger-setup.log"]
UPGRADING = "UPGRADINGPRODUCTCODE={00000000-0000-0000-0000-000000000001}"
UNINSTALL_KEY = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
SYSTEM, ADMINISTRATORS, USERS = ((18,), (32, 544), (32, 545))


def sid(numbers):
    return struct.pack("<BB6s%dI" % len(numbers), 1, len(numbers), bytes([0, 0, 0, 0, 0, 5]), *numbers)


def made_by_system():
    """O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"""
    aces = b"".join(struct.pack("<BBHI", 0, 3, 8 + len(sid(who)), mask) + sid(who)
                    for who, mask in ((SYSTEM, 0x1F01FF), (ADMINISTRATORS, 0x1F01FF), (USERS, 0x1200A9)))
    dacl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), 3, 0) + aces
    owner = sid(SYSTEM)
    return struct.pack("<BBH4I", 1, 0, 0x9004, 20, 20 + len(owner), 0, 20 + 2 * len(owner)) + owner * 2 + dacl


class UnderWine(unittest.TestCase):
    emulator = prefix = ""

    def setUp(self):
        self.drive = os.path.join(self.prefix, "drive_c")
        self.programs = os.path.join(self.drive, "Program Files", "acledger")
        self.assertFalse(os.path.exists(self.programs), "an earlier test left programs")
        self.before = self.dump()

    @classmethod
    def run_windows(cls, *words):
        """(exit code as far as Unix sees it, what it wrote)"""
        done = wine_program.run([cls.emulator, *words], timeout=240)
        return done.returncode, done.stdout

    def msiexec(self, how, msi, *properties):
        return self.run_windows("msiexec.exe", how, "Z:" + msi.replace("/", "\\"), "/qn", *properties)[0] == 0

    def dump(self):
        """All files with their contents and descriptors, but for the log, and the registry of installed programs."""
        found = {}
        for folder, folders, files in os.walk(self.drive):
            for name in folders + files:
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, self.drive)
                if inside.lower() in (LOG, "windows/logs") or os.path.islink(path):
                    continue
                found[inside] = (wine_sd.get(path), None if name in folders else read(path))
        code, found["registry"] = self.run_windows("reg.exe", "query", UNINSTALL_KEY, "/s")
        self.assertEqual(code, 0)
        _, found["services"] = self.run_windows("reg.exe", "query", "HKLM\\System\\CurrentControlSet\\Services")
        _, found["ours"] = self.run_windows("reg.exe", "query", "HKLM\\Software\\acledger", "/s")
        _, found["path"] = self.run_windows(
            "reg.exe", "query", "HKLM\\System\\CurrentControlSet\\Control\\Session Manager\\Environment", "/v", "Path")
        return found

    def assert_all_is_as_before(self):
        after = self.dump()
        self.assertEqual(sorted(set(after) ^ set(self.before)), [], "added or gone")
        self.assertEqual([name for name in after if after[name] != self.before[name]], [], "changed")

    def log(self):
        """What acledger-setup has logged since the last look."""
        path = os.path.join(self.drive, LOG)
        if not os.path.exists(path):
            return ""
        text = read(path).decode()
        os.truncate(path, 0)
        return text


class TheProgramsUnderWine(UnderWine):
    def test_a_set_up_that_is_not_whole_fails_the_msi_and_leaves_nothing(self):
        self.assertFalse(self.msiexec("/i", self.package.msi))
        log = self.log()
        self.assertIn("not whole: ", log)
        self.assertIn("taking back what this run made", log)
        self.assert_all_is_as_before()

    def test_a_lenient_one_installs_programs_that_run_and_takes_them_away(self):
        self.assertTrue(self.msiexec("/i", self.package.msi, "ACLEDGER_INCOMPLETE=accept"))
        self.assertIn("not whole: ", self.log())
        for name in PROGRAMS:
            self.assertEqual(read(os.path.join(self.programs, name)), read(os.path.join(self.package.programs, name)))
        code, said = self.run_windows("C:\\Program Files\\acledger\\acledger.exe", "--help")
        self.assertEqual(code, 0)
        self.assertIn("Usage: acledger", said)
        _, registry = self.run_windows("reg.exe", "query", UNINSTALL_KEY, "/s")
        self.assertIn("1.2.3", registry)
        self.assertTrue(self.msiexec("/x", self.package.msi))
        self.assertIn("taken back, and proved by reading back", self.log())
        self.assert_all_is_as_before()

    def test_an_upgrade_stops_the_service_replaces_its_program_and_starts_it(self):
        self.make_folder_as_windows_would()
        self.assertTrue(self.msiexec("/i", self.package.msi, "ACLEDGER_INCOMPLETE=accept", "ACLEDGER_USER=none"))
        self.assertTrue(self.is_running(), self.log())
        self.log()
        self.assertTrue(self.msiexec("/x", self.package.msi, UPGRADING))
        self.assertFalse(self.is_running())
        self.assertEqual(self.log(), "", "the older version took back what the newer one needs")
        # Wine cannot delete the program while the service's process is about to end; Windows renames it meanwhile.
        if not os.path.exists(self.programs):
            self.make_folder_as_windows_would()
        self.assertLessEqual(set(os.listdir(self.programs)), {"acledgerd.exe"})
        self.assertTrue(self.msiexec("/i", self.newer.msi, "ACLEDGER_INCOMPLETE=accept", "ACLEDGER_USER=none"))
        self.assertTrue(self.is_running(), self.log())
        self.assertEqual(read(os.path.join(self.programs, "acledgerd.exe")),
                         read(os.path.join(self.newer.programs, "acledgerd.exe")))
        self.assertTrue(self.msiexec("/x", self.newer.msi))
        self.assert_all_is_as_before()

    def make_folder_as_windows_would(self):
        os.mkdir(self.programs)
        wine_sd.store(self.programs, made_by_system())

    def is_running(self):
        return "RUNNING" in self.run_windows("sc.exe", "query", "acledger")[1]


class TheCallsUnderWine(UnderWine):
    def setUp(self):
        self.folder = os.path.join(self.prefix, "drive_c", "stand-in")
        os.makedirs(self.folder)
        super().setUp()

    def tearDown(self):
        self.returns(uninstall=0)
        if os.path.exists(self.programs):
            self.assertTrue(self.msiexec("/x", self.package.msi))
        shutil.rmtree(self.folder)

    def returns(self, **codes):
        for verb, code in codes.items():
            with open(os.path.join(self.folder, verb), "w", encoding="ascii") as file:
                file.write(str(code))

    def calls(self):
        """The words of each call since the last look."""
        path = os.path.join(self.folder, "calls")
        if not os.path.exists(path):
            return []
        lines = read(path).decode().splitlines()
        os.remove(path)
        return [line.split("|") for line in lines]

    def install(self, *properties):
        return self.msiexec("/i", self.package.msi, *properties)

    def test_what_the_properties_say_is_passed_on(self):
        self.assertTrue(self.install("ACLEDGER_USER=S-1-5-21-1-2-3-1001", "ACLEDGER_PROXY_PORT=3128 3129",
                                     "ACLEDGER_ARGUMENTS=--manual --workspace C:\\work"))
        self.assertEqual(self.calls(), [["install", "--undo-on-failure", *QUIET, "--user", "S-1-5-21-1-2-3-1001",
                                         "--proxy-port", "3128", "3129", "--manual", "--workspace", "C:\\work"]])
        self.assertTrue(self.msiexec("/x", self.package.msi))
        self.assertEqual(self.calls(), [["uninstall", *QUIET]])

    def test_the_user_is_who_installs_unless_none_is_wanted(self):
        self.assertTrue(self.install("ACLEDGER_INCOMPLETE=accept"))
        [[*words, option, user]] = self.calls()
        self.assertEqual([*words, option], ["install", *QUIET, "--user"])
        self.assertRegex(user, r"^S-1-5-21-\d+-\d+-\d+-\d+$")
        self.assertTrue(self.msiexec("/x", self.package.msi))
        self.calls()
        self.assertTrue(self.install("ACLEDGER_USER=none"))
        self.assertEqual(self.calls(), [["install", "--undo-on-failure", *QUIET]])

    def test_another_log_is_used_for_all(self):
        self.assertTrue(self.install("ACLEDGER_USER=none", "ACLEDGER_LOG=C:\\stand-in\\my log.txt"))
        self.assertTrue(self.msiexec("/x", self.package.msi, "ACLEDGER_LOG=C:\\stand-in\\my log.txt"))
        self.assertEqual([words[-1] for words in self.calls()], ["C:\\stand-in\\my log.txt"] * 2)

    def test_only_an_incomplete_set_up_can_be_accepted(self):
        for code, strict, lenient in ((0, True, True), (1, False, True), (2, False, False), (3, False, False),
                                      (5, False, False), (-1073741819, False, False)):
            self.returns(install=code)
            for properties, good in (((), strict), (("ACLEDGER_INCOMPLETE=accept",), lenient)):
                with self.subTest(code=code, properties=properties):
                    self.assertEqual(self.install(*properties), good)
                    self.assertEqual(os.path.exists(self.programs), good)
                    self.assertEqual(self.calls()[0][0], "install")
                    if good:
                        self.assertTrue(self.msiexec("/x", self.package.msi))
                        self.calls()

    def test_programs_stay_while_something_remains_unless_that_is_accepted(self):
        accept = "ACLEDGER_INCOMPLETE=accept"
        for code, properties, good in ((4, (), False), (3, (accept,), False), (1, (accept,), False),
                                       (-1073741819, (accept,), False), (4, (accept,), True), (0, (accept,), True)):
            with self.subTest(code=code, properties=properties):
                self.assertTrue(self.install())
                self.returns(uninstall=code)
                self.calls()
                self.assertEqual(self.msiexec("/x", self.package.msi, *properties), good)
                self.assertEqual(self.calls(), [["uninstall", *QUIET]])
                self.assertEqual(os.path.exists(os.path.join(self.programs, "acledger-setup.exe")), not good)
                self.returns(uninstall=0)
                if not good:
                    self.assertTrue(self.msiexec("/x", self.package.msi))
                self.assertFalse(os.path.exists(self.programs))

    def test_an_upgrade_takes_nothing_back(self):
        self.assertTrue(self.install())
        self.calls()
        self.assertTrue(self.msiexec("/x", self.package.msi, UPGRADING))
        self.assertEqual(self.calls(), [])
        self.assertFalse(os.path.exists(self.programs))

    def test_an_older_version_is_found_and_removed(self):
        self.assertTrue(self.install())
        self.assertTrue(self.msiexec("/i", self.newer.msi))
        _, registry = self.run_windows("reg.exe", "query", UNINSTALL_KEY, "/s")
        self.assertIn("1.3.0", registry)
        self.assertNotIn("1.2.3", registry)
        self.assertFalse(self.install(), "a newer version was replaced by an older one")
        self.assertTrue(self.msiexec("/x", self.newer.msi))

    def test_a_repair_repairs(self):
        self.assertTrue(self.install("ACLEDGER_USER=none"))
        self.calls()
        os.remove(os.path.join(self.programs, "acledger.exe"))
        self.assertTrue(self.install("REINSTALL=ALL", "ACLEDGER_PROXY_PORT=3128"))
        self.assertEqual(self.calls(), [["repair", *QUIET, "--proxy-port", "3128"]])
        self.assertTrue(os.path.exists(os.path.join(self.programs, "acledger.exe")))


def main():
    emulator, strip, stand_in, *programs = sys.argv[1:]
    for tool in ("wixl", "msibuild", "msiinfo", "msiextract"):
        if shutil.which(tool) is None:
            print(tool + " is not installed (tools/setup windows): nothing was run")
            sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="package-test-", dir=os.getcwd()) as scratch:
        os.environ["WINEPREFIX"] = UnderWine.prefix = os.path.join(scratch, "prefix")
        UnderWine.emulator = emulator
        try:
            if subprocess.run([emulator, "cmd.exe", "/c", "ver"], stdout=subprocess.DEVNULL, check=False).returncode == 77:
                print("no patched Wine: nothing was run")
                sys.exit(77)
            package_contents.prepare(scratch, strip, programs)
            TheProgramsUnderWine.package = make_package(scratch, "real", "1.2.3")
            TheProgramsUnderWine.newer = make_package(scratch, "newer", "1.3.0")
            package_contents.replace_setup(scratch, stand_in)
            TheCallsUnderWine.package = make_package(scratch, "stand-in", "1.2.3")
            TheCallsUnderWine.newer = make_package(scratch, "stand-in", "1.3.0")
            result = unittest.main(argv=sys.argv[:1], verbosity=2, exit=False).result
        finally:
            subprocess.run([os.path.join(os.path.dirname(emulator), "stop")], check=False)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
