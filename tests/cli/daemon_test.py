# SPDX-License-Identifier: MIT
"""The daemon on an NTFS image: asked by the command line and by sockets, killed and started again."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

from daemon_case import VERDICTS, DaemonCase
from image_case import PRINCIPAL, program

class Daemon(DaemonCase):
    def test_does_what_the_command_does_by_itself(self):
        os.environ.pop("ACLEDGER_ENDPOINT")
        before = self.security_ids()
        plan = ["plan", "--principal", PRINCIPAL, "--root", "\\Users\\dev", "--root", "\\work", "--manual"]
        planned = self.json(*plan)
        alone = self.provision("\\Users\\dev", "\\work")
        replanned = self.json(*plan)
        granted = self.security_ids()
        verified_alone = self.json("verify")
        rolled_back_alone = self.json("rollback", "--all")
        os.environ["ACLEDGER_ENDPOINT"] = self.endpoint
        self.start()
        self.assertEqual(self.json(*plan), planned)
        through = self.provision("\\Users\\dev", "\\work")
        self.assertEqual([through[name] for name in VERDICTS + ["changes"]],
                         [alone[name] for name in VERDICTS + ["changes"]])
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.security_ids(), granted)
        self.start()
        self.assertEqual(self.provision("\\Users\\dev", "\\work")["changes"], 0)
        self.assertEqual(self.json(*plan), replanned)
        self.assertEqual(self.json("verify"), verified_alone)
        self.assertEqual(self.json("failures"), {"failures": []})
        self.assertEqual(self.json("rollback", "--all"), rolled_back_alone)
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.security_ids(), before)
        self.audit()

    def test_makes_the_index_of_a_volume_that_it_holds(self):
        alone = self.json("index", "--principal", PRINCIPAL, "--no-store")
        self.start()
        self.provision("\\work", extra=("--index", "always"))
        made = self.json("index")
        self.assertEqual((made["objects"], made["principal"]), (alone["objects"], PRINCIPAL))
        self.assertGreater(made["readable"], self.json("coverage", "\\work")["coverage"][0]["covered"])
        self.assertGreater(made["pages_written"], 2)
        again = self.json("index")
        self.assertEqual((again["pages_written"], again["pages_unchanged"]), (0, made["pages_written"]))
        self.assertNotIn("index", self.json("index", "--no-store"))
        # The file is read beside the daemon.
        self.assertTrue(self.json("find", "work", "--verdict", "readable")["found"])
        self.assertEqual(len(self.json("index", "--list")["indexes"]), 1)
        listed = self.call(self.connect(), "index", list=True)["result"]
        self.assertEqual(listed["indexes"][0]["objects"], made["objects"])
        self.acledger("index", "--principal", "nobody", expect=2)
        refused = self.call(self.connect(), "index", principal="nobody")
        self.assertEqual(refused["error"]["code"], -32602)
        self.assertEqual(self.call(self.connect(), "rollback", all=True, index="often")["error"]["code"], -32602)
        self.assertEqual(self.json("rollback", "--all", "--index", "never")["remaining"], 0)
        self.assertEqual(self.stop(), 0)

    def test_shows_how_far_the_index_is(self):
        self.start()
        stream = self.connect()
        number = self.call(stream, "index")["result"]["index"]
        told = []
        while not told or told[-1]["method"] != "indexed":
            told.append(json.loads(stream.readline()))
            self.assertEqual(told[-1]["params"]["index"], number)
        self.assertIn("reading", {one["params"].get("phase") for one in told[:-1]})
        self.assertGreater(told[-1]["params"]["result"]["objects"], 2500)

    def test_answers_four_clients_while_it_provisions(self):
        self.start()
        bad, asked = [], [0] * 4
        done = threading.Event()

        def ask(number):
            stream = self.connect()
            while not done.is_set():
                for method, params in (("status", {}), ("coverage", {"path": "\\Users\\dev"})):
                    answer = self.call(stream, method, **params)
                    asked[number] += 1
                    known = "result" in answer or answer["error"]["data"]["kind"] == "not found"
                    if not known or method == "status" and sum(
                            answer["result"][name] for name in VERDICTS) != answer["result"]["objects"]:
                        bad.append(answer)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        self.provision("\\Users\\dev", "\\work", "\\Program Files")
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(bad, [])
        self.assertTrue(all(asked), asked)

    def test_pauses_and_goes_on(self):
        self.start()
        stream = self.connect()
        self.call(stream, "pause")
        self.assertIn("result", self.call(stream, "grant", principal=PRINCIPAL, roots=["\\work"]))
        self.acledger("wait", "\\work", "--timeout", "1", expect=3)
        self.assertEqual(self.json("status")["covered"], 0)
        self.acledger("resume", expect=0)
        self.assertEqual(self.json("wait", "\\work")["coverage"][0]["pending"], 0)

    def test_shows_what_it_does_until_it_is_interrupted(self):
        self.start()
        watch = subprocess.Popen([program("acledger"), "status", "--watch", "--image", self.image, "--json"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        time.sleep(1)  # Until it has subscribed.
        self.provision("\\work")
        self.assertIn("method", json.loads(watch.stdout.readline()))
        watch.send_signal(signal.SIGINT)
        self.assertEqual(watch.wait(20), 0)

    def provision_by_a_paused_daemon(self):
        """A daemon that holds back what the returned command wants."""
        self.start()
        stream = self.connect()
        self.call(stream, "pause")
        command = [program("acledger"), "provision", "--image", self.image, "--principal", PRINCIPAL, "--root", "\\work"]
        following = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(following.stdout.close)
        self.addCleanup(following.stderr.close)
        self.addCleanup(following.kill)
        while not self.call(stream, "status")["result"]["queue"]:
            time.sleep(0.02)
        time.sleep(0.5)  # Until it follows.
        return stream, following

    def test_ends_who_follows_what_is_cancelled(self):
        stream, following = self.provision_by_a_paused_daemon()
        self.assertIn("result", self.call(stream, "cancel", root="\\work"))
        out, errors = following.communicate(timeout=60)
        self.assertEqual(following.returncode, 1, out + errors)
        self.assertIn("cancelled", errors)

    def test_goes_on_when_the_showing_is_interrupted(self):
        stream, following = self.provision_by_a_paused_daemon()
        following.send_signal(signal.SIGINT)
        out, errors = following.communicate(timeout=60)
        self.assertEqual(following.returncode, 1, out + errors)
        self.assertIn("the daemon goes on", errors)
        self.assertNotIn("run the same command again", errors)
        self.call(stream, "resume")
        self.assertEqual(self.json("wait", "\\work")["coverage"][0]["pending"], 0)

    def test_says_of_what_is_cancelled_half_way_that_it_is_not_decided(self):
        self.start()
        stream = self.connect()
        for _ in range(20):
            self.call(stream, "grant", principal=PRINCIPAL, roots=["\\Users\\dev"])
            while not self.call(stream, "coverage", path="\\Users\\dev").get("result"):
                pass
            self.call(stream, "cancel", root="\\Users\\dev")
            if not self.call(stream, "wait", path="\\Users\\dev")["result"]["decided"]:
                break
            self.json("rollback", "--all")
        waited = self.acledger("wait", "\\Users\\dev", "--timeout", "60", expect=1)
        self.assertIn("nobody is at work on it", waited.stderr)
        self.acledger("resume", "\\Users\\dev", expect=0)
        self.acledger("wait", "\\Users\\dev", "--timeout", "60", expect=0)

    def test_answers_who_waits_when_it_ends(self):
        self.start()
        stream = self.connect()
        self.call(stream, "pause")
        self.call(stream, "grant", principal=PRINCIPAL, roots=["\\work"])
        stream.write(b'{"jsonrpc":"2.0","id":7,"method":"wait","params":{"path":"\\\\work","timeout_ms":600000}}\n')
        stream.flush()
        time.sleep(0.3)
        self.daemon.send_signal(signal.SIGTERM)
        answer = json.loads(stream.readline())
        self.assertEqual(answer["id"], 7)
        self.assertIn("ending", answer["error"]["data"]["reason"])
        self.assertEqual(self.daemon.wait(60), 0)

    def test_is_asked_about_its_own_image_only(self):
        """The same words name another image in another folder."""
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        shutil.copy(self.image, other)
        self.start(image="disk.img", folder=self.folder)
        command = [program("acledger"), "status", "--image", "disk.img", "--json"]
        self.provision("\\work")
        here = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertIn('"queue"', here.stdout, "the daemon answers about its own image")
        rollback = [program("acledger"), "rollback", "--image", "disk.img", "--all", "--json"]
        subprocess.run(rollback, cwd=other, capture_output=True, text=True, timeout=60)
        self.assertEqual(len(self.json("status")["roots"]), 1)
        there = subprocess.run(command, cwd=other, capture_output=True, text=True, timeout=60)
        self.assertNotIn('"queue"', there.stdout)

    def test_is_the_only_one(self):
        self.start()
        second = subprocess.run([program("acledgerd"), "--foreground", "--image", self.image, "--endpoint",
                                 self.endpoint + "2"], capture_output=True, text=True, timeout=60)
        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn("another program has the volume open", second.stderr)

    def test_outlives_garbage_and_floods(self):
        self.start()
        garbage = self.connect()
        garbage.write(b"\x00\xff{]\n" + b"[" * 100000 + b"\n")
        garbage.flush()
        flood = self.connect()
        for _ in range(2000):
            flood.write(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n')
        threading.Thread(target=lambda: self.quietly(flood.flush), daemon=True).start()
        for _ in range(50):
            self.assertIn("result", self.call(self.connect(), "version"))


class Kill(DaemonCase):
    ROUNDS = int(os.environ.get("ACLEDGER_KILLS", "5"))

    def test_a_killed_daemon_goes_on_where_it_was(self):
        before = self.security_ids()
        self.start()
        begun = time.monotonic()
        undisturbed = self.provision("\\Users\\dev")
        takes = time.monotonic() - begun
        self.assertEqual(self.json("rollback", "--all")["remaining"], 0)
        hits = {"provision": 0, "rollback": 0}
        for i in range(self.ROUNDS):
            stream = self.connect()
            self.assertIn("result", self.call(stream, "grant", principal=PRINCIPAL, roots=["\\Users\\dev"]))
            time.sleep(takes * i / self.ROUNDS)
            self.stop(signal.SIGKILL)
            hits["provision"] += self.is_left_in("scanning", "planning", "applying")
            self.start()
            self.acledger("wait", "\\Users\\dev", "--timeout", "120", expect=0)
            status = self.json("status")
            self.assertEqual([status[name] for name in VERDICTS], [undisturbed[name] for name in VERDICTS])
            self.call(self.connect(), "rollback", all=True)
            time.sleep(takes * i / self.ROUNDS)
            self.stop(signal.SIGKILL)
            hits["rollback"] += self.is_left_in("rolling back")
            self.start()
            self.until_nothing_is_granted()
        self.assertEqual(self.stop(), 0)
        self.assertEqual(self.security_ids(), before)
        self.audit()
        print(f"of {self.ROUNDS} kills each, in the middle of work: {hits}")
        self.assertGreater(hits["provision"], 0)
        self.assertGreater(hits["rollback"], 0)

    def is_left_in(self, *states):
        """What the ledger says while no daemon runs."""
        return any(root["state"] in states for root in self.json("status")["roots"])

    def until_nothing_is_granted(self):
        for _ in range(3000):
            if not self.json("status")["roots"]:
                return
            time.sleep(0.02)
        self.fail("the rollback does not end")


if __name__ == "__main__":
    unittest.main(verbosity=2)
