# SPDX-License-Identifier: MIT
"""Where ipc_bench.py measures: an NTFS image and the native daemon, or C: of the patched Wine and acledgerd.exe."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools", "fixtures"))
import windows_descriptors  # noqa: E402

FILES_A_FOLDER, FOLDERS_A_GROUP = 30, 30


class Stage:
    """A volume with many files, a ledger, a daemon and an echo. `folder` holds all of it."""

    def __init__(self, folder, build):
        self.folder, self.build = folder, build
        self.environment = dict(os.environ)
        self.children = []

    def command(self, program, *words):
        raise NotImplementedError

    def run(self, program, *words):
        done = subprocess.run(self.command(program, *words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env=self.environment, check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise SystemExit(f"{program} {' '.join(words)}: code {done.returncode}: {done.stdout!r}") from None

    def spawn(self, program, *words, **streams):
        child = subprocess.Popen(self.command(program, *words), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env=self.environment, **streams)
        self.children.append(child)
        return child

    def provision(self, principal):
        roots = [word for root in self.roots for word in ("--root", root)]
        return self.run("tools/acledger/acledger", "provision", *self.target(), *roots, "--principal", principal,
                        "--json")

    def start_echo(self):
        self.spawn("bench/ipc_latency", "--echo-server", self.echo)

    def start_daemon(self, *words):
        """Seconds until the answer to a question that waited for it. The start of a program is part of them."""
        asker = self.spawn("bench/ipc_latency", "--daemon", self.endpoint, "--ask", "version", stdout=subprocess.PIPE)
        time.sleep(2)  # It asks by now.
        begun = time.monotonic()
        self.spawn("daemon/acledgerd", "--foreground", *self.target(), "--endpoint", self.endpoint, *words)
        asker.stdout.read()
        assert asker.wait() == 0, "the daemon does not answer"
        return time.monotonic() - begun

    def ask(self, method, **params):
        return self.run("bench/ipc_latency", "--daemon", self.endpoint, "--ask", method, "--params", json.dumps(params))

    def latency(self, seconds, clients):
        return self.run("bench/ipc_latency", "--daemon", self.endpoint, "--echo", self.echo, "--path", self.asked,
                        "--seconds", str(seconds), "--clients", str(clients))

    def changes(self):
        """The number of the last change in the ledger: there is one for each descriptor that is written. From a copy,
        since the locks of a program under Wine are not seen from outside; nobody may write meanwhile."""
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            for end in ("", "-wal"):
                if os.path.exists(self.ledger + end):
                    shutil.copy(self.ledger + end, os.path.join(copy, "ledger" + end))
            database = sqlite3.connect(os.path.join(copy, "ledger"))
            try:
                return database.execute("SELECT coalesce(max(id), 0) FROM change").fetchone()[0]
            finally:
                database.close()

    def stop(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
            child.wait(120)
        self.children = []


class ImageStage(Stage):
    roots = ["\\Users\\dev", "\\work", "\\Program Files"]
    asked = "\\Users\\dev\\projects"
    principals = "S-1-9-77-%d"

    def __init__(self, folder, build):
        super().__init__(folder, build or os.path.join(ROOT, "build", "native"))
        self.image, self.endpoint, self.echo = (os.path.join(folder, name) for name in ("disk.img", "d.sock", "e.sock"))
        self.ledger = self.image + ".acledger"

    def command(self, program, *words):
        return [os.path.join(self.build, program), *words]

    def target(self):
        return ["--image", self.image]

    def make(self, files):
        subprocess.run(self.command("tools/fixtures/make_ntfs_image", self.image, "--files", str(files)), check=True,
                       stdout=subprocess.DEVNULL)

    def processor_ms(self):
        return _processor_ms(self.children[-1].pid)


class WineStage(Stage):
    roots = ["C:\\ledger"]
    asked = "C:\\ledger\\group 1"
    principals = "S-1-5-21-1789044512-2209385610-907413205-%d"
    endpoint, echo = "\\\\.\\pipe\\acledger-bench", "\\\\.\\pipe\\acledger-bench-echo"

    def __init__(self, folder, build):
        super().__init__(folder, build or os.path.join(ROOT, "build", "windows"))
        self.wine = os.path.join(ROOT, "tools", "wine")
        self.prefix = os.path.join(folder, "prefix")
        self.environment["WINEPREFIX"] = self.prefix
        self.ledger = os.path.join(self.prefix, "drive_c", "ProgramData", "acledger", "ledger.db")
        # Makes the prefix, or ends where there is no such Wine.
        done = subprocess.run(self.command("bench/ipc_latency", "--help"), env=self.environment, check=False,
                              stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit(done.returncode)

    def command(self, program, *words):
        return [os.path.join(self.wine, "run"), os.path.join(self.build, program + ".exe"), *words]

    def target(self):
        return []

    def make(self, files):
        """Straight into the prefix, a hundred times faster than through Wine. Nobody but the user may read them."""
        top = windows_descriptors.profile(windows_descriptors.DEV)
        folder = top.inherited(True, windows_descriptors.DEV).wine_bytes()
        file = top.inherited(False, windows_descriptors.DEV).wine_bytes()
        root = os.path.join(self.prefix, "drive_c", "ledger")
        _make_folder(root, top.wine_bytes())
        for number in range(-(-files // FILES_A_FOLDER)):
            group = os.path.join(root, f"group {number // FOLDERS_A_GROUP}")
            if number % FOLDERS_A_GROUP == 0:
                _make_folder(group, folder)
            place = os.path.join(group, f"folder {number}")
            _make_folder(place, folder)
            for name in range(FILES_A_FOLDER):
                path = os.path.join(place, f"file {name}.txt")
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                os.setxattr(path, windows_descriptors.XATTR, file)

    def processor_ms(self):
        """Of the daemon alone, without what wineserver does for it."""
        return sum(_processor_ms(int(pid)) for pid in os.listdir("/proc") if pid.isdigit() and self._is_daemon(pid))

    def _is_daemon(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as words, open(f"/proc/{pid}/environ", "rb") as variables:
                return b"acledgerd.exe" in words.read() and self.prefix.encode() in variables.read()
        except OSError:
            return False

    def stop(self):
        super().stop()
        subprocess.run([os.path.join(self.wine, "stop")], env=self.environment, check=False)


def _make_folder(path, descriptor):
    os.mkdir(path)
    os.setxattr(path, windows_descriptors.XATTR, descriptor)


def _processor_ms(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")
