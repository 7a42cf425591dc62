#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An independent look at what the patched Wine stores: extended attribute user.wine.sd <-> self-relative descriptor.

  wine_sd.py get PATH...       "hex<TAB>path" of each; "-" where nothing is stored
  wine_sd.py dump FOLDER...    the same for everything below, sorted by path; symbolic links are not followed
  wine_sd.py set PATH HEX      stores a self-relative descriptor
  wine_sd.py parse             reads the attribute's bytes as hex, one a line (getfattr -e hex), writes the descriptor's
  wine_sd.py compare A B       two dumps: prints what differs; exit code 1 if anything does

Wine's own format (server/protocol.def, struct security_descriptor): five 32-bit words, control and the lengths of
owner, group, SACL and DACL, then these four. Shares no code with acledger.
"""
import os
import struct
import sys

XATTR = "user.wine.sd"
SELF_RELATIVE = 0x8000
HEADER = struct.Struct("<5I")  # Wine's
RELATIVE = struct.Struct("<BBH4I")  # MS-DTYP 2.4.6


def parts(stored):
    """(control, owner, group, sacl, dacl) of the attribute's bytes."""
    control, *lengths = HEADER.unpack_from(stored)
    if len(stored) != HEADER.size + sum(lengths):
        raise ValueError("%d bytes, but the lengths say %d" % (len(stored), HEADER.size + sum(lengths)))
    at, found = HEADER.size, []
    for length in lengths:
        found.append(stored[at:at + length])
        at += length
    return (control, *found)


def to_self_relative(stored):
    """The bytes that NtQuerySecurityObject gives for an attribute."""
    control, *components = parts(stored)
    offsets, at = [], RELATIVE.size
    for component in components:
        offsets.append(at if component else 0)
        at += len(component)
    return RELATIVE.pack(1, 0, control | SELF_RELATIVE, *offsets) + b"".join(components)


def sid_length(data, at):
    return 8 + 4 * data[at + 1]


def from_self_relative(data):
    """The attribute for a descriptor, whatever the order of its components."""
    _, _, control, owner, group, sacl, dacl = RELATIVE.unpack_from(data)
    components = [data[at:at + sid_length(data, at)] if at else b"" for at in (owner, group)]
    for at in (sacl, dacl):
        components.append(data[at:at + struct.unpack_from("<H", data, at + 2)[0]] if at else b"")
    return HEADER.pack(control & ~SELF_RELATIVE, *map(len, components)) + b"".join(components)


def get(path):
    """Hex of the self-relative descriptor of a path, or "-"."""
    try:
        return to_self_relative(os.getxattr(path, XATTR, follow_symlinks=False)).hex()
    except OSError:
        return "-"


def store(path, descriptor):
    os.setxattr(path, XATTR, from_self_relative(descriptor))


def walk(top):
    yield top
    for path, folders, files in os.walk(top):
        for name in folders + files:
            yield os.path.join(path, name)


def dump(tops):
    return ["%s\t%s" % (get(path), path) for top in tops for path in sorted(walk(top))]


def compare(first, second):
    def read(name):
        with open(name, encoding="utf-8", errors="surrogateescape") as lines:
            return {path: sd for sd, path in (line.rstrip("\n").split("\t", 1) for line in lines)}
    before, after = read(first), read(second)
    differing = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    for path in differing:
        print("%s\n  %s\n  %s" % (path, before.get(path, "(not there)"), after.get(path, "(not there)")))
    return 1 if differing else 0


def main(arguments):
    sys.stdout.reconfigure(errors="surrogateescape")
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "get" and rest:
        print("\n".join("%s\t%s" % (get(path), path) for path in rest))
    elif command == "dump" and rest:
        print("\n".join(dump(rest)))
    elif command == "set" and len(rest) == 2:
        store(rest[0], bytes.fromhex(rest[1]))
    elif command == "parse" and not rest:
        for line in sys.stdin:
            print(to_self_relative(bytes.fromhex(line.strip().removeprefix("0x"))).hex())
    elif command == "compare" and len(rest) == 2:
        return compare(*rest)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
