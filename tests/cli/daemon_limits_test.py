# SPDX-License-Identifier: MIT
"""What hostile and idle hours cost the daemon: memory by the kernel's high-water mark, wake-ups by its counters.

ACLEDGER_HOSTILE_MB: how long the endless line is (default 64; 1024 for the full size).
"""

import os
import socket
import threading
import time
import unittest

from daemon_case import DaemonCase

HOSTILE_MB = int(os.environ.get("ACLEDGER_HOSTILE_MB", "64"))
# Of one connection the server keeps at most a message and the answers that wait (daemon/server/options.h).
ALLOWED_MB = 48


class Hostile(DaemonCase):
    # A sanitizer keeps freed memory for a while: it would be counted.
    ENVIRONMENT = {"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}

    def memory(self, name):
        with open(f"/proc/{self.daemon.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) / 1024
        self.fail("no " + name)

    def harmless(self, attack):
        """Runs the attack in the background: others are served, and memory stays where it was."""
        self.start()
        friend = self.connect()
        for _ in range(200):
            self.call(friend, "version")
        before = self.memory("VmRSS")
        broken = []

        def run():
            try:
                self.quietly(attack)
            except Exception as error:  # A broken attack proves nothing.
                broken.append(error)

        attacker = threading.Thread(target=run, daemon=True)
        attacker.start()
        served = 0
        while attacker.is_alive() or served < 20:
            self.assertIn("result", self.call(friend, "version"))
            served += 1
        self.assertEqual(broken, [])
        self.assertIn("result", self.call(self.connect(), "version"))  # A new client is served too.
        self.assertLess(self.memory("VmHWM") - before, ALLOWED_MB)

    def test_an_endless_line(self):
        def attack():
            stream, chunk = self.connect(), b"x" * (1 << 20)
            for _ in range(HOSTILE_MB):
                stream.write(chunk)
                stream.flush()

        self.harmless(attack)

    def test_a_client_that_asks_and_never_reads(self):
        def attack():
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(3)
                client.connect(self.endpoint)
                for _ in range(2000):
                    client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * 100)

        self.harmless(attack)

    def test_many_clients_that_say_nothing(self):
        def attack():
            crowd = []
            for _ in range(500):
                self.quietly(lambda: crowd.append(self.connect()))
            time.sleep(1)

        self.harmless(attack)

    def test_subscribers_that_stall_while_it_works(self):
        def attack():
            for _ in range(20):
                self.call(self.connect(), "subscribe")
            self.provision("\\Users\\dev")

        self.harmless(attack)

    def test_deep_and_broad_documents(self):
        def attack():
            for text in (b"[" * 500_000, b'{"a":' * 100_000, b"[" + b"1," * 200_000 + b"1]",
                         b"[" + b'{"jsonrpc":"2.0","method":"version"},' * 20_000 + b"1]"):
                stream = self.connect()
                stream.write(text + b"\n")
                stream.flush()

        self.harmless(attack)


class Idle(DaemonCase):
    SECONDS = int(os.environ.get("ACLEDGER_IDLE_SECONDS", "6"))

    def wakeups_and_ticks(self):
        total, base = 0, f"/proc/{self.daemon.pid}/task"
        for thread in os.listdir(base):
            with open(f"{base}/{thread}/status", encoding="ascii") as status:
                total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches"))
        with open(f"/proc/{self.daemon.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return total, int(fields[11]) + int(fields[12])

    def test_sleeps_when_there_is_nothing_to_do(self):
        self.start()
        self.provision("\\work")
        time.sleep(2)  # What it does right after a job.
        wakeups, ticks = self.wakeups_and_ticks()
        time.sleep(self.SECONDS)
        after, ticks_after = self.wakeups_and_ticks()
        print(f"idle for {self.SECONDS} s: {after - wakeups} wake-ups, "
              f"{(ticks_after - ticks) * 1000 // os.sysconf('SC_CLK_TCK')} ms of processor time")
        self.assertLessEqual(after - wakeups, 2 * self.SECONDS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
