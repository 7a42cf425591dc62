# SPDX-License-Identifier: MIT
"""The main job of acledger on real input; tools/run sets the machine up and starts it."""

import argparse
import functools
import pathlib
import shutil
import sys

import image_job
import report
import wine_job

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Of the image, somewhat less than half needs an entry of ours: at least 200,000 objects do.
IMAGE_FILES = 480_000
# More than one batch of writes, so that a kill falls between what is recorded and what is done.
WINE_FILES = 20_000


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/run", description=__doc__)
    parser.add_argument("--only", choices=["image", "wine"], help="one of the two volumes")
    parser.add_argument("--files", type=int, metavar="N", help="objects to make on each volume "
                        f"(default: {IMAGE_FILES} in the image, {WINE_FILES} under Wine)")
    parser.add_argument("--keep", action="store_true", help="leave the volumes and ledgers in build/run")
    options = parser.parse_args(arguments)
    if options.files is not None and options.files < 1000:
        parser.error("--files: at least 1000")
    return options


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main(arguments):
    options = parse(arguments)
    work = ROOT / "build/run"
    results = report.Report()
    jobs = []
    if options.only != "image":
        jobs.append(("wine", functools.partial(
            wine_job.run, root=ROOT, folder=work / "wine", files=options.files or WINE_FILES)))
    if options.only != "wine":
        least = 200_000 if options.files is None else 1
        jobs.append(("image", functools.partial(
            image_job.run, build=ROOT / "build/native", folder=work / "image", files=options.files or IMAGE_FILES,
            least_granted=least)))
    for name, job in jobs:
        fresh(work / name)
        results.run(name, job)
        if not options.keep:
            shutil.rmtree(work / name, ignore_errors=True)
    results.print_table()
    if options.keep:
        print(f"The volumes and ledgers are in {work}.")
    return 0 if results.passed() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
