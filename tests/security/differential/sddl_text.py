# SPDX-License-Identifier: MIT
"""A reader of the SDDL that `acledger sd to-sddl` writes, for comparisons; its aliases come from Samba."""

import functools
import re
import string

TYPES = {"A": 0, "D": 1, "AU": 2, "AL": 3, "OA": 5, "OD": 6, "OU": 7, "OL": 8, "ML": 0x11, "SP": 0x13, "TL": 0x14}
FLAGS = {"OI": 1, "CI": 2, "NP": 4, "IO": 8, "ID": 0x10, "CR": 0x20, "SA": 0x40, "FA": 0x80}
RIGHTS = {"FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0, "GA": 1 << 28, "GX": 1 << 29, "GW": 1 << 30,
          "GR": 1 << 31, "RC": 1 << 17, "SD": 1 << 16, "WD": 1 << 18, "WO": 1 << 19, "CC": 1, "DC": 2, "LC": 4, "SW": 8,
          "RP": 16, "WP": 32, "DT": 64, "LO": 128, "CR": 256, "KA": 0xF003F, "KR": 0x20019, "KW": 0x20006, "NW": 1,
          "NR": 2, "NX": 4}
CONTROL = {"D": {"P": 0x1000, "AR": 0x0100, "AI": 0x0400}, "S": {"P": 0x2000, "AR": 0x0200, "AI": 0x0800}}

OWNER = re.compile(r"([OG]):(S-[0-9a-fx-]+|[A-Z]{2})")
SID = re.compile(r"S-1-|[A-Z]{2}")
ACL = re.compile(r"([DS]):((?:P|AR|AI)*)(NO_ACCESS_CONTROL)?((?:\([^)]*\))*)")


@functools.cache
def same_sid(text):
    """One spelling for each SID: Samba and Windows disagree from which authority on it is written in hex."""
    words = text.split("-")
    return tuple([int(words[1])] + [int(word, 0) for word in words[2:]])


class SddlReader:
    def __init__(self, security):
        # Samba 4.17 does not know HO.
        self.aliases = {"HO": "S-1-5-32-584"}
        domain = security.dom_sid("S-1-5-21-1-2-3")
        for code in (a + b for a in string.ascii_uppercase for b in string.ascii_uppercase):
            try:
                sid = str(security.descriptor.from_sddl("O:" + code, domain).owner_sid)
            except (TypeError, ValueError):
                continue
            if not sid.startswith("S-1-5-21-"):
                self.aliases[code] = sid

    def read(self, text):
        """(owner, group, sacl flags, sacl, dacl flags, dacl): SIDs as text, ACLs as None, "null" or a list of ACEs."""
        owners, at = {}, 0
        while match := OWNER.match(text, at):
            owners[match[1]] = self.sid(match[2])
            at = match.end()
        acls = {}
        while match := ACL.match(text, at):
            flags = sum(CONTROL[match[1]][flag] for flag in re.findall("P|AR|AI", match[2]))
            aces = "null" if match[3] else [self.ace(ace.split(";")) for ace in re.findall(r"\(([^)]*)\)", match[4])]
            acls[match[1]] = (flags, aces)
            at = match.end()
        if at != len(text):
            raise ValueError(f"not understood from {at}: {text}")
        return owners.get("O"), owners.get("G"), *acls.get("S", (0, None)), *acls.get("D", (0, None))

    def ace(self, fields):
        kind, flags, rights, guid, inherited_guid, sid = fields
        return (TYPES[kind], sum(FLAGS[flag] for flag in re.findall("..", flags)), self.rights(rights), guid,
                inherited_guid, self.sid(sid))

    @staticmethod
    def rights(text):
        if text.startswith("0x"):
            return int(text, 16)
        return sum(RIGHTS[right] for right in re.findall("..", text))

    def sid(self, text):
        return same_sid(text if text.startswith("S-") else self.aliases[text])
