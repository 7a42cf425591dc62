#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How soon the daemon answers, how soon it is ready, and what it costs at rest, on a ledger of a million objects.

One principal is provisioned; the daemon starts on that ledger (time until its first answer; descriptors written until
it has nothing left to do); idles (processor time); and then provisions a second principal, while several clients ask
`coverage`, an echo over the same kind of socket or pipe, and `version`, which looks at nothing, in turn. It is measured
at rest, while the writer commits what it scans, and while it commits what it writes; the writer's progress is told
with each. Times mean nothing by themselves on a shared machine: compare them with the echo's.

    bench/ipc_bench.py            the native daemon on an NTFS image: some minutes
    bench/ipc_bench.py --wine     acledgerd.exe under tools/wine, on as many real files: a quarter of an hour, 4 GB of disk
"""

import argparse
import os
import random
import statistics
import tempfile
import time

import ipc_stage


def wait_until_done(stage):
    while stage.ask("status")["queue"]:
        time.sleep(1)


def of_principal(status, principal):
    """The sum of its roots: (seen, covered, pending)."""
    roots = [root for root in status["roots"] if root["principal"] == principal]
    return tuple(sum(root[name] for root in roots) for name in ("objects", "covered", "pending"))


def prepare(stage, options):
    if os.path.exists(stage.ledger):
        return
    begun = time.monotonic()
    stage.make(options.files)
    made = time.monotonic()
    done = stage.provision(stage.principals % 1)
    print(f"{options.files} files made in {made - begun:.0f} s; {done['changes']} descriptors written in "
          f"{time.monotonic() - made:.0f} s")


def converged_start(stage, options):
    before = stage.changes()
    stage.start_echo()
    seconds = stage.start_daemon(*(["--full-speed"] if options.full_speed else []))
    print(f"first answer {seconds:.2f} s after the start", flush=True)
    begun = time.monotonic()
    wait_until_done(stage)
    status = stage.ask("status")
    assert all(root["state"] == "complete" for root in status["roots"]), status
    print(f"{status['objects']} objects in the ledger, {stage.changes() - before} descriptors written by the start, "
          f"nothing left to do after {time.monotonic() - begun:.0f} s")
    used = stage.processor_ms()
    time.sleep(options.idle)
    print(f"idle for {options.idle:.0f} s: {stage.processor_ms() - used} ms of processor time")


def wait_for_growth(stage, principal, which):
    """Until the sum at this place of of_principal() grows; False if the writer has nothing left to do."""
    begun = of_principal(stage.ask("status"), principal)[which]
    while True:
        status = stage.ask("status")
        if of_principal(status, principal)[which] > begun:
            return True
        if not status["queue"]:
            return False


def measure(stage, options, what, principal=None, which=None):
    ratios = []
    for _ in range(options.repeat):
        if principal and not wait_for_growth(stage, principal, which):
            print(f"{what}: the writer ended before")
            break
        before = of_principal(stage.ask("status"), principal)
        told = stage.latency(options.seconds, options.clients)
        after = stage.ask("status")
        seen, covered, _ = (b - a for a, b in zip(before, of_principal(after, principal)))
        print(f"{what}: {seen} objects seen and {covered} entries written meanwhile, load {os.getloadavg()[0]:.1f}"
              + ("" if after["queue"] or not principal else " (the writer ended meanwhile)"))
        for name, one in told.items():
            print(f"  {name:9} {one['count']:7} answers, {one['refused']} refused, median {one['median_ms']:.3f} ms, "
                  f"p99 {one['p99_ms']:.3f} ms, most {one['max_ms']:.1f} ms")
        ratios.append(told["coverage"]["p99_ms"] / told["echo"]["p99_ms"])
    if ratios:
        print(f"  coverage / echo, p99: {statistics.median(ratios):.2f} (of {', '.join(f'{r:.2f}' for r in ratios)})",
              flush=True)


def busy(stage, options):
    principal = stage.principals % random.randrange(1000, 1 << 30)
    stage.ask("grant", principal=principal, roots=stage.roots)
    measure(stage, options, "while it scans", principal, 0)
    measure(stage, options, "while it writes entries", principal, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wine", action="store_true")
    parser.add_argument("--build", help="default: build/native, with --wine build/windows")
    parser.add_argument("--files", type=int, help="default: so many that a million lie in the grants")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, help="of a measurement; default: 2, with --wine 10")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--full-speed", action="store_true", help="the writer does not give way to others' load")
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--folder", help="to keep volume and ledger in, and to use them again")
    options = parser.parse_args()
    options.seconds = options.seconds or (10 if options.wine else 2)
    options.files = options.files or (1_000_000 if options.wine else 1_200_000)
    with tempfile.TemporaryDirectory(prefix="acledger-ipc-") as temporary:
        stage = (ipc_stage.WineStage if options.wine else ipc_stage.ImageStage)(options.folder or temporary, options.build)
        try:
            prepare(stage, options)
            converged_start(stage, options)
            measure(stage, options, "at rest")
            busy(stage, options)
        finally:
            stage.stop()


if __name__ == "__main__":
    main()
