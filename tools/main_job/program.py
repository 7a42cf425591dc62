# SPDX-License-Identifier: MIT
"""Runs acledger as a user would, shows what it says, and reads its JSON."""

import json
import shlex
import signal
import subprocess
import threading
import time

from report import StepFailed, say


class Answer:
    def __init__(self, code, text, errors, times, seconds):
        self.code = code
        self.text = text
        self.errors = errors
        self.times = times
        self.seconds = seconds

    @property
    def json(self):
        return json.loads(self.text)


class Program:
    """`command` starts the program; `target` are options that every command of it takes (--image, --ledger)."""

    def __init__(self, command, target=(), environment=None):
        self.command = [str(word) for word in command]
        self.target = [str(word) for word in target]
        self.environment = environment

    def _start(self, words):
        command = self.command + [words[0], *self.target, *words[1:]]
        say("$ acledger " + shlex.join(command[len(self.command):]))
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment, encoding="utf-8", errors="replace")
        errors, self.times = [], []
        reader = threading.Thread(target=_show, args=(process.stderr, errors, self.times), daemon=True)
        reader.start()
        return process, reader, errors

    def run(self, *words, codes=(0,)):
        """Ends the step where the exit code is none of `codes`."""
        begun = time.monotonic()
        process, reader, errors = self._start(words)
        text = process.stdout.read()
        code = process.wait()
        reader.join()
        answer = Answer(code, text, errors, self.times, time.monotonic() - begun)
        if code not in codes:
            raise StepFailed(f"acledger {words[0]}: exit code {code}, expected {codes}: "
                             + " | ".join(errors[-3:] or text.splitlines()[-3:]))
        return answer

    def start_and_leave(self, *words):
        """Lets the daemon take the wish, and does not stay to follow: its work goes on without this program."""
        process, _, _ = self._start(words)
        status = []
        while process.poll() is None and not status:
            status = self.run("status", "--json").json["roots"]
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_in(self, phase, seconds, *words):
        """SIGKILL so many seconds after a progress line began with `phase`; False where the program was done before."""
        process, reader, errors = self._start(words)
        while process.poll() is None and not any(line.startswith(phase) for line in errors):
            time.sleep(0.005)
        try:
            process.wait(seconds)
            killed = False
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed = True
        # Whatever outlives the program (wineserver) may hold its pipes, so nothing is read to the end here.
        reader.join(1)
        if not killed and process.returncode not in (0, 1):
            raise StepFailed(f"acledger {words[0]}: exit code {process.returncode} before it could be killed: "
                             + " | ".join(errors[-3:]))
        return killed


def phases(lines):
    """{"applying \\work": seconds} from the timed progress lines of a run, each until the next phase begins."""
    starts = {}
    for when, line in lines:
        name = line.rpartition(":")[0]
        if name not in starts:
            starts[name] = when
    names = list(starts)
    return {name: starts[after] - starts[name] for name, after in zip(names, names[1:])}


def _show(stream, lines, times):
    for line in stream:
        line = line.rstrip("\n")
        times.append((time.monotonic(), line))
        lines.append(line)
        say(line)
    times.append((time.monotonic(), "end:"))
