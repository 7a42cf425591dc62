# SPDX-License-Identifier: MIT
"""Files that are deleted between the grant and the rollback, on an NTFS image; and one grant of several."""

import os
import unittest

from daemon_case import DaemonCase
from image_case import PRINCIPAL, ImageCase
from ntfs_delete import delete

OTHER = "S-1-9-77-4712"


class Deleting:
    def delete_one(self):
        """Grants \\work and deletes a file there that carried an entry of ours; its path."""
        plan = self.json("plan", "--principal", PRINCIPAL, "--root", "\\work", "--examples", "500")
        files = [path for path in plan["examples"] if not path.endswith(" folder")]
        self.provision("\\work")
        folder, name = files[-1].rsplit("\\", 1)
        delete(self.image, folder.replace("\\", "/"), name)
        return files[-1]


class Tombstones(Deleting, ImageCase):
    def test_a_deleted_file_is_told_and_kept_until_it_is_given_up(self):
        path = self.delete_one()
        rolled = self.json("rollback", "--all")
        self.assertEqual((rolled["missing"], rolled["failed"], rolled["remaining"]), (1, 0, 0))
        self.assertTrue(rolled["complete"])
        self.assertEqual(self.json("status")["tombstones"], {"missing": 1, "unreachable": 0, "dismissed": 0})
        self.assertIn("1 that are gone", self.acledger("status", expect=0).stdout)
        stone = self.json("failures", "--tombstones")["tombstones"][0]
        self.assertEqual((stone["path"], stone["state"]), (path, "missing"))
        self.assertIn("missing, failing since 2", self.acledger("failures", "--tombstones", expect=0).stdout)
        # It is looked for, and nothing else happens.
        ids = self.security_ids()
        again = self.json("rollback", "--all")
        self.assertEqual((again["missing"], again["scanned"], again["writes"]), (1, 0, 0))
        self.assertEqual(self.security_ids(), ids)

        given_up = self.acledger("ledger", "dismiss", "--image", self.image, "--id", stone["id"], "--json",
                                 image=False, expect=0)
        self.assertIn(stone["id"], given_up.stdout)
        self.assertEqual(self.json("status")["tombstones"], {"missing": 0, "unreachable": 0, "dismissed": 1})
        self.assertEqual(self.json("failures", "--tombstones")["tombstones"], [])
        dismissed = self.json("failures", "--dismissed")["dismissed"][0]
        self.assertEqual((dismissed["path"], dismissed["dismissed_by"]), (path, str(os.getuid())))
        self.assertEqual(self.json("verify")["orphans"], 0)
        self.audit()

    def test_says_what_can_be_given_up(self):
        self.provision("\\work")
        dismiss = ["ledger", "dismiss", "--image", self.image]
        self.acledger(*dismiss, image=False, expect=2)
        self.acledger(*dismiss, "--id", "nonsense", image=False, expect=2)
        self.acledger(*dismiss, "\\work", "--all-missing", image=False, expect=2)
        nothing = self.acledger(*dismiss, "\\work", image=False, expect=3)
        self.assertIn("nothing failed there", nothing.stderr)
        none = self.acledger(*dismiss, "--all-missing", image=False, expect=0)
        self.assertIn("0 given up", none.stdout)

    def test_all_that_is_missing_is_given_up_at_once(self):
        path = self.delete_one()
        self.json("rollback", "--all")
        done = self.acledger("ledger", "dismiss", "--image", self.image, "--all-missing", image=False, expect=0)
        self.assertIn("given up: " + path, done.stdout)

    def test_revoke_takes_one_principals_grant_back(self):
        before = self.security_ids()
        self.provision("\\work")
        alone = self.security_ids()
        self.json("provision", "--principal", OTHER, "--root", "\\work")
        self.acledger("revoke", "S-1-9-77-9", "\\work", expect=3)
        revoked = self.json("revoke", OTHER, "\\work")
        self.assertTrue(revoked["complete"])
        self.assertEqual(self.security_ids(), alone)
        self.assertEqual([root["principal"] for root in self.json("status")["roots"]], [PRINCIPAL])
        self.acledger("revoke", PRINCIPAL, "\\work", "--mask", "0x1", expect=3)
        self.json("revoke", PRINCIPAL, "\\WORK", "--mask", "0x1200A9")
        self.assertEqual(self.security_ids(), before)


class TombstonesByDaemon(Deleting, DaemonCase):
    def test_does_what_the_commands_do_by_themselves(self):
        path = self.delete_one()
        self.start()
        rolled = self.json("rollback", "--all")
        self.assertEqual((rolled["missing"], rolled["failed"], rolled["complete"]), (1, 0, True))
        self.assertEqual(self.json("rollback", "--all")["missing"], 1)
        stone = self.json("failures", "--tombstones")["tombstones"][0]
        self.assertEqual((stone["path"], stone["state"]), (path, "missing"))
        refused = self.acledger("ledger", "dismiss", "--image", self.image, "\\work", image=False, expect=3)
        self.assertIn("nothing failed there", refused.stderr)
        done = self.acledger("ledger", "dismiss", "--image", self.image, path, image=False, expect=0)
        self.assertIn("1 given up", done.stdout)
        self.assertEqual(self.json("failures", "--dismissed")["dismissed"][0]["id"], stone["id"])
        self.json("provision", "--principal", PRINCIPAL, "--root", "\\work")
        self.json("provision", "--principal", OTHER, "--root", "\\work")
        self.json("revoke", OTHER, "\\work")
        self.assertEqual([root["principal"] for root in self.json("status")["roots"]], [PRINCIPAL])


if __name__ == "__main__":
    unittest.main()
