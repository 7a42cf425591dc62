# SPDX-License-Identifier: MIT
"""A daemon on an NTFS image of its own."""

import json
import os
import random
import signal
import socket
import subprocess
import time

from image_case import ImageCase, program

VERDICTS = ["readable", "covered", "pending", "denied", "skipped", "drifted", "failed", "unknown"]


class DaemonCase(ImageCase):
    ENVIRONMENT = {}

    def setUp(self):
        super().setUp()
        # Short: a socket's path has 107 bytes.
        self.endpoint = os.path.join("/tmp", f"acledger-{os.getpid()}-{random.randrange(1 << 30)}.sock")
        os.environ["ACLEDGER_ENDPOINT"] = self.endpoint
        self.daemon = None

    def tearDown(self):
        self.stop(signal.SIGKILL)
        if os.path.exists(self.endpoint):
            os.unlink(self.endpoint)
        os.environ.pop("ACLEDGER_ENDPOINT")

    def start(self, wait=True, image=None, folder=None, more=()):
        self.daemon = subprocess.Popen([program("acledgerd"), "--foreground", "--image", image or self.image,
                                        "--endpoint", self.endpoint, *more],
                                       stderr=subprocess.DEVNULL, cwd=folder,
                                       env=os.environ | self.ENVIRONMENT)
        for _ in range(600):
            if not wait or self.answers():
                return
            self.assertIsNone(self.daemon.poll(), "the daemon ended")
            time.sleep(0.02)
        self.fail("the daemon does not answer")

    def stop(self, how=signal.SIGTERM):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(how)
        code = self.daemon.wait(60) if self.daemon else None
        self.daemon = None
        return code

    def connect(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(self.endpoint)
            stream = client.makefile("rwb")  # Keeps the connection.
        self.addCleanup(self.quietly, stream.close)
        return stream

    @staticmethod
    def quietly(action):
        try:
            action()
        except OSError:
            pass  # The daemon may have closed, or ended, before.

    def answers(self):
        try:
            return "result" in self.call(self.connect(), "version")
        except OSError:
            return False

    @staticmethod
    def call(stream, method, **params):
        stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        stream.flush()
        return json.loads(stream.readline())
