# SPDX-License-Identifier: MIT
"""Makes packages by tools/package for package_test.py, and looks into them."""
import collections
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, "tools", "package")
UPGRADE_CODE = "{B2DD7BD7-6A54-4B43-9D7D-3E3A6D2BD15F}"  # Never another one: older versions are found by it.
URL = "https://example.invalid/download/acledger.msi"
DEFERRED, NOT_IMPERSONATED, IGNORED, ROLLBACK = 0x400, 0x800, 0x40, 0x100
OF_THIS_MSI, OF_A_PROPERTY, SETS_A_PROPERTY = 18, 50, 51
PROGRAMS = ["acledger.exe", "acledgerd.exe", "acledger-setup.exe"]

Package = collections.namedtuple("Package", "programs out msi zip version")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def prepare(scratch, strip, programs):
    """Folders of programs, without symbols, since those are ten times as large. Newer ones have other bytes."""
    for kind in ("real", "newer", "stand-in"):
        folder = os.path.join(scratch, kind, "programs")
        os.makedirs(folder)
        for program in programs:
            subprocess.run([strip, "-o", os.path.join(folder, os.path.basename(program)), program], check=True)
            if kind == "newer":
                with open(os.path.join(folder, os.path.basename(program)), "ab") as file:
                    file.write(b"newer")
    Contents.scratch = scratch


def replace_setup(scratch, stand_in):
    shutil.copyfile(stand_in, os.path.join(scratch, "stand-in", "programs", "acledger-setup.exe"))


def tool(*words):
    return subprocess.run([TOOL, *words], capture_output=True, text=True, timeout=240, check=False)


def make_package(scratch, kind, version, out=None):
    programs = os.path.join(scratch, kind, "programs")
    out = os.path.join(scratch, kind, out or version)
    done = tool("--version", version, "--programs", programs, "--out", out, "--url", URL)
    assert done.returncode == 0, done.stderr
    name = os.path.join(out, "acledger-%s-x64" % version)
    return Package(programs, out, name + ".msi", name + ".zip", version)


def table(msi, name):
    """Rows of an MSI's table, each as a list of texts; an empty list where there is no such table."""
    if name not in subprocess.check_output(["msiinfo", "tables", msi], text=True).split():
        return []
    text = subprocess.check_output(["msiinfo", "export", msi, name]).decode()
    return [line.rstrip("\r").split("\t") for line in text.split("\n")[3:] if line.strip("\r")]


def fields(path):
    """A winget manifest's: flat, since no field of ours is there twice with another value."""
    found = {}
    for line in read(path).decode("utf-8").splitlines():
        match = re.fullmatch(r"[ -]*(\w+): (.+)", line)
        if match:
            value = match[2].strip("'")
            assert found.setdefault(match[1], value) == value, line
    return found


class Contents(unittest.TestCase):
    scratch = ""

    @classmethod
    def setUpClass(cls):
        cls.package = make_package(cls.scratch, "real", "1.2.3", "looked-into")

    def rows(self, name):
        return table(self.package.msi, name)

    def test_the_same_input_gives_the_same_bytes_at_another_time(self):
        for name in PROGRAMS:
            os.utime(os.path.join(self.package.programs, name), (1, 1))
        again = make_package(self.scratch, "real", "1.2.3", "again")
        names = sorted(os.path.relpath(os.path.join(folder, name), self.package.out)
                       for folder, _, files in os.walk(self.package.out) for name in files)
        self.assertEqual(len(names), 6)
        for name in names:
            self.assertEqual(read(os.path.join(again.out, name)), read(os.path.join(self.package.out, name)), name)

    def test_the_sums_are_those_of_all_files(self):
        lines = read(os.path.join(self.package.out, "SHA256SUMS")).decode().splitlines()
        self.assertEqual(len(lines), 5)
        for line in lines:
            digest, name = line.split("  ")
            self.assertEqual(digest, hashlib.sha256(read(os.path.join(self.package.out, name))).hexdigest())

    def test_the_zip_holds_programs_licence_and_documents(self):
        with zipfile.ZipFile(self.package.zip) as archive:
            self.assertEqual(archive.namelist(), sorted(archive.namelist()))
            self.assertEqual({info.date_time for info in archive.infolist()}, {(1980, 1, 1, 0, 0, 0)})
            held = {name.removeprefix("acledger-1.2.3/"): archive.read(name) for name in archive.namelist()}
        documents = ["LICENSE", "README.md", "ARCHITECTURE.md"]
        documents += ["docs/" + name for name in os.listdir(os.path.join(ROOT, "docs")) if name.endswith(".md")]
        self.assertIn("docs/install.md", documents)
        notices = held.pop("NOTICES.txt").decode()
        for name in ("asio", "CLI11", "fmt", "JSON for Modern C++", "spdlog", "toml++", "mingw-w64"):
            self.assertRegex(notices, r"(?m)^%s\r?$" % re.escape(name))
        self.assertEqual(sorted(held), sorted(PROGRAMS + documents))
        for name in PROGRAMS:
            self.assertEqual(held[name], read(os.path.join(self.package.programs, name)), name)
        for name in documents:
            self.assertEqual(held[name], read(os.path.join(ROOT, name)), name)

    def test_the_msi_holds_the_programs_in_a_folder_that_nobody_can_choose(self):
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            subprocess.run(["msiextract", "-C", folder, self.package.msi], stdout=subprocess.DEVNULL, check=True)
            found = {name: read(os.path.join(top, name)) for top, _, files in os.walk(folder) for name in files}
        self.assertEqual(sorted(found), sorted(PROGRAMS + ["LICENSE", "NOTICES.txt"]))
        for name in PROGRAMS:
            self.assertEqual(found[name], read(os.path.join(self.package.programs, name)), name)
        self.assertIn(["ProgramsFolder", "ProgramFiles64Folder", "acledger"], self.rows("Directory"))
        self.assertEqual({row[2] for row in self.rows("Component")}, {"ProgramsFolder"})
        self.assertTrue(all(int(row[3]) & 256 for row in self.rows("Component")), "a component is not of 64 bits")

    def test_what_set_up_installs_is_in_the_package(self):
        source = read(os.path.join(ROOT, "setup", "installation.cpp")).decode()
        names = re.findall(r'"([^"]+)"', re.search(r"kPrograms = \{([^}]*)\}", source)[1])
        self.assertEqual(sorted(names), sorted(PROGRAMS))

    def test_the_msi_makes_nothing_itself_but_files(self):
        for name in ("ServiceInstall", "Registry", "Environment", "Shortcut", "CreateFolder", "Binary"):
            self.assertEqual(self.rows(name), [], name)
        self.assertEqual([row[1:3] + row[4:] for row in self.rows("ServiceControl")],
                         [["acledger", "34", "1", "acledgerd_exe"]])  # Stopped, whatever is done, and waited for.

    def test_set_up_is_called_deferred_as_system_and_its_exit_code_counts(self):
        kinds = {row[0]: int(row[1]) for row in self.rows("CustomAction")}
        as_system = DEFERRED + NOT_IMPERSONATED
        expected = {name: OF_THIS_MSI + as_system for name in ("Install", "Repair", "Uninstall")}
        expected |= {name + "Lenient": OF_A_PROPERTY + as_system for name in ("Install", "Repair", "Uninstall")}
        expected["UndoInstall"] = OF_THIS_MSI + as_system + ROLLBACK + IGNORED
        self.assertEqual({name: kind for name, kind in kinds.items() if not name.startswith("Set")}, expected)
        self.assertEqual({kind for name, kind in kinds.items() if name.startswith("Set")}, {SETS_A_PROPERTY})

    def test_actions_are_in_order(self):
        number = {row[0]: int(row[2]) for row in self.rows("InstallExecuteSequence")}
        for order in (("CostFinalize", "SetLog", "SetStarter", "SetUserWords", "SetPortWords", "SetQuiet", "SetWishes",
                       "SetShell", "InstallInitialize"),
                      ("FindRelatedProducts", "LaunchConditions", "InstallInitialize", "RemoveExistingProducts",
                       "ProcessComponents", "Uninstall", "UninstallLenient", "StopServices", "RemoveFiles"),
                      ("RemoveFiles", "InstallFiles", "PublishProduct", "UndoInstall", "Install", "InstallLenient",
                       "Repair", "RepairLenient", "InstallFinalize")):
            self.assertEqual(sorted(order, key=number.__getitem__), list(order))
        self.assertEqual(len(set(number.values())), len(number), "two actions have one number")

    def test_an_upgrade_neither_takes_back_nor_adds_a_user(self):
        conditions = {row[0]: row[1] for row in self.rows("InstallExecuteSequence")}
        for name in ("Uninstall", "UninstallLenient"):
            self.assertIn("NOT UPGRADINGPRODUCTCODE", conditions[name])
        for name in ("UndoInstall", "SetStarter"):
            self.assertIn("NOT OLDERVERSION", conditions[name])

    def test_only_an_administrator_passes_words_on(self):
        properties = dict(self.rows("Property"))
        self.assertEqual(properties["SecureCustomProperties"].split(";"), ["OLDERVERSION", "NEWERVERSION"])
        self.assertEqual(properties["ALLUSERS"], "1")
        self.assertEqual(properties["ACLEDGER_INCOMPLETE"], "fail")
        self.assertEqual(properties["UpgradeCode"], UPGRADE_CODE)
        self.assertEqual(properties["ProductVersion"], "1.2.3")
        self.assertIn("Template: x64;1033", subprocess.check_output(["msiinfo", "suminfo", self.package.msi], text=True))

    def test_older_versions_are_replaced_and_newer_ones_are_not(self):
        rows = {row[6]: row for row in self.rows("Upgrade")}
        self.assertEqual(rows["OLDERVERSION"], [UPGRADE_CODE, "0.0.0", "1.2.4", "", "256", "", "OLDERVERSION"])
        self.assertEqual(rows["NEWERVERSION"], [UPGRADE_CODE, "1.2.3", "", "", "2", "", "NEWERVERSION"])
        self.assertIn("Installed OR NOT NEWERVERSION", [row[0] for row in self.rows("LaunchCondition")])

    def test_other_contents_are_another_product_with_the_same_components(self):
        newer = make_package(self.scratch, "real", "1.3.0", "newer")
        other = make_package(self.scratch, "stand-in", "1.2.3", "other")
        codes = {dict(table(one.msi, "Property"))["ProductCode"] for one in (self.package, newer, other)}
        self.assertEqual(len(codes), 3)
        components = {str(sorted(row[:2] for row in table(one.msi, "Component"))) for one in (self.package, newer, other)}
        self.assertEqual(len(components), 1)

    def test_the_manifest_tells_of_the_msi(self):
        names = {"version": "acledger.acledger.yaml", "installer": "acledger.acledger.installer.yaml",
                 "defaultLocale": "acledger.acledger.locale.en-GB.yaml"}
        properties = dict(self.rows("Property"))
        for kind, name in names.items():
            held = fields(os.path.join(self.package.out, "winget", name))
            self.assertEqual((held["ManifestType"], held["ManifestVersion"]), (kind, "1.6.0"))
            self.assertEqual((held["PackageIdentifier"], held["PackageVersion"]), ("acledger.acledger", "1.2.3"))
            self.assertNotIn("@", "".join(held.values()))
            if kind == "version":
                self.assertEqual(held["DefaultLocale"], "en-GB")
            elif kind == "defaultLocale":
                for field in ("PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"):
                    self.assertTrue(held[field], field)
                self.assertLessEqual(len(held["ShortDescription"]), 256)
                self.assertEqual(held["Publisher"], properties["Manufacturer"])
            else:
                self.assertEqual(held["InstallerSha256"], hashlib.sha256(read(self.package.msi)).hexdigest().upper())
                self.assertEqual(held["InstallerUrl"], URL)
                self.assertEqual((held["InstallerType"], held["Scope"], held["Architecture"]), ("msi", "machine", "x64"))
                self.assertEqual(held["ProductCode"], properties["ProductCode"])
                self.assertEqual(held["UpgradeCode"], properties["UpgradeCode"])

    def test_what_is_wrong_is_told_and_nothing_made(self):
        out = os.path.join(self.scratch, "nothing")
        for version in ("1.2", "1.2.3.4", "256.0.0", "1.2.65535", "1.2.x", "1.2.3\n"):
            done = tool("--version", version, "--programs", self.package.programs, "--out", out)
            self.assertEqual(done.returncode, 2, version)
            self.assertIn("X.Y.Z", done.stderr)
        self.assertEqual(tool("--url", "http://example.invalid/x", "--out", out).returncode, 2)
        empty = os.path.join(self.scratch, "empty")
        os.makedirs(empty)
        done = tool("--programs", empty, "--out", out)
        self.assertEqual(done.returncode, 3)
        self.assertIn("acledger.exe: No such file", done.stderr)
        self.assertFalse(os.path.exists(out))
