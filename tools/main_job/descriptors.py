# SPDX-License-Identifier: MIT
"""Looks at security descriptors without any code of acledger: what is stored, and what an edit changed in it."""

import hashlib
import os
import struct
import subprocess

XATTR = "user.wine.sd"
SELF_RELATIVE = 0x8000
AUTO_INHERIT_REQ = 0x0300  # Asked for on writing (DACL, SACL), not part of the stored state.


def sid_bytes(text):
    """S-1-AUTHORITY-SUB..., as [MS-DTYP] 2.4.2.2 has it."""
    revision, authority, *subs = (int(part) for part in text.split("-")[1:])
    return bytes([revision, len(subs)]) + authority.to_bytes(6, "big") + b"".join(struct.pack("<I", s) for s in subs)


def _sid_at(raw, offset):
    return raw[offset:offset + 8 + 4 * raw[offset + 1]] if offset else None


def _acl(raw):
    if not raw:
        return None
    revision, _, _, count, _ = struct.unpack_from("<BBHHH", raw)
    aces, at = [], 8
    for _ in range(count):
        size = struct.unpack_from("<H", raw, at + 2)[0]
        if size < 4 or at + size > len(raw):
            raise ValueError("an ACE leaves its ACL")
        aces.append(raw[at:at + size])
        at += size
    return revision, aces


def parse_self_relative(raw):
    """(control, owner, group, SACL, DACL) of a self-relative descriptor; an ACL is (revision, [ACE bytes])."""
    try:
        _, _, control, owner, group, sacl, dacl = struct.unpack_from("<BBHIIII", raw)
        return (control & ~AUTO_INHERIT_REQ, _sid_at(raw, owner), _sid_at(raw, group), _acl(raw[sacl:] if sacl else b""),
                _acl(raw[dacl:] if dacl else b""))
    except (struct.error, IndexError) as error:
        raise ValueError(f"not a descriptor: {error}") from error


def parse_wine(raw):
    """The same of what wineserver stores: control and four lengths, then owner, group, SACL and DACL."""
    control, *lengths = struct.unpack_from("<5I", raw)
    parts, at = [], 20
    for length in lengths:
        parts.append(raw[at:at + length])
        at += length
    if at != len(raw):
        raise ValueError("not a descriptor of wineserver: its lengths do not add up")
    owner, group, sacl, dacl = parts
    return control & ~AUTO_INHERIT_REQ, owner, group, _acl(sacl), _acl(dacl)


def only_entries_added(old, new, sid):
    """True if `new` is `old` (both parsed) with ACEs of `sid` put in: everything else in its place, nothing moved."""
    if old[:4] != new[:4] or old[4] is None or new[4] is None or old[4][0] != new[4][0]:
        return False
    added = list(new[4][1])
    for ace in reversed(old[4][1]):
        # From the end, what was there keeps its order among what was added.
        while added and added[-1] != ace:
            if added.pop()[8:] != sid:
                return False
        if not added:
            return False
        added.pop()
    return all(ace[8:] == sid for ace in added)


class Comparison:
    """Judges pairs (before, after); equal pairs are judged once."""

    def __init__(self, sid_text, parse):
        self._parse = parse
        self._sid = sid_bytes(sid_text)
        self._known = {}
        self.unchanged = self.granted = 0
        self.wrong = []

    def add(self, name, before, after):
        if before == after:
            self.unchanged += 1
            return
        verdict = self._known.get((before, after))
        if verdict is None:
            verdict = self._known[before, after] = only_entries_added(
                self._parse(before), self._parse(after), self._sid)
        if verdict:
            self.granted += 1
        else:
            self.wrong.append(name)


def read_tree(top):
    """{path below top: bytes of its xattr or None} of everything in the folder, links not followed."""
    found = {}
    pending = [os.fsencode(top)]
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                if not entry.is_symlink():
                    found[entry.path[len(os.fsencode(top)) + 1:]] = _xattr(entry.path)
    return found


def _xattr(path):
    try:
        return os.getxattr(path, XATTR, follow_symlinks=False)
    except OSError:
        return None


def read_image(security_ids, image):
    """{inode: (line without the descriptor, descriptor bytes)} as tools/fixtures/security_ids prints it."""
    found, seen = {}, {}
    with subprocess.Popen([security_ids, "--descriptors", image], stdout=subprocess.PIPE, encoding="ascii") as process:
        for line in process.stdout:
            ids, _, text = line.rstrip("\n").rpartition(" ")
            # A few hundred distinct descriptors, not one for each of the files.
            found[int(line.partition(" ")[0])] = ids, seen.setdefault(text, text)
    if process.returncode != 0:
        raise ValueError(f"security_ids ends with exit code {process.returncode}: {image} is damaged")
    raw = {text: bytes.fromhex(text) for text in seen}
    return {inode: (ids, raw[text]) for inode, (ids, text) in found.items()}


def digest(snapshot):
    """One short text for a whole snapshot."""
    total = hashlib.sha256()
    for key in sorted(snapshot):
        total.update(repr((key, snapshot[key])).encode())
    return total.hexdigest()[:16]


def differences(one, other):
    """Keys whose values differ or that only one side has."""
    return [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
