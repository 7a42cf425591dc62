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
    def __init__(self, code, text, errors, seconds):
        self.code = code
        self.text = text
        self.errors = errors
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
        errors = []
        reader = threading.Thread(target=_show, args=(process.stderr, errors), daemon=True)
        reader.start()
        return process, reader, errors

    def run(self, *words, codes=(0,)):
        """Ends the step where the exit code is none of `codes`."""
        begun = time.monotonic()
        process, reader, errors = self._start(words)
        text = process.stdout.read()
        code = process.wait()
        reader.join()
        answer = Answer(code, text, errors, time.monotonic() - begun)
        if code not in codes:
            raise StepFailed(f"acledger {words[0]}: exit code {code}, expected {codes}: "
                             + " | ".join(errors[-3:] or text.splitlines()[-3:]))
        return answer

    def kill_after(self, seconds, *words):
        """SIGKILL in the middle; False where the program was done before."""
        process, reader, _ = self._start(words)
        try:
            process.wait(seconds)
            killed = False
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed = True
        # A process that outlives it (wineserver) may hold the pipes open, so nothing is read to its end here.
        reader.join(1)
        if not killed and process.returncode not in (0, 1):
            raise StepFailed(f"acledger {words[0]}: exit code {process.returncode} before it could be killed")
        return killed


def _show(stream, lines):
    for line in stream:
        line = line.rstrip("\n")
        lines.append(line)
        say(line)
