# SPDX-License-Identifier: MIT
"""Makes a folder in the root of an NTFS image, with libntfs-3g called by itself."""

import ctypes
import ctypes.util
import stat


def make_folder(image, name):
    """Makes `name` below the root, open to everybody."""
    library = ctypes.CDLL(ctypes.util.find_library("ntfs-3g"))
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    library.ntfs_mount.argtypes = [text, ctypes.c_ulong]
    library.ntfs_mount.restype = library.ntfs_pathname_to_inode.restype = library.ntfs_create.restype = pointer
    library.ntfs_pathname_to_inode.argtypes = [pointer, pointer, text]
    library.ntfs_create.argtypes = [pointer, ctypes.c_uint32, text, ctypes.c_uint8, ctypes.c_uint32]
    library.ntfs_inode_close.argtypes = [pointer]
    library.ntfs_umount.argtypes = [pointer, ctypes.c_int]
    volume = library.ntfs_mount(image.encode(), ctypes.c_ulong(0))
    assert volume, "the image cannot be opened"
    try:
        root = library.ntfs_pathname_to_inode(volume, None, b"/")
        made = library.ntfs_create(root, 0, name.encode("utf-16-le"), len(name), stat.S_IFDIR)
        assert made, name
        assert library.ntfs_inode_close(made) == 0 and library.ntfs_inode_close(root) == 0
    finally:
        assert library.ntfs_umount(volume, 0) == 0
