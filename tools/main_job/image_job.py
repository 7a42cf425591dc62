# SPDX-License-Identifier: MIT
"""The main job natively, on an NTFS image."""

import json
import os
import subprocess

import job
from descriptors import parse_self_relative, read_image
from program import Program
from report import number, say

# Stands for nobody else and belongs to no machine: the service adds it to the sandbox token at logon.
PRINCIPAL = "S-1-9-1789044512-2209385610-907413205-2001"


class ImageVolume(job.Volume):
    name = "image"
    exactness = "have the security_id that they had before"
    principal = PRINCIPAL
    parse = staticmethod(parse_self_relative)
    roots = ["\\Users\\dev", "\\Program Files", "\\work"]
    samples = {
        "readable": "\\Program Files\\Git",
        "covered": "\\Users\\dev\\projects\\app-0\\package.json",
        "denied": "\\work\\repo\\repo-0",
        "skipped": "\\Users\\dev\\.ssh\\id_ed25519",
    }

    def __init__(self, build, folder):
        self._build = build
        self.folder, self.environment = folder, None
        self.endpoint = f"/tmp/acledger-run-{os.getpid()}.sock"  # A socket's path has at most 107 bytes.
        self.image = folder / "disk.img"
        self._ledger = folder / "disk.img.acledger"

    def make(self, report, files):
        with report.step("image: make an NTFS volume like a Windows disk") as step:
            command = [self._build / "tools/fixtures/make_ntfs_image", self.image, "--files", str(files),
                       "--wide", str(min(20_000, files // 20))]
            made = json.loads(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout)
            step.figure = (f"{number(made['objects'])} objects, {number(made['distinct_descriptors'])} distinct "
                           f"descriptors, {number(self.image.stat().st_size >> 20)} MiB")

    def program(self):
        return Program([self._build / "tools/acledger/acledger"], ["--image", self.image, "--ledger", self._ledger])

    def daemon_command(self):
        return [self._build / "daemon/acledgerd", "--foreground", "--image", self.image, "--ledger", self._ledger,
                "--endpoint", self.endpoint]

    def forget_ledger(self):
        for path in self.image.parent.glob(self._ledger.name + "*"):
            path.unlink()

    def snapshot(self):
        return read_image(str(self._build / "tools/fixtures/security_ids"), str(self.image))

    def descriptor(self, value):
        return value[1]

    def audit(self, report, when):
        with report.step(f"image: ntfssecaudit -a {when}") as step:
            done = subprocess.run(["ntfssecaudit", "-a", self.image], capture_output=True, encoding="utf-8",
                                  errors="replace")
            lines = (done.stdout + done.stderr).splitlines()
            say("\n".join(lines[-4:]))
            step.expect(done.returncode == 0, f"exit code {done.returncode}")
            step.expect("No errors were found" in lines, "it does not say that no errors were found")
            valid = [line for line in lines if "valid entries in $SDH" in line]
            step.figure = "no errors" + (f", {valid[0]}" if valid else "")


def run(report, build, folder, files, least_granted):
    volume = ImageVolume(build, folder)
    volume.make(report, files)
    job.run(report, volume, least_granted)
