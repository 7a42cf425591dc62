# SPDX-License-Identifier: MIT
"""Deletes a file from an NTFS image, by libntfs-3g: what a user of the volume does while no grant is looked at."""

import ctypes
import ctypes.util


def delete(image, folder, name):
    """`folder` with slashes, below the volume's root; ASCII names."""
    library = ctypes.CDLL(ctypes.util.find_library("ntfs-3g"))
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    library.ntfs_mount.restype = library.ntfs_pathname_to_inode.restype = pointer
    library.ntfs_pathname_to_inode.argtypes = [pointer, pointer, text]
    library.ntfs_delete.argtypes = [pointer, text, pointer, pointer, ctypes.c_char_p, ctypes.c_uint8]
    library.ntfs_umount.argtypes = [pointer, ctypes.c_int]
    volume = library.ntfs_mount(image.encode(), ctypes.c_ulong(0))
    assert volume, "the image cannot be opened"
    try:
        path = folder + "/" + name
        file = library.ntfs_pathname_to_inode(volume, None, path.encode())
        parent = library.ntfs_pathname_to_inode(volume, None, folder.encode())
        assert file and parent, path
        # Closes both.
        assert library.ntfs_delete(volume, path.encode(), file, parent, name.encode("utf-16-le"), len(name)) == 0
    finally:
        assert library.ntfs_umount(volume, 0) == 0
