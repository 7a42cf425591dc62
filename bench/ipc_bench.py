#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How soon the daemon answers while it provisions: `coverage` beside `version`, which looks at nothing, in one run.

Four clients ask in turn over a Unix socket, from before the grant until the writer is done, on an NTFS image. Printed: the
number of answers, and the median and 99th percentile of each method in milliseconds; what is to be compared is their
ratio, since both suffer from the machine alike.

    bench/ipc_bench.py --build build/native [--files 460000] [--clients 4]
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time

PRINCIPAL = "S-1-9-77-4711"
METHODS = (("version", {}), ("coverage", {"path": "\\Users\\dev"}))


class Client:
    def __init__(self, endpoint):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(120)
            client.connect(endpoint)
            self.stream = client.makefile("rwb")

    def call(self, method, params):
        self.stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        self.stream.flush()
        return json.loads(self.stream.readline())


def connect(endpoint):
    for _ in range(500):
        try:
            return Client(endpoint)
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the daemon does not answer")


def ask(endpoint, done, times):
    client = Client(endpoint)
    while not done.is_set():
        for method, params in METHODS:
            start = time.perf_counter()
            client.call(method, params)
            times[method].append(time.perf_counter() - start)
        time.sleep(0.002)


def measure(endpoint, clients):
    control = connect(endpoint)
    times = {method: [] for method, _ in METHODS}
    done = threading.Event()
    threads = [threading.Thread(target=ask, args=(endpoint, done, times)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    start = time.perf_counter()
    control.call("grant", {"principal": PRINCIPAL, "roots": ["\\Users\\dev"]})
    answer = control.call("wait", {"path": "\\Users\\dev", "timeout_ms": 110000})
    seconds = time.perf_counter() - start
    done.set()
    for thread in threads:
        thread.join()
    return times, seconds, answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/native")
    parser.add_argument("--files", type=int, default=460000)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acledger-ipc-") as folder:
        image, endpoint = os.path.join(folder, "disk.img"), os.path.join(folder, "d.sock")
        subprocess.run([os.path.join(options.build, "tools/fixtures/make_ntfs_image"), image, "--files",
                        str(options.files)], check=True, stdout=subprocess.DEVNULL)
        daemon = subprocess.Popen([os.path.join(options.build, "daemon/acledgerd"), "--foreground", "--image", image,
                                   "--endpoint", endpoint], stderr=subprocess.DEVNULL)
        try:
            times, seconds, answer = measure(endpoint, options.clients)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
    counts = answer["result"]["coverage"][0] if "result" in answer else answer
    print(f"{counts.get('objects')} objects, {counts.get('covered')} covered, provisioned in {seconds:.1f} s "
          f"with {options.clients} clients asking")
    for method, values in times.items():
        p99 = statistics.quantiles(values, n=100)[98]
        print(f"{method:9} {len(values):7} answers, median {statistics.median(values) * 1000:.2f} ms, "
              f"p99 {p99 * 1000:.2f} ms")


if __name__ == "__main__":
    main()
