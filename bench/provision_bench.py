#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Provisioning an NTFS image against the bare loop over libntfs-3g (walk, get, insert one ACE, set; no ledger).

Each round works on fresh copies of one image, contender and floor in random order; one warm-up; what counts is the
median of the per-round ratios. Absolute times say something about this machine at this moment only.

    bench/provision_bench.py --build build/native [--files 320000] [--rounds 7]
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

PRINCIPAL = "S-1-9-77-4711"
ROOT = "\\Users\\dev"


def timed(command):
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit("%s: exit code %d: %s" % (command, done.returncode, done.stderr))
    return seconds, done.stdout


def copy(master, path):
    for name in (path, path + ".acledger", path + ".acledger-wal", path + ".acledger-shm"):
        if os.path.exists(name):
            os.remove(name)
    subprocess.run(["cp", "--sparse=always", master, path], check=True)
    subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)  # Both start with a warm cache ...
    subprocess.run(["sync", path], check=True)                            # ... and with nothing left to write.


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/native")
    parser.add_argument("--files", type=int, default=460000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    tool = {name: os.path.join(options.build, path) for name, path in
            (("acledger", "tools/acledger/acledger"), ("image", "tools/fixtures/make_ntfs_image"),
             ("floor", "bench/floor_ntfs3g"))}

    with tempfile.TemporaryDirectory(prefix="acledger-bench-") as folder:
        master, image = os.path.join(folder, "master.img"), os.path.join(folder, "disk.img")
        _, made = timed([tool["image"], master, "--files", str(options.files), "--wide", "2000", "--seed", "1"])
        print("image:", made.strip())
        acledger = [tool["acledger"]]
        on_image = ["--image", image]

        def provision():
            seconds, out = timed(acledger + ["provision", *on_image, "--principal", PRINCIPAL, "--root", ROOT, "--json"])
            return seconds, json.loads(out)

        rows = {name: [] for name in ("provision / floor", "again / read-only floor", "rollback / provision")}
        for round_number in range(options.rounds + 1):
            floor = contender = None
            order = ["floor", "acledger"]
            random.shuffle(order)
            for who in order:
                copy(master, image)
                if who == "floor":
                    floor, text = timed([tool["floor"], image, ROOT.replace("\\", "/"), PRINCIPAL])
                else:
                    contender, report = provision()
            if order[-1] == "floor":
                copy(master, image)
                provision()
            again, second = provision()
            read_only, _ = timed([tool["floor"], image, ROOT.replace("\\", "/"), PRINCIPAL, "--read"])
            rolled, _ = timed(acledger + ["rollback", *on_image, "--all"])
            if second["changes"] != 0:
                sys.exit("the second run wrote %d descriptors" % second["changes"])
            if round_number == 0:
                print("floor:", text.strip())
                print("provision: %d objects, %d written" % (report["objects"], report["changes"]))
                continue  # Warm-up.
            rows["provision / floor"].append(contender / floor)
            rows["again / read-only floor"].append(again / read_only)
            rows["rollback / provision"].append(rolled / contender)
            print("round %d: floor %.2f s, provision %.2f s, again %.2f s, read-only floor %.2f s, rollback %.2f s"
                  % (round_number, floor, contender, again, read_only, rolled), flush=True)
        print()
        for name, ratios in rows.items():
            print("%-26s median %.2f  (min %.2f, max %.2f, %d rounds)"
                  % (name, statistics.median(ratios), min(ratios), max(ratios), len(ratios)))


if __name__ == "__main__":
    main()
