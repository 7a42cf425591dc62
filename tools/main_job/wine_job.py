# SPDX-License-Identifier: MIT
"""The main job under the patched Wine, on this machine's own files laid out as a Windows disk."""

import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fixtures"))
import windows_descriptors  # noqa: E402

import job
from descriptors import parse_wine, read_tree
from program import Program
from report import StepFailed, number

# An account of a machine, as a sandbox account is.
PRINCIPAL = "S-1-5-21-1789044512-2209385610-907413205-2001"


class WineVolume(job.Volume):
    name = "wine"
    exactness = "have every byte of user.wine.sd that they had before"
    principal = PRINCIPAL
    parse = staticmethod(parse_wine)
    samples = {
        "readable": "C:\\Program Files\\Python311",
        "covered": "C:\\Users\\dev\\Documents\\note 0.txt",
        "denied": "C:\\work\\project\\private",
        "skipped": "C:\\Users\\dev\\.ssh\\id_ed25519",
    }

    def __init__(self, root, folder):
        self._wine = root / "tools/wine"
        self._daemon = root / "build/windows/daemon/acledgerd.exe"
        self.folder = folder
        self.endpoint = "\\\\.\\pipe\\acledger-run"
        self._fixture = root / "tools/fixtures/make_windows_tree"
        self._program = root / "build/windows/tools/acledger/acledger.exe"
        self._drive = folder / "prefix/drive_c"
        self.environment = {**os.environ, "WINEPREFIX": str(folder / "prefix")}
        self.roots = []

    def start(self, report):
        """A prefix of its own, so that nothing but the fixture is in it."""
        with report.step("wine: make a prefix") as step:
            answer = self.program().run("--help", codes=(0, 77))
            if answer.code == 77:
                raise StepFailed("there is no patched Wine: " + " ".join(answer.errors))
            step.figure = "acledger.exe answers"

    def make(self, report, files):
        with report.step("wine: lay this machine's files out as a Windows disk") as step:
            command = ["/usr/bin/python3", "-B", self._fixture, "--drive", self._drive, "--objects", str(files)]
            done = subprocess.run(command, capture_output=True, encoding="utf-8", env=self.environment)
            step.require(done.returncode == 0, done.stderr.strip())
            made = json.loads(done.stdout)
            self.roots = made["roots"]
            kinds = sum(1 for count in made["kinds"].values() if count)
            step.figure = (f"{number(made['files'])} files and {number(made['folders'])} folders, {kinds} kinds of "
                           "descriptors")

    def program(self):
        return Program([self._wine / "run", self._program], environment=self.environment)

    def daemon_command(self):
        return [self._wine / "run", self._daemon, "--foreground", "--endpoint", self.endpoint]

    def move_in(self, report, daemon):
        with report.step("wine: a file is moved into a root while the daemon runs") as step:
            new = self._drive / "moved in.txt"
            new.write_text("from elsewhere")
            own = windows_descriptors.profile(windows_descriptors.DEV).inherited(False, windows_descriptors.DEV)
            os.setxattr(new, windows_descriptors.XATTR, own.wine_bytes())  # Its user's alone.
            begun = time.monotonic()
            new.rename(self._drive / "users/dev/Documents/moved in.txt")
            path, verdict = "C:\\Users\\dev\\Documents\\moved in.txt", None
            while verdict != "covered" and time.monotonic() - begun < 20:
                answer = daemon.program().run("coverage", path, "--json", codes=(0, 3))
                verdict = answer.json["coverage"][0]["verdict"] if answer.code == 0 else "not in the index"
            seconds = time.monotonic() - begun
            step.require(verdict == "covered", f"it is {verdict} after {seconds:.1f} s")
            (self._drive / "users/dev/Documents/moved in.txt").unlink()
            step.figure = f"covered {seconds:.1f} s later, the asking included"

    def forget_ledger(self):
        for path in (self._drive / "ProgramData/acledger").glob("*"):
            path.unlink()

    def snapshot(self):
        found = {}
        for place in ("users", "Program Files", "work"):
            for path, value in read_tree(self._drive / place).items():
                found[f"{place}/{os.fsdecode(path)}"] = value
        return found

    def descriptor(self, value):
        return value

    def stop(self):
        subprocess.run([self._wine / "stop"], env=self.environment, check=False)


def run(report, root, folder, files):
    volume = WineVolume(root, folder)
    try:
        volume.start(report)
        volume.make(report, files)
        job.run(report, volume, least_granted=1)
    finally:
        volume.stop()
