# SPDX-License-Identifier: MIT
"""Random security descriptors: well-formed, nearly so, and damaged; and what can be seen in their bytes.

The layout comes from MS-DTYP 2.4 alone, so that nothing here is shared with the code under test.
"""

import struct

HEADER = struct.Struct("<BBHIIII")  # revision, sbz1, control, owner, group, sacl, dacl
ACL = struct.Struct("<BBHHH")       # revision, sbz1, size, count, sbz2
ACE = struct.Struct("<BBH")         # type, flags, size

DACL_PRESENT, SACL_PRESENT, SELF_RELATIVE = 0x0004, 0x0010, 0x8000
OBJECT_TYPES = {0x05, 0x06, 0x07, 0x08, 0x0B, 0x0C, 0x0F, 0x10}
KNOWN_TYPES = set(range(0x16))

SIDS = ["S-1-1-0", "S-1-2-0", "S-1-3-0", "S-1-3-1", "S-1-3-4", "S-1-5-4", "S-1-5-11", "S-1-5-18", "S-1-5-32-544",
        "S-1-5-32-545", "S-1-5-113", "S-1-15-2-1", "S-1-16-12288", "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-513",
        "S-1-5-21-3623811015-3361044348-30300820-1013", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"]
MASKS = [0x1F01FF, 0x1200A9, 0x120089, 0x120116, 0x1301BF, 0x10000000, 0x20000000, 0x40000000, 0x80000000, 0xE0010000,
         0x1, 0x20000, 0x40000, 0x10000, 0, 0xFFFFFFFF, 0x2000000]


def sid_bytes(text):
    words = text.split("-")
    authority = int(words[2], 0)
    subs = [int(word) for word in words[3:]]
    return bytes([1, len(subs)]) + authority.to_bytes(6, "big") + struct.pack(f"<{len(subs)}I", *subs)


def sid_text(raw):
    """The text of the SID at the front of `raw`."""
    subs = struct.unpack_from(f"<{raw[1]}I", raw, 8)
    authority = int.from_bytes(raw[2:8], "big")
    return "-".join(["S", str(raw[0]), str(authority) if authority < 2**32 else f"0x{authority:012x}", *map(str, subs)])


SID_BYTES = [sid_bytes(sid) for sid in SIDS]


def guid_text(raw):
    a, b, c = struct.unpack_from("<IHH", raw)
    return f"{a:08x}-{b:04x}-{c:04x}-{raw[8:10].hex()}-{raw[10:16].hex()}"


def ace_fields(ace):
    """(type, flags, mask, object GUID, inherited object GUID, SID, rest) of a well-formed ACE of a known type."""
    kind, flags, _ = ACE.unpack_from(ace)
    mask, at, guids = struct.unpack_from("<I", ace, 4)[0], 8, ["", ""]
    if kind in OBJECT_TYPES:
        present, at = struct.unpack_from("<I", ace, 8)[0], 12
        for bit in (0, 1):
            if present & (1 << bit):
                guids[bit] = guid_text(ace[at:at + 16])
                at += 16
    end = at + 8 + 4 * ace[at + 1]
    return kind, flags, mask, *guids, sid_text(ace[at:end]), ace[end:]


def descriptor_fields(raw):
    """(owner, group, control bits that SDDL has, SACL, DACL) of a well-formed descriptor; ACLs as None, "null" or ACEs."""
    _, _, control, *offsets = HEADER.unpack_from(raw)
    sids = [raw[at:at + 8 + 4 * raw[at + 1]] if at else None for at in offsets[:2]]
    acls = [_acl_fields(raw, at, control & bit) for at, bit in zip(offsets[2:], (SACL_PRESENT, DACL_PRESENT))]
    return (*sids, control & 0x3F00, *acls)


def _acl_fields(raw, offset, present):
    if not present:
        return None
    if not offset:
        return "null"
    count, at, aces = ACL.unpack_from(raw, offset)[3], offset + ACL.size, []
    for _ in range(count):
        size = ACE.unpack_from(raw, at)[2]
        aces.append(raw[at:at + size])
        at += size
    return aces


class Generator:
    """Random descriptors; equal seeds give equal descriptors."""

    def __init__(self, random):
        self.random = random

    def sid(self):
        if self.random.random() < 0.85:
            return self.random.choice(SID_BYTES)
        count = self.random.choice([0, 1, 1, 2, 5, 8, 15])
        authority = self.random.choice([0, 5, 5, 16, 2**32 - 1, 2**32, 2**48 - 1])
        return bytes([1, count]) + authority.to_bytes(6, "big") + self.random.randbytes(4 * count)

    def mask(self):
        return self.random.choice(MASKS) if self.random.random() < 0.8 else self.random.getrandbits(32)

    def ace(self):
        draw = self.random.random()
        kind = (self.random.randrange(2) if draw < 0.6 else self.random.choice([2, 3, 5, 6, 7, 0x11]) if draw < 0.9
                else self.random.randrange(0x16) if draw < 0.97 else self.random.randrange(256))
        flags = self.random.choice([0, 3, 0x13, 0x10, 0x0B, 0x1B, 0x40, self.random.randrange(256)])
        body = struct.pack("<I", self.mask())
        if kind in OBJECT_TYPES:
            present = self.random.randrange(4)
            body += struct.pack("<I", present) + self.random.randbytes(16 * (present & 1) + 16 * (present >> 1))
        body += self.sid()
        if kind not in KNOWN_TYPES and self.random.random() < 0.5:
            body = self.random.randbytes(4 * self.random.randrange(8))
        if kind in (9, 10, 0x0B, 0x0C, 0x0D, 0x12) or self.random.random() < 0.01:
            body += self.random.randbytes(4 * self.random.randrange(4))
        return ACE.pack(kind, flags, 4 + len(body)) + body

    def acl(self):
        aces = [self.ace() for _ in range(self.random.choice([0, 1, 2, 2, 3, 4, 7]))]
        slack = self.random.randbytes(4 * self.random.randrange(3)) if self.random.random() < 0.05 else b""
        body = b"".join(aces) + slack
        revision = self.random.choice([2, 2, 2, 4, 4, 3]) if self.random.random() < 0.97 else self.random.randrange(8)
        return ACL.pack(revision, 0, 8 + len(body), len(aces), 0) + body

    def well_formed(self):
        parts = [self.sid() if self.random.random() < 0.9 else b"", self.sid() if self.random.random() < 0.9 else b"",
                 self.acl() if self.random.random() < 0.4 else b"", self.acl() if self.random.random() < 0.9 else b""]
        control = SELF_RELATIVE | self.random.choice([0, 0, 0x0400, 0x1000, 0x1400, self.random.getrandbits(14)])
        control &= ~(DACL_PRESENT | SACL_PRESENT)
        control |= (SACL_PRESENT if parts[2] else 0) | (DACL_PRESENT if parts[3] else 0)
        if self.random.random() < 0.05:
            control |= self.random.choice([DACL_PRESENT, SACL_PRESENT])  # NULL where there is none
        offsets, body = [0, 0, 0, 0], b""
        for index in self.random.sample(range(4), 4):
            if parts[index]:
                if self.random.random() < 0.02:
                    body += self.random.randbytes(4)
                offsets[index] = HEADER.size + len(body)
                body += parts[index]
        return HEADER.pack(1, 0, control, *offsets) + body

    def damaged(self):
        """A well-formed one with one to three changes, most of them in fields that say how long or where something is."""
        raw = bytearray(self.well_formed())
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            self._damage(raw)
        return bytes(raw)

    def _damage(self, raw):
        draw = self.random.random()
        if draw < 0.15:
            del raw[self.random.randrange(len(raw) + 1):]
        elif draw < 0.25:
            raw += self.random.randbytes(self.random.randrange(1, 12))
        elif draw < 0.55 and len(raw) >= HEADER.size:
            at = self.random.choice([4, 8, 12, 16])
            value = self.random.choice([0, 1, 4, 19, 20, 21, 22, 24, len(raw) - 8, len(raw) - 4, len(raw), len(raw) + 4,
                                        2**31, 2**32 - 4, 2**32 - 1, self.random.randrange(len(raw))])
            struct.pack_into("<I", raw, at, max(value, 0))
        elif draw < 0.65 and len(raw) >= HEADER.size:
            at = self.random.choice([0, 1, 2, 3])
            raw[at] = self.random.choice([0, 1, 2, 0x80, 0x84, 0x94, 0xFF, raw[at] ^ (1 << self.random.randrange(8))])
        elif raw:
            self._damage_fields(raw)

    def _damage_fields(self, raw):
        if len(raw) > 24 and self.random.random() < 0.7:
            at = self.random.randrange(20, len(raw) - 1) & ~1
            value = self.random.choice([0, 1, 2, 3, 4, 7, 8, 16, 20, 24, 28, 2000, 2001, 0xFFFC, 0xFFFF])
            struct.pack_into("<H", raw, min(at, len(raw) - 2), value)
        else:
            at = self.random.randrange(len(raw))
            raw[at] = self.random.choice([0, 1, 2, 15, 16, 255, raw[at] ^ (1 << self.random.randrange(8))])

    def any(self):
        draw = self.random.random()
        if draw < 0.5:
            return self.well_formed()
        if draw < 0.97:
            return self.damaged()
        return self.random.randbytes(self.random.choice([0, 1, 19, 20, 21, 28, 60, 200]))
