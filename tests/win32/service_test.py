#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""acledgerd as a Windows service: started, asked, paused, continued, reloaded, stopped, removed.

  service_test.py EMULATOR acledgerd.exe acledger.exe service_tool.exe

Runs natively, beside the Windows programs, on a tree of make_windows_tree. Needs Wine's services.exe.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import wine_program  # noqa: E402
import wine_sd  # noqa: E402

MAKE_TREE = os.path.join(ROOT, "tools", "fixtures", "make_windows_tree")
PREFIX = os.environ.get("WINEPREFIX", os.path.join(ROOT, ".cache", "wineprefix"))
DRIVE_C = os.path.join(PREFIX, "drive_c")
PRINCIPAL = "S-1-5-21-1789044512-2209385610-907413205-2001"
OBJECTS = os.environ.get("ACLEDGER_FILES", "3000")
STOPPED, RUNNING, PAUSED = 1, 4, 7
ACCEPTS_ALL = 0x1 | 0x2 | 0x4 | 0x80 | 0x100
EMULATOR, DAEMON, CLI, TOOL = sys.argv[1:5] if len(sys.argv) > 4 else [""] * 4


def run(*words, timeout=300):
    return wine_program.run([EMULATOR, *words], timeout=timeout, stdin=subprocess.DEVNULL)


def windows(path):
    return "C:\\" + os.path.relpath(path, DRIVE_C).replace("/", "\\")


class ServiceCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="acledger-service-", dir=DRIVE_C)
        self.addCleanup(shutil.rmtree, self.folder)
        subprocess.run([sys.executable, MAKE_TREE, "--drive", self.folder, "--objects", OBJECTS], check=True,
                       stdout=subprocess.DEVNULL)
        number = random.randrange(1 << 30)
        self.name = f"acledger-test-{number}"
        self.endpoint = f"\\\\.\\pipe\\acledger-test-{number}"
        self.state = os.path.join(self.folder, "state")  # Ledger, logs, configuration.
        os.mkdir(self.state)
        self.config = os.path.join(self.state, "acledger.toml")
        self.configure("")
        self.work, self.users = (windows(os.path.join(self.folder, one)) for one in ("work", "users/dev"))
        self.create()

    def configure(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("version = 1\n[daemon]\n" + text + "\n")

    def create(self):
        command = " ".join(f'"{word}"' for word in [
            windows_path(DAEMON), "--service", "--drive", "C", "--endpoint", self.endpoint, "--ledger",
            windows(os.path.join(self.state, "ledger.db")), "--config", windows(self.config)])
        self.tool("create", command)
        self.addCleanup(self.remove)

    def remove(self):
        if self.query()[0] != STOPPED:
            self.tool("stop")
            self.until(STOPPED)
        self.tool("delete")

    def tool(self, verb, *words, expect=0):
        done = run(TOOL, verb, self.name, *words)
        self.assertEqual(done.returncode, expect, f"{verb}: {done.stderr}")
        return done

    def query(self):
        return [int(word) for word in self.tool("query").stdout.split()]

    def until(self, state):
        for _ in range(1200):
            asked = run(TOOL, "query", self.name)  # On a busy machine Wine may fail to start a program, without a word.
            if asked.returncode == 0 and int(asked.stdout.split()[0]) == state:
                return
            time.sleep(0.05)
        self.fail(f"the service does not reach state {state}: {asked.returncode} {asked.stdout}{asked.stderr}; {self.log()}")

    def net(self, verb):
        done = run("net.exe", verb, self.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + self.log())
        self.until({"start": RUNNING, "stop": STOPPED}[verb])  # Wine's returns while it is still on its way.

    def log(self):
        try:
            with open(os.path.join(self.state, "logs", "acledgerd.log"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return "there is no log"

    def acledger(self, *words, expect=0):
        done = run(CLI, words[0], "--endpoint", self.endpoint, *words[1:])
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr + self.log())
        return done

    def json(self, *words):
        return json.loads(self.acledger(*words, "--json").stdout)

    def provision(self, root):
        return self.json("provision", "--principal", PRINCIPAL, "--root", root)

    def stored(self):
        return wine_sd.dump([os.path.join(self.folder, one) for one in ("work", "users")])


def windows_path(program):
    return "Z:" + os.path.abspath(program).replace("/", "\\")


class Service(ServiceCase):
    def test_does_the_main_job_while_four_clients_ask(self):
        before = self.stored()
        self.net("start")
        self.assertEqual(self.query(), [RUNNING, ACCEPTS_ALL, 0, 0])
        asked, bad, done = [0] * 4, [], threading.Event()

        def ask(number):
            while not done.is_set():
                answer = run(CLI, "status", "--endpoint", self.endpoint, "--json")
                asked[number] += 1
                if answer.returncode != 0:
                    bad.append((answer.returncode, answer.stdout, answer.stderr))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        report = self.provision(self.users)
        during = list(asked)
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(bad, [])
        self.assertTrue(all(during), during)
        self.assertGreater(report["covered"], 100, report)
        self.assertEqual(report["pending"], 0)
        self.assertNotEqual(self.stored(), before)
        print(f"\n{report['changes']} descriptors written while 4 clients asked {sum(during)} times")

        self.net("stop")
        self.assertEqual(self.query(), [STOPPED, 0, 0, 0])
        self.net("start")
        self.assertEqual(self.provision(self.users)["changes"], 0)
        rolled = self.json("rollback", "--all")
        self.assertEqual(rolled["remaining"], 0)
        self.net("stop")
        self.assertEqual(self.stored(), before)
        for line in ("serving", "ending", "ended"):
            self.assertIn(line, self.log())

    def test_pauses_and_continues(self):
        self.net("start")
        self.tool("pause")
        self.until(PAUSED)
        self.assertTrue(self.json("status")["paused"])
        follower = threading.Thread(target=run, args=(CLI, "provision", "--endpoint", self.endpoint, "--principal",
                                                      PRINCIPAL, "--root", self.work))
        follower.start()
        while not self.json("status")["queue"]:
            time.sleep(0.05)
        self.acledger("wait", self.work, "--timeout", "1", expect=3)
        self.assertEqual(self.json("status")["covered"], 0)
        self.tool("continue")
        self.until(RUNNING)
        self.assertEqual(self.json("wait", self.work, "--timeout", "120")["coverage"][0]["pending"], 0)
        follower.join()
        self.acledger("pause")
        self.until(PAUSED)
        self.acledger("resume")
        self.until(RUNNING)
        run(TOOL, "unknown", self.name)  # Wine does not pass the handler's answer on.
        self.tool("interrogate")
        self.assertEqual(self.query()[0], RUNNING)

    def test_is_the_only_one(self):
        self.net("start")
        second = run(DAEMON, "--foreground", "--ledger", windows(os.path.join(self.state, "ledger.db")), "--endpoint",
                     self.endpoint + "-2")
        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn("another acledger is writing this ledger", second.stderr)

    def test_reads_its_configuration_again(self):
        self.net("start")
        self.assertEqual(self.json("status")["speed"], "polite")
        self.configure("full_speed = true")
        self.acledger("reload")
        self.assertEqual(self.json("status")["speed"], "full")
        self.configure("full_speed = 7")
        refused = self.acledger("reload", expect=2)
        self.assertIn("acledger.toml:3: daemon.full_speed: true or false is wanted", refused.stderr.replace(":\n", ": "))
        self.assertEqual(self.json("status")["speed"], "full")

    def test_says_by_its_exit_code_why_it_does_not_start(self):
        self.configure("max_clients = 0")
        run("net.exe", "start", self.name)
        self.until(STOPPED)
        self.assertEqual(self.query()[2], 87)

    def test_is_started_by_the_manager_alone(self):
        alone = run(DAEMON, "--service")
        self.assertEqual(alone.returncode, 2, alone.stderr)
        self.assertIn("use --foreground", alone.stderr)


if __name__ == "__main__":
    if subprocess.run([EMULATOR, TOOL, "?"], stderr=subprocess.DEVNULL, check=False).returncode == 77:
        print("there is no patched Wine: nothing was run")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
