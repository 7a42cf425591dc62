#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How soon the daemon answers, how soon it is ready, and what it costs at rest, on a large NTFS image.

One principal is provisioned; the daemon starts on that ledger (time until its first answer, descriptors written);
idles (processor time); and then writes the entries of a second principal while several clients ask `coverage`, an echo
over the same kind of socket, and `version`, which looks at nothing, in turn. Times mean nothing by themselves on a
shared machine: compare them with the echo's.

    bench/ipc_bench.py [--build build/native] [--files 1000000] [--clients 4] [--seconds 20] [--idle 60]
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

ROOTS = ["\\Users\\dev", "\\work", "\\Program Files"]


class Client:
    def __init__(self, endpoint):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(600)
            client.connect(endpoint)
            self.stream = client.makefile("rwb")

    def call(self, method, **params):
        self.stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        self.stream.flush()
        return json.loads(self.stream.readline())["result"]


def first_answer(endpoint):
    for _ in range(60_000):
        try:
            client = Client(endpoint)
            client.call("version")
            return client
        except OSError:
            time.sleep(0.001)
    raise SystemExit("the daemon does not answer")


def processor_ms(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


def wait_until_done(client):
    while client.call("status")["queue"]:
        time.sleep(0.2)


def measure(options, folder, program):
    image, endpoint, echo = (os.path.join(folder, name) for name in ("disk.img", "d.sock", "e.sock"))
    subprocess.run([program("tools/fixtures/make_ntfs_image"), image, "--files", str(options.files)], check=True,
                   stdout=subprocess.DEVNULL)
    start = time.perf_counter()
    first = [program("tools/acledger/acledger"), "provision", "--image", image, "--principal", "S-1-9-77-1", "--json"]
    for root in ROOTS:
        first += ["--root", root]
    status = json.loads(subprocess.run(first, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    print(f"{status['objects']} objects, {status['changes']} descriptors written, in {time.perf_counter() - start:.0f} s")

    start = time.perf_counter()
    daemon = subprocess.Popen([program("daemon/acledgerd"), "--foreground", "--image", image, "--endpoint",
                               endpoint], stderr=subprocess.DEVNULL)
    echoes = subprocess.Popen([program("bench/ipc_latency"), "--echo-server", echo])
    try:
        client = first_answer(endpoint)
        print(f"ready after {time.perf_counter() - start:.2f} s")
        client.call("subscribe")
        wait_until_done(client)
        before = client.call("status")
        assert all(root["state"] == "complete" for root in before["roots"]), before
        used = processor_ms(daemon.pid)
        time.sleep(options.idle)
        print(f"idle for {options.idle} s: {processor_ms(daemon.pid) - used} ms of processor time")
        for busy in (False, True):
            if busy:
                client = Client(endpoint)
                client.call("grant", principal="S-1-9-77-2", roots=ROOTS)
            done = subprocess.run([program("bench/ipc_latency"), "--daemon", endpoint, "--echo", echo, "--path",
                                   "\\Users\\dev\\projects", "--seconds", str(options.seconds), "--clients",
                                   str(options.clients)], check=True, stdout=subprocess.PIPE)
            told = json.loads(done.stdout)
            still = bool(client.call("status")["queue"])
            print("while it provisions" + ("" if still else " (ended before the measurement did)") if busy else "at rest")
            for name, one in told.items():
                print(f"  {name:9} {one['count']:7} answers, {one['refused']} refused, median {one['median_ms']:.3f} ms, "
                      f"p99 {one['p99_ms']:.3f} ms, most {one['max_ms']:.1f} ms")
            print(f"  coverage / echo, p99: {told['coverage']['p99_ms'] / told['echo']['p99_ms']:.2f}")
    finally:
        echoes.kill()
        echoes.wait()
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(120)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/native")
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--idle", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acledger-ipc-") as folder:
        measure(options, folder, lambda name: os.path.join(options.build, name))


if __name__ == "__main__":
    main()
