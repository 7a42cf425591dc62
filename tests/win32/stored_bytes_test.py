#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what acledger's live volume reads and writes with the bytes that Wine has stored, object by object.

  stored_bytes_test.py EMULATOR descriptor_tool.exe

Runs natively, beside the Windows program, on a tree of make_windows_tree in which every kind of descriptor occurs.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import wine_sd  # noqa: E402

MAKE_TREE = os.path.join(ROOT, "tools", "fixtures", "make_windows_tree")
PREFIX = os.environ.get("WINEPREFIX", os.path.join(ROOT, ".cache", "wineprefix"))
DRIVE_C = os.path.join(PREFIX, "drive_c")
OURS = struct.pack("<BBHI", 0, 0, 36, 0x1200A9) + bytes([1, 5, 0, 0, 0, 0, 0, 5]) + struct.pack("<5I", 21, 1, 2, 3, 1001)


class Tool:
    def __init__(self, emulator, program):
        self.process = subprocess.Popen([emulator, program, "C:"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command, path, *more):
        windows_path = "\\" + os.path.relpath(path, DRIVE_C).replace("/", "\\")
        line = "%s %s" % (command, "\t".join([windows_path, *more]))
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().strip()
        if not answer:
            sys.exit(self.process.wait() or "the program ended at: " + line)
        if answer.startswith("error"):
            raise AssertionError("%s: %s" % (line[:200], answer))
        return answer

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def with_our_entry(descriptor):
    """The self-relative descriptor with one more entry at the end of its DACL, in Wine's layout (the DACL comes last)."""
    at = struct.unpack_from("<I", descriptor, 16)[0]
    revision, pad, size, count, pad2 = struct.unpack_from("<BBHHH", descriptor, at)
    assert at + size == len(descriptor)
    header = struct.pack("<BBHHH", revision, pad, size + len(OURS), count + 1, pad2)
    return descriptor[:at] + header + descriptor[at + 8:] + OURS


def check_object(tool, path):
    """Read, write, write back; what is stored must be as expected after each."""
    stored = os.getxattr(path, wine_sd.XATTR)
    descriptor = wine_sd.to_self_relative(stored)
    assert wine_sd.from_self_relative(descriptor) == stored, path
    assert tool.ask("read", path) == descriptor.hex(), "read %s" % path
    if struct.unpack_from("<I", descriptor, 16)[0]:
        changed = with_our_entry(descriptor)
        tool.ask("write", path, changed.hex())
        assert os.getxattr(path, wine_sd.XATTR) == wine_sd.from_self_relative(changed), "write %s" % path
    tool.ask("write", path, descriptor.hex())
    assert os.getxattr(path, wine_sd.XATTR) == stored, "write back %s" % path


def main():
    emulator, program = sys.argv[1:]
    subprocess.run([emulator, program, "?"], stderr=subprocess.DEVNULL, check=False)  # Makes the prefix.
    if not os.path.isdir(DRIVE_C):
        print("no Wine prefix at %s: nothing was run" % PREFIX)
        return 77
    drive = tempfile.mkdtemp(prefix="acledger-test-", dir=DRIVE_C)
    try:
        subprocess.run([sys.executable, MAKE_TREE, "--drive", drive, "--objects", "600", "--odd", "8"], check=True,
                       stdout=subprocess.DEVNULL)
        before = wine_sd.dump([drive])
        tool = Tool(emulator, program)
        paths = [path for path in wine_sd.walk(drive) if wine_sd.get(path) != "-"]
        for path in paths:
            check_object(tool, path)
        tool.ask("probe", os.path.join(drive, "work"))
        assert tool.close() == 0
        assert wine_sd.dump([drive]) == before
        assert len(paths) >= 600, len(paths)
        print("%d objects, %d distinct descriptors: read, written and written back as stored" %
              (len(paths), len({line.split("\t")[0] for line in before})))
    finally:
        shutil.rmtree(drive)
    return 0


if __name__ == "__main__":
    sys.exit(main())
