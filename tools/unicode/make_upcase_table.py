#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes security/upcase_table.inc: the simple upper-case mapping of the BMP that lower-casing undoes.

Usage: tools/unicode/make_upcase_table.py > security/upcase_table.inc

The data is that of python3's unicodedata. The rule gives every mapping of libntfs-3g's $UpCase table (which is what
Windows 7 wrote) and, beside them, only letters that Unicode has gained since: tests/ntfs compares all 65,536 units.
"""
import unicodedata


def simple_upper(code):
    """The single code point that Unicode's simple mapping gives, or the code itself."""
    # upper() is the full mapping; where that has several letters (Greek with iota), title() is the simple one.
    for text in (chr(code).upper(), chr(code).title()):
        if len(text) == 1:
            return ord(text)
    return code


def mappings():
    for code in range(0x80, 0x10000):
        upper = simple_upper(code)
        if upper != code and upper < 0x10000 and chr(upper).lower() == chr(code):
            yield code, upper - code


def runs():
    """Joins neighbours of equal distance: [first, last, step, delta], ordered, not overlapping."""
    open_runs = []
    for code, delta in mappings():
        if open_runs:
            run = open_runs[-1]
            step = code - run[1]
            if run[3] == delta and (step == run[2] or (run[0] == run[1] and step <= 2)):
                run[1], run[2] = code, step
                continue
        open_runs.append([code, code, 1, delta])
    return open_runs


def main():
    print("// SPDX-License-Identifier: MIT")
    print(f"// Unicode {unicodedata.unidata_version}. Made by tools/unicode/make_upcase_table.py; do not edit.")
    print("// clang-format off")
    for first, last, step, delta in runs():
        print(f"{{0x{first:04X}, 0x{last:04X}, {step}, 0x{delta & 0xFFFF:04X}}},")
    print("// clang-format on")


if __name__ == "__main__":
    main()
