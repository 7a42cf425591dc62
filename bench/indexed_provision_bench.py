#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Provision and rollback of an NTFS image by its tables ($MFT, $Secure) against the walk that opens every object.

The image is one where most is readable already (make_ntfs_image --readable). Each round works on fresh copies of it, the
ways in random order; one round to warm up. What counts is the median of the rounds' ratios, of the processor's time too:
on a machine that others use the clock says little. With --cold the image is put out of the system's cache before each
run.

    bench/indexed_provision_bench.py --build build/native [--files 400000] [--readable 95] [--root '\\Users\\dev']
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

WAYS = ("never", "always", "auto")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s: exit code %d: %s" % (command, done.returncode, done.stderr))
    return json.loads(done.stdout)


def copy(master, path):
    subprocess.run(["cp", "--sparse=always", master, path], check=True)
    subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["sync", path], check=True)


def cool(path):
    with open(path, "r+b") as image:
        os.fsync(image.fileno())
        os.posix_fadvise(image.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/native")
    parser.add_argument("--files", type=int, default=400000)
    parser.add_argument("--readable", type=int, default=95)
    parser.add_argument("--root", default="\\Users\\dev")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cold", action="store_true")
    options = parser.parse_args()
    bench = os.path.join(options.build, "bench/indexed_provision")
    maker = os.path.join(options.build, "tools/fixtures/make_ntfs_image")

    with tempfile.TemporaryDirectory(prefix="acledger-bench-") as folder:
        master, image = os.path.join(folder, "master.img"), os.path.join(folder, "disk.img")
        print("image:", run([maker, master, "--files", str(options.files), "--wide", "2000", "--seed", "1",
                             "--readable", str(options.readable)]), flush=True)
        ratios = {}
        for round_number in range(options.rounds + 1):
            told = {}
            for way in random.sample(WAYS, len(WAYS)):
                copy(master, image)
                for step, more in (("provision", []), ("rollback", ["--rollback"])):
                    if options.cold:
                        cool(image)
                    told[step, way] = run([bench, image, options.root, way, *more])
            for step in ("provision", "rollback"):
                walk = told[step, "never"]
                for way in WAYS[1:]:
                    one = told[step, way]
                    if any(one[name] != walk[name] for name in ("objects", "changes", "complete")):
                        sys.exit("another result: %s, %s" % (walk, one))
                    if round_number > 0:
                        for clock in ("seconds", "cpu_seconds"):
                            ratios.setdefault((step, way, clock), []).append(walk[clock] / one[clock])
            if round_number == 0:
                for key, one in told.items():
                    print("%s %s: %s" % (*key, one), flush=True)
        print("\nThe walk's time over the other way's: above 1, the tables are faster.")
        for (step, way, clock), values in sorted(ratios.items()):
            print("%-10s %-7s %-12s median %.2f  (min %.2f, max %.2f, %d rounds)"
                  % (step, way, clock, statistics.median(values), min(values), max(values), len(values)))


if __name__ == "__main__":
    main()
