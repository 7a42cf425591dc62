# SPDX-License-Identifier: MIT
"""What holds the daemon on Linux: systemd's notifications, signals, the configuration, the log."""

import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import time
import unittest

from image_case import PRINCIPAL, ImageCase, program

UNIT = os.path.join(os.path.dirname(__file__), "..", "..", "tools", "systemd", "acledgerd.service")


class HostCase(ImageCase):
    def setUp(self):
        super().setUp()
        # Short: a socket's path has 107 bytes.
        self.base = os.path.join("/tmp", f"acledger-{os.getpid()}-{random.randrange(1 << 30)}")
        self.endpoint = self.base + ".sock"
        self.config = os.path.join(self.folder, "acledger.toml")
        self.log = os.path.join(self.folder, "logs", "daemon.log")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(self.base + ".notify")
        self.manager.settimeout(60)
        self.daemon = None
        self.configure("")

    def tearDown(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        self.manager.close()
        for path in (self.endpoint, self.base + ".notify"):
            if os.path.exists(path):
                os.unlink(path)

    def configure(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("version = 1\n[daemon]\n" + text + "\n")

    def start(self):
        self.daemon = subprocess.Popen(
            [program("acledgerd"), "--foreground", "--image", self.image, "--endpoint", self.endpoint, "--config",
             self.config, "--log", self.log], env={**os.environ, "NOTIFY_SOCKET": self.base + ".notify"})
        self.assertEqual(self.told(), ["READY=1"])

    def told(self):
        """The next notification, as systemd would get it."""
        return self.manager.recv(4096).decode().split("\n")

    def ask(self, *words, expect=0):
        return self.acledger(words[0], "--endpoint", self.endpoint, *words[1:], expect=expect)

    def status(self):
        return self.json("status", "--endpoint", self.endpoint)

    def logged(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def await_log(self, text):
        for _ in range(3000):
            if text in self.logged():
                return
            time.sleep(0.02)
        self.fail(f"the log does not say {text!r}: {self.logged()}")


class Host(HostCase):
    def test_tells_systemd_when_it_is_ready_reloads_and_ends(self):
        self.start()
        self.daemon.send_signal(signal.SIGHUP)
        reloading = self.told()
        self.assertEqual(reloading[0], "RELOADING=1")
        self.assertRegex(reloading[1], r"^MONOTONIC_USEC=\d+$")
        self.assertEqual(self.told(), ["READY=1"])
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.told(), ["STOPPING=1"])
        self.assertEqual(self.daemon.wait(60), 0)

    def test_does_what_its_unit_file_says(self):
        with open(UNIT, encoding="utf-8") as file:
            lines = dict(line.strip().split("=", 1) for line in file if line.startswith("Exec"))
        folder = self.base + ".run"
        os.mkdir(folder)
        self.addCleanup(shutil.rmtree, folder)
        place = {"${ACLEDGER_IMAGE}": self.image, "%t/acledger/acledger.sock": folder + "/acledger.sock",
                 "/usr/bin/acledgerd": program("acledgerd"), "/usr/bin/acledger": program("acledger")}
        start, reload = ([place.get(word, word) for word in shlex.split(lines[name])]
                         for name in ("ExecStart", "ExecReload"))
        self.daemon = subprocess.Popen(start, stderr=subprocess.DEVNULL, env={
            **os.environ, "NOTIFY_SOCKET": self.base + ".notify", "RUNTIME_DIRECTORY": folder})
        self.assertEqual(self.told(), ["READY=1"])
        done = subprocess.run(reload, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.told()[0], "RELOADING=1")

    def test_serves_when_it_says_that_it_is_ready(self):
        self.start()
        self.assertEqual(self.status()["speed"], "polite")

    def test_follows_its_configuration(self):
        self.start()
        self.configure("full_speed = true\nmax_clients = 3")
        told = self.json("reload", "--endpoint", self.endpoint)
        self.assertEqual((told["config"], told["full_speed"], told["after_restart"]),
                         (self.config, True, ["max_clients"]))
        self.assertEqual(self.status()["speed"], "full")
        self.configure("")
        self.daemon.send_signal(signal.SIGHUP)
        for _ in range(3000):
            if self.status()["speed"] == "polite":
                return
            time.sleep(0.02)
        self.fail("it does not follow")

    def test_refuses_a_bad_configuration_and_keeps_the_old_one(self):
        self.configure("full_speed = true")
        self.start()
        self.configure("full_sped = false")
        refused = self.ask("reload", expect=2)
        self.assertIn(self.config + ":3: unknown key 'full_sped'; did you mean 'full_speed'?", refused.stderr)
        self.assertEqual(self.status()["speed"], "full")
        self.daemon.send_signal(signal.SIGHUP)
        self.await_log("everything stays as it was")
        self.assertEqual(self.status()["speed"], "full")

    def test_does_not_start_with_a_bad_configuration(self):
        self.configure("max_clients = 'many'")
        done = subprocess.run([program("acledgerd"), "--foreground", "--image", self.image, "--endpoint",
                               self.endpoint, "--config", self.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("acledger.toml:3: daemon.max_clients: a number between 1 and 4096 is wanted", done.stderr)

    def test_writes_down_as_much_as_it_is_told(self):
        self.configure("log_level = 'error'")
        self.start()
        self.json("provision", "--principal", PRINCIPAL, "--root", "\\work", "--endpoint", self.endpoint)
        self.assertNotIn("descriptors written", self.logged())
        self.assertIn("serving", self.logged())
        self.configure("log_level = 'info'")
        self.ask("reload")
        self.json("rollback", "--all", "--endpoint", self.endpoint)
        self.assertIn("rollback", self.logged())

    def test_serves_no_more_clients_than_it_is_told(self):
        self.configure("max_clients = 1")
        self.start()
        first = socket.socket(socket.AF_UNIX)
        self.addCleanup(first.close)
        first.connect(self.endpoint)
        first.sendall(b'{"jsonrpc":"2.0","id":1,"method":"version"}\n')
        first.recv(1)
        second = self.acledger("status", "--endpoint", self.endpoint)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn("too many clients", second.stderr)

    def test_is_no_windows_service_here(self):
        done = subprocess.run([program("acledgerd"), "--service"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("use --foreground", done.stderr)

    def test_runs_in_one_way(self):
        for words in ([], ["--foreground", "--service"]):
            done = subprocess.run([program("acledgerd"), *words], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
