# SPDX-License-Identifier: MIT
"""What is peculiar about the bytes of a descriptor: the names on which docs/differences.md explains a divergence."""

from descriptors import ACE, ACL, DACL_PRESENT, HEADER, OBJECT_TYPES, SACL_PRESENT, SELF_RELATIVE

import struct


def facts_of(raw):
    found = set()
    if len(raw) < HEADER.size:
        return {"short"}
    revision, _, control, owner, group, sacl, dacl = HEADER.unpack_from(raw)
    if revision != 1:
        found.add("descriptor revision")
    if not control & SELF_RELATIVE:
        found.add("not self-relative")
    for offset in (owner, group, sacl, dacl):
        if offset % 4:
            found.add("unaligned")
        if 0 < offset < HEADER.size:
            found.add("inside the header")
    for offset in (owner, group):
        if offset == 0:
            found.add("no owner or group")
        else:
            _sid_facts(raw[offset:], found)
    for offset, bit in ((sacl, SACL_PRESENT), (dacl, DACL_PRESENT)):
        if offset and not control & bit:
            found.add("ACL not present")
        if offset:
            _acl_facts(raw[offset:], found)
        elif control & bit:
            found.add("NULL ACL")
    return found


def _sid_facts(raw, found):
    if len(raw) < 8 or len(raw) < 8 + 4 * raw[1]:
        found.add("SID cut off")
        return
    if raw[0] != 1:
        found.add("SID revision")
    if not 1 <= raw[1] <= 8:
        found.add("SID of 0 or more than 8 sub-authorities")


def _acl_facts(raw, found):
    if len(raw) < ACL.size:
        found.add("ACL cut off")
        return
    revision, _, size, count, sbz2 = ACL.unpack_from(raw)
    if not 2 <= revision <= 4:
        found.add("ACL revision")
    if revision == 3:
        found.add("ACL revision 3")
    if size < ACL.size or size > len(raw):
        found.add("AclSize")
    if count > 2000 or sbz2:
        found.add("AceCount over 2000 or Sbz2")
    at = ACL.size
    for _ in range(count):
        if at + ACE.size > len(raw):
            found.add("ACE behind the end")
            return
        kind, _, ace_size = ACE.unpack_from(raw, at)
        if ace_size < 4 or ace_size % 4:
            found.add("AceSize")
        if at + max(ace_size, 4) > size:
            found.add("ACE outside the ACL")
        _ace_facts(kind, raw[at:at + ace_size], found)
        if ace_size == 0:
            return
        at += ace_size
    if at != size:
        found.add("slack")


def _fits(ace, sid):
    """Whether a SID at this place lies within the ACE."""
    return len(ace) >= sid + 8 and ace[sid + 1] <= 15 and len(ace) >= sid + 8 + 4 * ace[sid + 1]


def _ace_facts(kind, ace, found):
    sid = 8
    if kind in OBJECT_TYPES:
        if len(ace) < 12:
            found.add("ACE body")
            return
        present = struct.unpack_from("<I", ace, 8)[0]
        sid = 12 + 16 * (present & 1) + 16 * (present >> 1 & 1)
        found.add("object ACE")
        if kind > 8 and not _fits(ace, 8):
            found.add("callback object ACE that is not mask and SID")
    if not _fits(ace, sid):
        found.add("ACE body")
        return
    if ace[sid] != 1:
        found.add("SID revision in an ACE")
    if not 1 <= ace[sid + 1] <= 8:
        found.add("SID of 0 or more than 8 sub-authorities")
    if len(ace) != sid + 8 + 4 * ace[sid + 1]:
        found.add("bytes behind the SID")
