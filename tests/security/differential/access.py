#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks access of random tokens to random descriptors with acledger, Samba and Wine, and compares what is granted.

Exits with 1 at a difference that docs/differences.md does not explain, 77 if there is nothing to compare with.
"""

import argparse
import random
import struct
import sys

from descriptors import ACE, ACL, HEADER, SELF_RELATIVE, sid_bytes
from peers import Acledger, Wine, samba_or_skip
from report import Report, Rule, exit_code

CASES_A_TOKEN = 250

EVERYONE, AUTHENTICATED, INTERACTIVE, LOGON = "S-1-1-0", "S-1-5-11", "S-1-5-4", "S-1-5-5-0-0"
OWNER_RIGHTS = "S-1-3-4"
# In every token that Wine can make.
ALWAYS = [EVERYONE, AUTHENTICATED, INTERACTIVE, LOGON]
USERS = [f"S-1-5-21-1-2-3-{rid}" for rid in range(1001, 1005)]
GROUPS = ["S-1-5-32-544", "S-1-5-32-545", "S-1-5-32-551", "S-1-5-21-1-2-3-513", "S-1-5-21-1-2-3-2001", "S-1-5-113"]
OTHERS = ["S-1-3-0", OWNER_RIGHTS, "S-1-15-2-1", "S-1-5-18"]
CAPABILITIES = ["S-1-5-12", "S-1-5-21-9-9-9-1", "S-1-5-21-9-9-9-2"]
TRUSTEES = ALWAYS + USERS + GROUPS + OTHERS + CAPABILITIES

MAXIMUM_ALLOWED = 0x02000000
FILE_MAPPING = ((0x80000000, 0x120089), (0x40000000, 0x120116), (0x20000000, 0x1200A0), (0x10000000, 0x1F01FF))
# What a write-restricted token asks its restricting SIDs for: rights of the write mapping that are in neither the read nor
# the execute mapping, and the standard ones that change the object.
WRITE_RIGHTS = 0x120116 & ~(0x120089 | 0x1200A0) | 0x10000 | 0x40000 | 0x80000
MASKS = [0x1F01FF, 0x1200A9, 0x120089, 0x120116, 0x1301BF, 0x10000000, 0x20000000, 0x40000000, 0x80000000, 0xA0000000,
         0x1, 0x2, 0x20, 0x10000, 0x20000, 0x40000, 0x60000, 0x80000, 0x100000, 0x1F0000, 0x1FF, 0]


def mapped(mask):
    for generic, rights in FILE_MAPPING:
        if mask & generic:
            mask = mask & ~generic | rights
    return mask


class Token:
    def __init__(self, rng):
        self.user = rng.choice(USERS)
        self.groups = rng.sample(GROUPS, rng.randrange(4))
        self.deny_only = rng.sample(self.groups, 1) if self.groups and rng.random() < 0.15 else []
        self.restricting, self.write_restricted = [], False
        if rng.random() < 0.25:
            self.restricting = rng.sample(CAPABILITIES + USERS + GROUPS + ALWAYS, rng.randrange(1, 5))
            self.write_restricted = rng.random() < 0.5

    @property
    def enabled(self):
        # Without a group, Wine's token has Users as its primary group.
        groups = self.groups or ["S-1-5-32-545"]
        return [sid for sid in [self.user, *groups, *ALWAYS] if sid not in self.deny_only]

    def arguments(self, wanted):
        words = ["check", "--token", ",".join(self.enabled), "--access", hex(wanted), "--integrity", "0x4000"]
        for name, sids in (("--deny-only", self.deny_only), ("--restricting", self.restricting)):
            if sids:
                words += [name, ",".join(sids)]
        return words + (["--write-restricted"] if self.write_restricted else [])

    def wine_line(self):
        lists = [",".join(sids) or "-" for sids in (self.groups, self.deny_only, self.restricting)]
        return " ".join(["token", self.user, *lists, "write" if self.write_restricted else "all"])


class Case:
    """A descriptor; Samba's copy has its generic rights mapped, since Samba's check does not map them."""

    def __init__(self, rng):
        self.facts = set()
        draw = rng.random()
        owner = rng.choice(USERS + GROUPS + ALWAYS)
        aces = None
        if draw < 0.02:
            self.facts.add("DACL absent")
        elif draw < 0.04:
            self.facts.add("DACL null")
        else:
            aces = [self.ace(rng) for _ in range(rng.choice([0, 1, 2, 2, 3, 3, 4, 6]))]
        self.raw = self.pack(owner, aces, lambda mask: mask)
        self.mapped = self.pack(owner, aces, mapped)
        self.owner, self.aces = owner, [ace for ace in aces or [] if not ace[1] & 8]
        # Wine answers for these as its version has it: an error, or as if they were not there.
        self.for_wine = all(ace[0] <= 1 for ace in aces or [])

    def facts_for(self, token, wanted):
        found = set(self.facts)
        denied = {sid for kind, _, _, sid in self.aces if kind == 1}
        if any(kind > 1 for kind, _, _, _ in self.aces):
            found.add("object or callback ACE")
        if OWNER_RIGHTS in denied:
            denied.add(self.owner)
        if denied & set(token.deny_only):
            found.add("deny ACE of a deny-only SID")
        if wanted & MAXIMUM_ALLOWED:
            if "DACL null" in found:
                found.add("most rights of a NULL DACL")
            if denied & {*token.enabled, *token.deny_only, *token.restricting}:
                found.add("most rights with a deny ACE")
            if wanted != MAXIMUM_ALLOWED:
                found.add("most rights and others")
        if self.owner in token.enabled + token.restricting and any(ace[3] == OWNER_RIGHTS for ace in self.aces):
            found.add("OWNER RIGHTS for the owner")
        return found

    def ace(self, rng):
        kind = rng.choice([0, 0, 0, 1, 1]) if rng.random() < 0.98 else rng.choice([5, 6, 9, 10])
        flags = rng.choice([0, 0, 0x13, 0x10, 3, 0x0B, 0x08, 0x1B])
        sid = rng.choice(TRUSTEES)
        return kind, flags, rng.choice(MASKS), sid

    def pack(self, owner, aces, mapping):
        control, dacl = SELF_RELATIVE, b""
        if aces is not None:
            for kind, flags, mask, sid in aces:
                body = struct.pack("<I", mapping(mask)) + (bytes(4) if kind in (5, 6) else b"") + sid_bytes(sid)
                dacl += ACE.pack(kind, flags, 4 + len(body)) + body
            dacl = ACL.pack(4, 0, 8 + len(dacl), len(aces), 0) + dacl
        if "DACL absent" not in self.facts:
            control |= 4
        owner, group = sid_bytes(owner), sid_bytes("S-1-5-32-545")
        at = HEADER.size + len(dacl)
        return HEADER.pack(1, 0, control, at, at + len(owner), 0, HEADER.size if dacl else 0) + dacl + owner + group


class Samba:
    def __init__(self, security):
        from samba import NTSTATUSError
        from samba.ndr import ndr_unpack
        from samba.security import access_check
        self.security, self.ndr_unpack, self.access_check, self.denied = security, ndr_unpack, access_check, NTSTATUSError

    def token(self, sids):
        token = self.security.token()
        token.sids = [self.security.dom_sid(sid) for sid in sids]
        token.num_sids = len(sids)
        return token

    def once(self, descriptor, token, wanted):
        """The rights, or None."""
        try:
            return self.access_check(descriptor, token, wanted)
        except self.denied:
            return None

    def check(self, case, token, wanted):
        """Samba knows no restricted tokens: the second pass is composed here."""
        descriptor = self.ndr_unpack(self.security.descriptor, case.mapped)
        granted = self.once(descriptor, self.token(token.enabled), wanted)
        if granted is None or not token.restricting:
            return granted
        asked = WRITE_RIGHTS if token.write_restricted else 0xFFFFFFFF
        restricting = self.token(token.restricting)
        if wanted & MAXIMUM_ALLOWED:
            second = self.once(descriptor, restricting, MAXIMUM_ALLOWED) or 0
            granted &= second | ~asked
            return granted if wanted & ~MAXIMUM_ALLOWED & ~granted == 0 else None
        return granted if not wanted & asked or self.once(descriptor, restricting, wanted & asked) is not None else None


SAMBA_RULES = [
    Rule("A1", ("denied", "granted"), {"DACL absent"}),
    Rule("A1", ("less", "more"), {"DACL absent"}),
    Rule("A2", ("denied", "granted"), {"most rights of a NULL DACL"}),
    Rule("A2", ("less", "more"), {"most rights of a NULL DACL"}),
    Rule("A3", ("granted", "denied"), {"deny ACE of a deny-only SID"}),
    Rule("A3", ("more", "less"), {"deny ACE of a deny-only SID"}),
    Rule("A4", ("granted", "denied"), {"object or callback ACE"}),
    Rule("A4", ("more", "less"), {"object or callback ACE"}),
]
ANY = [("granted", "denied"), ("denied", "granted"), ("more", "less"), ("less", "more"), ("other", "other")]
WINE_RULES = [
    Rule("A3", ("granted", "denied"), {"deny ACE of a deny-only SID"}),
    Rule("A3", ("more", "less"), {"deny ACE of a deny-only SID"}),
    Rule("A3", ("other", "other"), {"deny ACE of a deny-only SID"}),  # With A5.
    Rule("A5", ("denied", "granted"), {"most rights with a deny ACE"}),
    Rule("A5", ("less", "more"), {"most rights with a deny ACE"}),
    Rule("A6", ("granted", "denied"), {"most rights and others"}),
    *[Rule("A7", verdicts, {"OWNER RIGHTS for the owner"}) for verdicts in ANY],
]


def verdict(granted):
    return "denied" if not granted else f"granted {granted:#x}"


def kind_of(theirs, ours):
    """(theirs, ours) without the masks; `less` and `more` where both grant."""
    if theirs == "denied" or ours == "denied":
        return theirs.split()[0], ours.split()[0]
    their_mask, our_mask = int(theirs.split()[1], 16), int(ours.split()[1], 16)
    if their_mask & ~our_mask and our_mask & ~their_mask:
        return "other", "other"
    return ("more", "less") if their_mask & ~our_mask else ("less", "more")


class Access:
    def __init__(self, options, security):
        self.samba = Samba(security)
        self.acledger = Acledger(options.acledger)
        self.wine = Wine(options.wine) if options.wine else None
        self.reports = {"samba": Report("access check, Samba"), "wine": Report("access check, Wine")}

    def batch(self, rng, count):
        token = Token(rng)
        wanted = rng.choice([MAXIMUM_ALLOWED] * 8 + [MAXIMUM_ALLOWED | 0x1] + [mask for mask in MASKS if mask])
        cases = [Case(rng) for _ in range(count)]
        ours = self.acledger.ask(token.arguments(wanted), [case.raw.hex() for case in cases])
        ours = [answer if answer.startswith("granted") else answer.split()[0] for answer in ours]
        for case, answer in zip(cases, ours):
            self.judge("samba", SAMBA_RULES, token, wanted, case, answer,
                       verdict(self.samba.check(case, token, mapped(wanted))))
        if self.wine:
            made = self.wine.ask([token.wine_line()])[0]
            if made != "ok":
                raise RuntimeError(f"Wine cannot make the token {token.wine_line()}: {made}")
            asked = [(case, answer) for case, answer in zip(cases, ours) if case.for_wine]
            theirs = self.wine.ask([f"check {wanted:x} {case.raw.hex()}" for case, _ in asked])
            for (case, answer), their in zip(asked, theirs):
                self.judge("wine", WINE_RULES, token, wanted, case, answer, their)

    def judge(self, peer, rules, token, wanted, case, ours, theirs):
        report = self.reports[peer]
        if ours == theirs:
            report.agree(ours.split()[0])
            return
        report.differ(rules, kind_of(theirs, ours), case.facts_for(token, wanted),
                      lambda: f"{theirs} / {ours} {' '.join(token.arguments(wanted))} <<< {case.raw.hex()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acledger", required=True, help="the command acledger")
    parser.add_argument("--wine", help="the command that runs wine_lines.exe; without it Wine is left out")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    access = Access(options, samba_or_skip())
    rng = random.Random(options.seed)
    for start in range(0, options.cases, CASES_A_TOKEN):
        access.batch(rng, min(CASES_A_TOKEN, options.cases - start))
    return exit_code(access.reports.values())


if __name__ == "__main__":
    sys.exit(main())
