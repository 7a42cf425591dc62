#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reads random SDDL with acledger, Samba and Wine, writes random descriptors with each and reads them with the others.

Exits with 1 at a difference that docs/differences.md does not explain, 77 if there is nothing to compare with.
"""

import argparse
import random
import re
import sys

from descriptors import Generator, descriptor_fields
from peers import Acledger, Wine, samba_or_skip
from report import Report, Rule, exit_code

BATCH = 10000
DOMAIN = "S-1-5-21-11-22-33"

ALIASES = ("WD CO CG OW NU IU SU AN ED PS AU RC SY LS NS WR UD AC AS SS LW ME MP HI SI BA BU BG PU AO SO PO BO RE RU RD NO "
           "MU LU IS CY ER CD RA ES MS HA AA RM").split()
DOMAIN_ALIASES = "RO LA LG DA DU DG DC DD CA SA EA PA CN AP KA EK RS".split()
SIDS = ["S-1-5-21-1-2-3-1001", "S-1-1-0", "S-1-5-32-545", "S-1-5-80-1-2-3-4-5", "S-1-15-3-1024-1-2-3", "S-1-16-12288",
        "S-1-0-0"]
RIGHTS = "FA FR FW FX GA GR GW GX RC SD WD WO CC DC LC SW RP WP DT LO CR KA KR KW KX".split()
KNOWN_TO_SAMBA = [right for right in RIGHTS if right != "FA" and right[0] != "K"]
FLAGS = "OI CI NP IO ID SA FA".split()
GUIDS = ["ab721a53-1e2f-11d0-9819-00aa0040529b", "BF967ABA-0DE6-11D0-A285-00AA003049E2"]


class TextGenerator:
    def __init__(self, rng):
        self.rng = rng

    def sid(self):
        draw = self.rng.random()
        return self.rng.choice(ALIASES if draw < 0.6 else SIDS if draw < 0.9 else DOMAIN_ALIASES)

    def rights(self):
        draw = self.rng.random()
        if draw < 0.5:
            symbols = RIGHTS if self.rng.random() < 0.1 else KNOWN_TO_SAMBA
            return "".join(self.rng.choice(symbols) for _ in range(self.rng.choice([1, 1, 2, 3])))
        number = self.rng.choice([0x1200A9, 0x1F01FF, 1, 0x80000000, 0xFFFFFFFF, self.rng.getrandbits(32)])
        return f"0x{number:x}" if draw < 0.9 else str(number) if draw < 0.92 else f"0{number:o}" if draw < 0.94 else ""

    def ace(self, types):
        kind = self.rng.choice(types)
        flags = "".join(self.rng.sample(FLAGS, self.rng.choice([0, 0, 1, 2, 2, 4])))
        guids = [self.rng.choice(["", *GUIDS]) for _ in range(2)] if kind.startswith("O") else ["", ""]
        return f"({kind};{flags};{self.rights()};{guids[0]};{guids[1]};{self.sid()})"

    def acl(self, tag, types):
        flags = self.rng.choice(["", "", "P", "AI", "PAI", "AR", "PARAI", "AIP"])
        if self.rng.random() < 0.02:
            return f"{tag}:{flags}NO_ACCESS_CONTROL"
        return f"{tag}:{flags}" + "".join(self.ace(types) for _ in range(self.rng.choice([0, 1, 1, 2, 3, 5])))

    def text(self):
        parts = [f"O:{self.sid()}" if self.rng.random() < 0.8 else "", f"G:{self.sid()}" if self.rng.random() < 0.7 else "",
                 self.acl("D", ["A", "A", "A", "D", "OA", "OD"]) if self.rng.random() < 0.9 else "",
                 self.acl("S", ["AU"] * 10 + ["OU"] * 4 + ["ML", "AL"]) if self.rng.random() < 0.3 else ""]
        if self.rng.random() < 0.1:
            self.rng.shuffle(parts)
        text = "".join(parts)
        return self.mutated(text) if self.rng.random() < 0.25 else text

    def mutated(self, text):
        at = self.rng.randrange(len(text) + 1)
        draw = self.rng.random()
        if draw < 0.3:
            return text[:at] + text[at + 1:]
        if draw < 0.6:
            return text[:at] + self.rng.choice("ADOGSP:;()-019x XZ_") + text[at:]
        if draw < 0.8:
            return text[:at] + self.rng.choice("ADOGSP:;()-019x XZ_") + text[at + 1:]
        return text[:at] if draw < 0.9 else text[:at] + text[at:].lower()


SID = rf"(?:{'|'.join(ALIASES + DOMAIN_ALIASES + ['HO'])}|S-1-(?:\d{{1,15}}|0x[0-9A-Fa-f]{{12}})(?:-\d{{1,10}})*)"
GUID = r"(?:[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})"
MASK = rf"(?:(?:{'|'.join(RIGHTS)}|NW|NR|NX)*|0x[0-9A-Fa-f]{{1,8}}|0[0-7]*|[1-9]\d{{0,9}})"
PLAIN = rf"(?:A|D|AU|AL|ML|SP|TL);(?:{'|'.join(FLAGS)}|TP|CR)*;{MASK};;"
OBJECT = rf"(?:OA|OD|OU|OL);(?:{'|'.join(FLAGS)}|TP|CR)*;{MASK};{GUID}?;{GUID}?"
ACL_TEXT = rf"(?:P|AR|AI)*(?:NO_ACCESS_CONTROL|(?:\((?:{PLAIN}|{OBJECT});{SID}\))*)"
# MS-DTYP 2.5.1.1 with the parts in any order, AL, OL, TL and NO_ACCESS_CONTROL of sddl.h, without conditions.
GRAMMAR = re.compile(rf"(?:[OG]:{SID}|[DS]:{ACL_TEXT})*")

PATTERNS = {
    "FA": re.compile(r"\([A-Z]+;[A-Z]*;(?:..)*?FA"),
    "rights of registry keys": re.compile(r"\([A-Z]+;[A-Z]*;(?:..)*?K[ARWX]"),
    "decimal or octal": re.compile(r"\([A-Z]+;[A-Z]*;\d[^x;]*;"),
    "NO_ACCESS_CONTROL": re.compile("NO_ACCESS"),
    "type of SACL": re.compile(r"\((?:ML|SP|TL);"),
    "critical flag": re.compile(r"\([A-Z]+;(?:..)*?CR"),
    "hex authority": re.compile("S-1-0x"),
    "flags without ACEs": re.compile("[DS]:(?:P|AI|AR)+[OGDS]:"),
    "flags of a SACL": re.compile("S:(?:P|AI|AR)"),
    "ACE without a type": re.compile(r"\(;"),
    "leading zero in a SID": re.compile(r"S-1-(?:\d+-)*0\d"),
    "large number": re.compile(r"\d{10}"),
    "alias HO": re.compile("[OG]:HO|;HO\\)"),
    "a part twice": re.compile(r"([OGDS]):.*\1:"),  # No ACE of the grammar that Wine is asked about has a colon.
    "hex mask of 0": re.compile(r";0x0+;"),
}


def facts_of(text):
    found = {name for name, pattern in PATTERNS.items() if pattern.search(text)}
    return found if GRAMMAR.fullmatch(text) else found | {"not in the grammar"}


# (theirs, ours)
LOOSER, STRICTER, OTHER = ("accepts", "refuse"), ("refuses", "accept"), ("other", "other")
SAMBA_RULES = [
    Rule("T1", OTHER, {"FA"}),
    Rule("T2", STRICTER, {"rights of registry keys", "type of SACL", "NO_ACCESS_CONTROL", "critical flag",
                          "hex authority", "alias HO"}),
    Rule("T2", OTHER, {"hex authority"}),
    Rule("T6", STRICTER, {"flags without ACEs"}),
    Rule("T7", OTHER, {"flags of an absent DACL"}),
    Rule("T3", OTHER, {"decimal or octal"}),
    Rule("T4", LOOSER, {"not in the grammar", "large number"}),
    Rule("T4", OTHER, {"not in the grammar"}),
    Rule("T10", OTHER, {"leading zero in a SID"}),
    Rule("T5", STRICTER, {"not in the grammar"}),
]
WINE_RULES = [
    Rule("T7", OTHER, {"flags of an absent DACL"}),
    Rule("T8", OTHER, {"flags of a SACL"}),
    Rule("T9", LOOSER, {"ACE without a type"}),
    Rule("T11", LOOSER, {"a part twice"}),
    Rule("T12", STRICTER, {"hex mask of 0"}),
    Rule("T13", LOOSER, {"large number"}),
]
# Wine 8 has no object ACEs, no hex authorities and fewer aliases, and writes past its own buffer at some texts that have
# them. It is asked about texts without them.
WINE_SID = (r"(?:WD|CO|CG|OW|NU|IU|SU|AN|ED|PS|AU|RC|SY|LS|NS|BA|BU|BG|PU|AO|SO|PO|BO|RE|RU|RD|NO|LW|ME|HI|SI|AC|"
            r"S-1-\d{1,9}(?:-\d{1,10})+)")
WINE_GRAMMAR = re.compile(rf"(?:[OG]:{WINE_SID}|[DS]:(?:P|AR|AI)*(?:\((?:A|D|AU|AL|ML);(?:{'|'.join(FLAGS)})*;{MASK};;;"
                          rf"{WINE_SID}\))*)*")
# It writes no flags of a SACL.
WINE_CONTROL = 0x1500


def comparable(raw, control_bits):
    """descriptor_fields() without the control bits of an ACL that is not there; a NULL DACL is the same as none."""
    owner, group, control, sacl, dacl = descriptor_fields(raw)
    sacl, null_dacl = None if sacl == "null" else sacl, dacl in (None, "null")
    control &= (0x1400 if null_dacl else 0x1500) | (0 if sacl is None else 0x2A00)
    return owner, group, control & control_bits, sacl, None if null_dacl else dacl


class Sddl:
    def __init__(self, options, security):
        from samba.ndr import ndr_pack, ndr_unpack
        self.security, self.ndr_pack, self.ndr_unpack = security, ndr_pack, ndr_unpack
        self.domain = security.dom_sid(DOMAIN)
        self.acledger = Acledger(options.acledger)
        self.wine = Wine(options.wine) if options.wine else None
        self.reports = {}

    def report(self, title):
        return self.reports.setdefault(title, Report(title))

    def ours(self, texts):
        answers = self.acledger.ask_json(["from-sddl", "--domain", DOMAIN], texts)
        return [bytes.fromhex(answer["descriptor"]) if "descriptor" in answer else None for answer in answers]

    def samba_reads(self, text):
        try:
            return self.ndr_pack(self.security.descriptor.from_sddl(text, self.domain))
        except (TypeError, ValueError):
            return None

    def wine_reads(self, texts):
        """`None` for what it refuses, `False` for what it is not asked."""
        asked = [text for text in texts if WINE_GRAMMAR.fullmatch(text)]
        answers = dict(zip(asked, self.wine.ask(["from-sddl " + text for text in asked])))
        return [False if text not in answers else None if answers[text].startswith("error")
                else bytes.fromhex(answers[text]) for text in texts]

    def compare(self, title, rules, text, ours, theirs, more_facts=frozenset()):
        """What two readers made of one text."""
        report = self.report(title)
        bits = WINE_CONTROL if rules is WINE_RULES else 0x3F00
        if theirs is False:
            return
        if ours is None or theirs is None:
            if ours is theirs:
                report.agree("refused by both")
            else:
                kind = ("accepts" if theirs else "refuses", "accept" if ours else "refuse")
                report.differ(rules, kind, facts_of(text), lambda: repr(text))
        elif comparable(ours, bits) == comparable(theirs, bits):
            report.agree("equal")
        else:
            report.differ(rules, OTHER, facts_of(text) | more_facts, lambda: f"{text!r} {theirs.hex()} / {ours.hex()}")

    def read_texts(self, texts):
        ours = self.ours(texts)
        for text, mine in zip(texts, ours):
            self.compare("reading SDDL, Samba", SAMBA_RULES, text, mine, self.samba_reads(text))
        if self.wine:
            for text, mine, theirs in zip(texts, ours, self.wine_reads(texts)):
                self.compare("reading SDDL, Wine", WINE_RULES, text, mine, theirs)

    def write_descriptors(self, raws):
        """Our text must mean the same to the others; their text must mean the same to us."""
        answers = self.acledger.ask_json(["to-sddl"], [raw.hex() for raw in raws])
        pairs = [(raw, answer["sddl"]) for raw, answer in zip(raws, answers) if "sddl" in answer]
        for raw, text in pairs:
            self.compare("SDDL of ours, read by Samba", SAMBA_RULES, text, raw, self.samba_reads(text))
        if self.wine:
            for (raw, text), theirs in zip(pairs, self.wine_reads([text for _, text in pairs])):
                self.compare("SDDL of ours, read by Wine", WINE_RULES, text, raw, theirs)
            known = [pair for pair in pairs if WINE_GRAMMAR.fullmatch(pair[1])]
            texts = self.wine.ask(["to-sddl " + raw.hex() for raw, _ in known])
            self.read_back("SDDL of Wine, read by us", WINE_RULES, known, texts)
        texts = [self.samba_writes(raw) for raw, _ in pairs]
        self.read_back("SDDL of Samba, read by us", SAMBA_RULES, pairs, texts)

    def samba_writes(self, raw):
        try:
            found = self.ndr_unpack(self.security.descriptor, raw, allow_remaining=True)
        except RuntimeError:
            return "error"  # What it refuses is the matter of parsing.py.
        # as_sddl() of 4.17 takes the process with it at a type or flag that it has no code for.
        if any(ace.type > 8 or ace.flags & 0x20 for acl in (found.dacl, found.sacl) if acl for ace in acl.aces):
            return "error"
        return found.as_sddl()

    def read_back(self, title, rules, pairs, texts):
        known = [(raw, text) for (raw, _), text in zip(pairs, texts) if ":" in text]
        for (raw, text), ours in zip(known, self.ours([text for _, text in known])):
            absent = descriptor_fields(raw)[4] in (None, "null") and descriptor_fields(raw)[2] & 0x1400
            self.compare(title, rules, text, ours, raw, {"flags of an absent DACL"} if absent else set())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acledger", required=True, help="the command acledger")
    parser.add_argument("--wine", help="the command that runs wine_lines.exe; without it Wine is left out")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sddl = Sddl(options, samba_or_skip())
    rng = random.Random(options.seed)
    texts, descriptors = TextGenerator(rng), Generator(rng)
    for start in range(0, options.cases, BATCH):
        count = min(BATCH, options.cases - start)
        # A line without a ':' is no SDDL to acledger.
        sddl.read_texts([text for text in (texts.text() for _ in range(count - count // 4)) if ":" in text])
        sddl.write_descriptors([descriptors.well_formed() for _ in range(count // 4)])
    return exit_code(sddl.reports.values())


if __name__ == "__main__":
    sys.exit(main())
