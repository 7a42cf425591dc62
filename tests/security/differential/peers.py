# SPDX-License-Identifier: MIT
"""The implementations that are compared: acledger itself, Samba, ntfs-3g, and Windows' API as Wine has it."""

import ctypes
import ctypes.util
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "win32"))
import wine_program  # noqa: E402

SKIP = 77


class Acledger:
    """`acledger sd ...`, a batch of lines at a time."""

    def __init__(self, command):
        self.command = shlex.split(command)

    def ask(self, arguments, lines):
        done = wine_program.run([*self.command, "sd", *arguments], input=("\n".join(lines) + "\n").encode("latin-1"))
        answers = done.stdout.splitlines()
        if done.returncode > 1 or len(answers) != len(lines):
            raise RuntimeError(f"acledger sd {arguments}: exit code {done.returncode}, {len(answers)} answers to "
                               f"{len(lines)} lines")
        return answers

    def ask_json(self, arguments, lines):
        return [json.loads(answer) for answer in self.ask([*arguments, "--json"], lines)]


class Wine:
    """wine_lines.exe: a conversation, a batch of lines at a time."""

    def __init__(self, command):
        self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, lines):
        answers = []
        # The answers to one piece fit into a pipe, so that neither side waits for the other to read.
        for start in range(0, len(lines), 64):
            piece = lines[start:start + 64]
            self.process.stdin.write("".join(line + "\n" for line in piece).encode("latin-1"))
            self.process.stdin.flush()
            answers += [self._answer() for _ in piece]
        return answers

    def _answer(self):
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("wine_lines ended early")
        return answer.decode("latin-1").rstrip("\r\n")


class Ntfs3g:
    """libntfs-3g's judgement of a descriptor's bytes, or None where the library is not there."""

    def __init__(self, library):
        self.valid = library.ntfs_valid_descr
        self.valid.argtypes = [ctypes.c_char_p, ctypes.c_uint]
        self.valid.restype = ctypes.c_int

    @staticmethod
    def load():
        name = ctypes.util.find_library("ntfs-3g")
        return Ntfs3g(ctypes.CDLL(name)) if name else None

    def accepts(self, raw):
        # It reads up to 64 KiB behind a length that it then refuses.
        return self.valid(raw + bytes(0x20000), len(raw)) != 0


def samba_or_skip():
    """The module samba.dcerpc.security; without it the program ends with the code that ctest takes for a skip."""
    try:
        from samba.dcerpc import security
        return security
    except ImportError as error:
        print(f"SKIPPED: python3-samba is not installed ({error}); nothing was compared")
        raise SystemExit(SKIP) from error
