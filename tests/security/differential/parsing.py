#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Parses random descriptors with acledger, Samba, ntfs-3g and Wine, and compares who accepts what and what it finds.

Exits with 1 at a difference that docs/differences.md does not explain, 77 if there is nothing to compare with.
"""

import argparse
import random
import sys

from descriptors import ACE, OBJECT_TYPES, Generator, ace_fields, sid_text
from facts import facts_of
from peers import Acledger, Ntfs3g, Wine, samba_or_skip
from report import Report, Rule, exit_code
from sddl_text import SddlReader, same_sid

BATCH = 20000
FLAG_BITS = {"S": 0x2A00, "D": 0x1500}

# (theirs, ours)
LOOSER, STRICTER = ("accepts", "refuse"), ("refuses", "accept")
SAMBA_RULES = [
    Rule("P1", LOOSER, {"descriptor revision", "SID revision", "ACL revision"}),
    Rule("P2", LOOSER, {"not self-relative"}),
    Rule("P3", LOOSER, {"inside the header"}),
    Rule("P4", LOOSER, {"AclSize", "ACE outside the ACL", "AceSize"}),
    Rule("P5", STRICTER, {"ACE body", "callback object ACE that is not mask and SID"}),
    Rule("P6", STRICTER, {"ACL not present"}),
    Rule("P7", STRICTER, {"AceCount over 2000 or Sbz2"}),
    Rule("P8", STRICTER, {"unaligned"}),
    Rule("P8", LOOSER, {"unaligned"}),
    Rule("P8", ("fields", "fields"), {"unaligned"}),
]
NTFS3G_RULES = [
    Rule("P9", STRICTER, {"no owner or group"}),
    Rule("P10", STRICTER, {"bytes behind the SID", "object ACE", "ACE body", "SID of 0 or more than 8 sub-authorities",
                           "SID revision in an ACE"}),
    Rule("P11", STRICTER, {"ACL revision 3"}),
    Rule("P8", STRICTER, {"unaligned"}),
    Rule("P6", STRICTER, {"ACL not present"}),
    Rule("P2", LOOSER, {"not self-relative"}),
    Rule("P4", LOOSER, {"AclSize", "ACE outside the ACL", "AceSize"}),
    Rule("P12", LOOSER, {"SID cut off"}),  # deb12u3; deb12u4 refuses it too.
]
WINE_RULES = [
    Rule("P4", LOOSER, {"ACE outside the ACL", "ACE behind the end", "AceSize"}),
]


def samba_acl(acl, present):
    """As SddlReader gives ACLs."""
    if acl is None or not present:
        return "null" if present else None
    aces = []
    for ace in acl.aces:
        guids = ["", ""]
        if ace.type in OBJECT_TYPES:
            for bit, union in ((1, ace.object.type), (2, ace.object.inherited_type)):
                if ace.object.flags & bit:
                    guids[bit - 1] = str(union)
        aces.append((ace.type, ace.flags, ace.access_mask, *guids, same_sid(str(ace.trustee))))
    return aces


def samba_fields(found):
    control = found.type
    sid = lambda value: None if value is None else same_sid(str(value))
    return (sid(found.owner_sid), sid(found.group_sid), control & FLAG_BITS["S"],
            samba_acl(found.sacl, control & 0x10), control & FLAG_BITS["D"], samba_acl(found.dacl, control & 4))


def wine_acl(text):
    if text == "-":
        return None
    if text == "null":
        return "null"
    aces = [ace_fields(bytes.fromhex(ace)) for ace in text[1:-1].split(",") if ace]
    return [(*fields[:5], same_sid(fields[5])) for fields in aces]


def wine_fields(answer):
    owner, group, control, dacl, sacl = answer.split(" ")
    control = int.from_bytes(bytes.fromhex(control), "little")
    sid = lambda text: None if text == "-" else same_sid(sid_text(bytes.fromhex(text)))
    return (sid(owner), sid(group), control & FLAG_BITS["S"], wine_acl(sacl), control & FLAG_BITS["D"], wine_acl(dacl))


def comparable(fields):
    """Fields as both sides can tell them: flags only of ACLs that are written, SIDs in one spelling."""
    owner, group, sacl_flags, sacl, dacl_flags, dacl = fields
    if sacl is None:
        sacl_flags = 0
    if dacl is None:
        # A protected or auto-inherited DACL that is absent is written as a NULL one.
        dacl, dacl_flags = ("null", dacl_flags) if dacl_flags & 0x1400 else (None, 0)
    return owner, group, sacl_flags, sacl, dacl_flags, dacl


class Parsing:
    def __init__(self, options, security):
        from samba.ndr import ndr_unpack
        self.security, self.ndr_unpack = security, ndr_unpack
        self.acledger = Acledger(options.acledger)
        self.reader = SddlReader(security)
        self.ntfs3g = Ntfs3g.load()
        self.wine = Wine(options.wine) if options.wine else None
        self.reports = {"samba": Report("parsing, Samba"), "ntfs3g": Report("parsing, ntfs-3g"),
                        "wine": Report("parsing, Wine")}

    def batch(self, raws):
        texts = [raw.hex() for raw in raws]
        ours = self.acledger.ask_json(["to-sddl"], texts)
        for raw, answer in zip(raws, ours):
            self.judge("samba", SAMBA_RULES, raw, answer, *self.samba(raw))
            if self.ntfs3g:
                self.judge("ntfs3g", NTFS3G_RULES, raw, answer, self.ntfs3g.accepts(raw), None)
        if self.wine:
            for raw, answer, theirs in zip(raws, ours, self.wine.ask(["parse " + text for text in texts])):
                accepted = theirs != "invalid"
                self.judge("wine", WINE_RULES, raw, answer, accepted, lambda theirs=theirs: wine_fields(theirs))

    def samba(self, raw):
        try:
            found = self.ndr_unpack(self.security.descriptor, raw, allow_remaining=True)
        except Exception:  # RuntimeError of the NDR library, and whatever its bindings raise.
            return False, None
        return True, lambda: samba_fields(found)

    def judge(self, peer, rules, raw, ours, accepted, fields):
        report = self.reports[peer]
        accept = "sddl" in ours or ours["error"]["kind"] == "unsupported"
        if accepted != accept:
            verdicts = ("accepts" if accepted else "refuses", "accept" if accept else "refuse")
            report.differ(rules, verdicts, facts_of(raw), lambda: f"{raw.hex()} {ours}")
        elif not accept:
            report.agree("refused by both")
        elif fields is None or "sddl" not in ours:
            report.agree("accepted by both")
        else:
            self.compare(report, rules, raw, ours["sddl"], fields())

    def compare(self, report, rules, raw, text, theirs):
        mine, theirs = comparable(self.reader.read(text)), comparable(theirs)
        if mine == theirs:
            report.agree("accepted by both with equal fields")
        else:
            report.differ(rules, ("fields", "fields"), facts_of(raw), lambda: f"{raw.hex()}\n    {theirs}\n    {mine}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acledger", required=True, help="the command acledger")
    parser.add_argument("--wine", help="the command that runs wine_lines.exe; without it Wine is left out")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    parsing = Parsing(options, samba_or_skip())
    generator = Generator(random.Random(options.seed))
    for start in range(0, options.cases, BATCH):
        parsing.batch([generator.any() for _ in range(min(BATCH, options.cases - start))])
    return exit_code(parsing.reports.values())


if __name__ == "__main__":
    sys.exit(main())
