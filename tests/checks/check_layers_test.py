#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check_layers must report each kind of bad sample, and nothing about a good one."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parent.parent.parent / "tools" / "check_layers"
SPDX = "// SPDX-License-Identifier: MIT\n"


def load_tool():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("check_layers", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_layers", loader))
    loader.exec_module(module)
    return module


def findings(files):
    """The messages about a tree that holds `files` (path: text)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode() if isinstance(text, str) else text)
        tool = load_tool()
        tool.tracked_files = lambda _: [pathlib.PurePosixPath(path) for path in files]  # git takes too long each time.
        return [f"{path}:{line}: {message}" for path, line, message in tool.check_tree(root)]


HEADERS = {f"{room}/x.h": SPDX for room in ("security", "security/win32", "store", "scanner", "scanner/win32", "daemon",
                                            "daemon/client", "daemon/rpc", "launcher", "setup", "tools", "tests", "bench")}


def including(path, *headers):
    text = SPDX + "".join(f"#include {header}\n" for header in headers)
    return findings(HEADERS | {path: text})


class CheckLayers(unittest.TestCase):
    def assertReports(self, found, *parts):
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_accepts_the_arrows_of_the_rooms(self):
        for path, header in (("store/a.cpp", "security/x.h"), ("scanner/a.cpp", "store/x.h"),
                             ("daemon/a.cpp", "scanner/x.h"), ("launcher/a.cpp", "daemon/client/x.h"),
                             ("tools/t/a.cpp", "scanner/x.h"), ("tests/s/a.cpp", "tools/x.h"),
                             ("scanner/win32/a.cpp", "security/win32/x.h"), ("daemon/a.cpp", "daemon/client/x.h"),
                             ("daemon/client/a.cpp", "daemon/rpc/x.h"), ("launcher/a.cpp", "daemon/rpc/x.h")):
            self.assertEqual(including(path, f'"{header}"'), [], path)

    def test_reports_an_arrow_that_is_not_there(self):
        for path, header in (("security/a.cpp", "store/x.h"), ("store/a.h", "scanner/x.h"),
                             ("scanner/a.cpp", "tools/x.h"), ("launcher/a.cpp", "daemon/x.h"),
                             ("launcher/a.cpp", "scanner/x.h"), ("daemon/client/a.cpp", "daemon/x.h"),
                             ("daemon/rpc/a.cpp", "daemon/x.h"), ("daemon/rpc/a.cpp", "store/x.h"),
                             ("setup/a.cpp", "scanner/x.h"), ("tools/a.cpp", "tests/x.h"), ("store/a.inc", "bench/x.h")):
            self.assertReports(including(path, f'"{header}"'), f"{path}:2:", "may not include")

    def test_reports_win32_in_portable_code(self):
        for header in ("<windows.h>", "<Windows.h>", "<winternl.h>", "<ntstatus.h>", "<sddl.h>", "<aclapi.h>"):
            self.assertReports(including("scanner/a.cpp", header), "win32")
            self.assertEqual(including("scanner/win32/a.cpp", header), [])
        self.assertReports(including("scanner/a.cpp", '"scanner/win32/x.h"'), "portable code")

    def test_reports_other_libraries_outside_their_folder(self):
        self.assertReports(including("store/a.cpp", "<sqlite3.h>"), "sqlite")
        self.assertReports(including("scanner/a.cpp", "<ntfs-3g/volume.h>"), "ntfs3g")
        self.assertReports(including("security/a.cpp", "<unistd.h>"), "posix")
        self.assertEqual(including("store/sqlite/a.cpp", "<sqlite3.h>", "<vector>"), [])

    def test_reports_a_source_outside_the_rooms_and_an_unknown_include(self):
        self.assertReports(findings({"lib/a.cpp": SPDX}), "outside the rooms")
        self.assertReports(including("store/a.cpp", '"ledger.h"'), "not a path")

    def test_reports_a_missing_licence_line(self):
        for path, text in (("store/a.cpp", "int x;\n"), ("tools/a.py", "pass\n"), ("tools/a", "#!/bin/bash\n:\n")):
            self.assertReports(findings({path: text}), "SPDX")
        self.assertEqual(findings({"tools/a": "#!/bin/bash\n# SPDX-License-Identifier: MIT\n", "notes.txt": "x\n"}), [])

    def test_reports_a_path_of_a_machine(self):
        for folder in ("work", "root", "home"):
            for text in (f"cd /{folder}/x", f'"/{folder}"', f"PATH=/bin:/{folder}/bin", f"see (/{folder})"):
                self.assertReports(findings({"notes.md": f"\n{text}\n"}), "notes.md:2:", "machine")
        for text in ("~/work/x", "$X/home/y", "src/work/", r"C:\work", "C:/work/x", "/workspace", "--root /Users"):
            self.assertEqual(findings({"notes.md": text + "\n"}), [], text)

    def test_reports_a_registry_host(self):
        for host in ("registry.npmjs" + ".org", "pypi" + ".org", "deb.debian" + ".org", "artifactory.x" + ".com"):
            self.assertReports(findings({"tools/fetch.lock": f"https://{host}/x\n"}), "registry")
        self.assertEqual(findings({"notes.md": "https://sqlite.org/uri.html\n"}), [])

    def test_reports_what_is_too_long(self):
        self.assertReports(findings({"store/a.cpp": SPDX + "\n" * 500}), "a.cpp:501:", "500 lines")
        self.assertReports(findings({"tools/t/main.cpp": SPDX + "\n" * 60}), "60 lines")
        self.assertEqual(findings({"store/a.cpp": SPDX + "\n" * 499}), [])

    def test_skips_what_is_no_text(self):
        self.assertEqual(findings({"tests/data.bin": b"\xff\xfe /" + b"home/x"}), [])

    def test_exits_with_1_where_a_tracked_file_is_bad(self):
        with tempfile.TemporaryDirectory() as root:
            pathlib.Path(root, "a.py").write_text("pass\n")
            pathlib.Path(root, "ignored.py").write_text("pass\n")
            pathlib.Path(root, ".gitignore").write_text("ignored.py\n")
            subprocess.run(["git", "-C", root, "init", "-q"], check=True)
            subprocess.run(["git", "-C", root, "add", "-A"], check=True)
            ran = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True)
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stdout.count("\n"), 1, ran.stdout)
        self.assertIn("a.py:1:", ran.stdout)


if __name__ == "__main__":
    unittest.main()
