# SPDX-License-Identifier: MIT
"""Starts a Windows program under Wine, by tools/wine/run.

On a busy machine Wine may fail to start a program without a word, with exit code 1: seen once in 1,700 starts, ten at a
time. Our programs always say why they fail, so a silent 1 is taken for that, told, and tried once more.
"""
import subprocess
import sys
import tempfile


def run(words, **options):
    """As subprocess.run() with both outputs captured; by files, since what Wine starts beside a program (its desktop)
    may hold a pipe open long after the program has ended."""
    for is_last in (False, True):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            done = subprocess.run(words, stdout=out, stderr=err, check=False, **options)
            for name, file in (("stdout", out), ("stderr", err)):
                file.seek(0)
                setattr(done, name, file.read().decode(errors="replace"))
        if is_last or done.returncode != 1 or done.stdout or done.stderr:
            return done
        sys.stderr.write("Wine did not start %s: once more\n" % words[1])
