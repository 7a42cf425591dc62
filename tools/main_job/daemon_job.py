# SPDX-License-Identifier: MIT
"""The main job again, done by the daemon: in the background, asked meanwhile, killed, and started again."""

import contextlib
import signal
import subprocess
import threading
import time

from descriptors import differences
from program import Program
from report import StepFailed, number, say

ASKERS = 4


class Daemon:
    """`acledgerd --foreground` on a volume. Its log is in the volume's folder."""

    def __init__(self, volume):
        self.volume = volume
        self.process = None
        self.log = open(volume.folder / "acledgerd.log", "ab")

    def start(self):
        command = self.volume.daemon_command()
        say("$ acledgerd --foreground")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=self.volume.environment)
        begun = time.monotonic()
        while time.monotonic() - begun < 60:
            if self.process.poll() is not None:
                raise StepFailed(f"acledgerd ended with {self.process.returncode}; see {self.log.name}")
            with contextlib.suppress(StepFailed):
                return self.program().run("status", "--json").json
            time.sleep(0.1)
        raise StepFailed("acledgerd does not answer")

    def program(self):
        """The command line, told to ask this daemon and nobody else."""
        program = self.volume.program()
        return Program(program.command, [*program.target, "--endpoint", self.volume.endpoint], program.environment)

    def end(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait()

    def close(self):
        self.end(signal.SIGKILL)
        self.log.close()


class Askers:
    """Clients that ask the daemon again and again; `wrong` holds what was not answered as it should be."""

    def __init__(self, daemon, paths):
        self.wrong, self.answers = [], 0
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(daemon, path)) for path in paths]

    def _ask(self, daemon, path):
        program = daemon.program()
        while not self.done.is_set():
            for words in (["status", "--json"], ["coverage", path, "--json"]):
                command = program.command + [words[0], *program.target, *words[1:]]
                done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace",
                                      env=program.environment)
                self.answers += 1
                # 3: not in the index yet.
                if done.returncode != 0 and not (words[0] == "coverage" and done.returncode == 3):
                    self.wrong.append(done.stderr)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()


def run(report, volume, before, undisturbed, grant_words):
    volume.forget_ledger()
    with contextlib.closing(Daemon(volume)) as daemon:
        provision(report, volume, daemon, undisturbed, grant_words)
        volume.move_in(report, daemon)
        kill(report, volume, daemon, before, undisturbed, grant_words)


def expect_as_undisturbed(step, volume, daemon, undisturbed):
    status = daemon.program().run("status", "--json").json
    for name, value in undisturbed.status.items():
        if isinstance(value, int):
            step.expect(status[name] == value, f"{name}: {status[name]}, undisturbed {value}")


def provision(report, volume, daemon, undisturbed, grant_words):
    with report.step(f"{volume.name}: the daemon provisions while {ASKERS} clients ask") as step:
        daemon.start()
        paths = [volume.roots[i % len(volume.roots)] for i in range(ASKERS)]
        with Askers(daemon, paths) as askers:
            answer = daemon.program().run(*grant_words(volume, "provision"), "--json", codes=(0, 1))
        step.expect(not askers.wrong, f"{len(askers.wrong)} answers were wrong, such as {askers.wrong[:1]}")
        step.expect(answer.json["changes"] == undisturbed.changes,
                    f"{answer.json['changes']} descriptors written, {undisturbed.changes} without the daemon")
        expect_as_undisturbed(step, volume, daemon, undisturbed)
        step.figure = (f"{number(answer.json['changes'])} descriptors written as without it, {askers.answers} answers "
                       "meanwhile")


def kill(report, volume, daemon, before, undisturbed, grant_words):
    with report.step(f"{volume.name}: kill -9 the daemon while it works; it goes on") as step:
        daemon.program().run("rollback", "--all", "--json")
        daemon.program().run("pause")
        daemon.program().start_and_leave(*grant_words(volume, "provision"))
        daemon.program().run("resume")
        time.sleep(sum(undisturbed.applying.values()) / 2)
        daemon.end(signal.SIGKILL)
        status = daemon.start()
        left = [root["path"] for root in status["roots"] if root["state"] != "complete"]
        step.expect(left, "the kill came when everything was done: it shows nothing")
        for root in volume.roots:
            daemon.program().run("wait", root, "--timeout", "600")
        expect_as_undisturbed(step, volume, daemon, undisturbed)
        step.figure = f"{len(left)} roots were left to do; all are as in the undisturbed run"
    with report.step(f"{volume.name}: the daemon rolls back") as step:
        said = daemon.program().run("rollback", "--all", "--json").json
        for count in ("drifted", "failed", "remaining"):
            step.expect(said[count] == 0, f"{said[count]} {count}")
        daemon.end()
        wrong = differences(before, volume.snapshot())
        step.expect(not wrong, f"{len(wrong)} objects differ from before, such as {sorted(wrong)[:3]}")
        step.figure = f"{said['remaining']} entries remain; all {number(len(before))} objects {volume.exactness}"
