// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "scanner/ntfs/block_device.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// An NTFS volume in an image file or on a block device, through libntfs-3g; nothing is mounted.
//
// What it keeps exactly: a descriptor is stored byte for byte (any ACE types, any layout, AUTO_INHERITED as given), and
// bytes that the volume holds already get the security_id they have. So a grant and its rollback leave every file's
// security_id as it was; what stays behind is the descriptors of the grant in $Secure, which NTFS never removes. (Two
// ids with equal bytes, as a repair may leave them, are one for us: rollback gives the lower.) Nothing else of a file
// changes, no time either. An object that keeps its descriptor in its own $SECURITY_DESCRIPTOR attribute (the root and
// the system files of mkntfs, a few of Windows) keeps it there.
//
// WriteDacl() takes the whole descriptor and refuses (kMismatch) where its owner, group, SACL or the control bits that
// go with them are not those of the object. Hidden: records below 24 other than the root, which are NTFS's own files
// ($MFT ... $Extend). List() leaves them out, and opening one is kUnsupported. Short (8.3) names are not looked up.
// ProbeDescriptors() makes no scratch file: it checks that the volume shares descriptors (NTFS 3.x) and can be written.
//
// Threads: one lock for all calls; max_readers is 1. The file is locked for the life of the volume: a second opener,
// also ntfs-3g, is refused.
//
// A kill at any moment leaves a volume whose every descriptor can be read: an object shows its old or its new one. What
// a kill or a power cut left half done in $Secure is in IMAGE.acledger-redo, and the next opener finishes it (a reader
// in memory only); other programs should not write the image before. Descriptors that nobody uses may be left behind. A
// power cut may take back what was not flushed, object by object, but leaves none without its descriptor: a new one is
// durable before the first object refers to it (by PrepareDescriptors() many at once; without it one by one, which is
// slow). A block device has no place for the redo file; there an index of $Secure may need chkdsk after a kill, and
// nothing is lost.
//
// Errors at opening: kNotFound, kDenied, kReadOnly (the file cannot be written), kBusy (locked, mounted, on a loop
// device), kInvalid (no NTFS volume), kUnsupported (hibernated, or not cleanly unmounted: its journal or dirty flag
// says so; may be opened read-only), kCorrupt (truncated, damaged).
//
// `partition`: of a disk (MBR, GPT), whose redo file is IMAGE.pN.acledger-redo; the lock is on the whole disk. 0: it is
// one volume; kInvalid ("choose a partition"), with those that there are, where that word does not fit. An image may be
// raw, or qcow2, VMDK, VHDX or VHD where qemu-nbd is installed (kUnsupported says so), whose lock then counts.
Expected<std::unique_ptr<Volume>> OpenNtfsImage(const std::string& path, bool read_only, unsigned partition = 0);

// The bytes of such a volume alone, for who reads its tables: nothing is mounted, so a damaged volume will do. Locked
// as by a reader; errors as above, but that a dirty or damaged volume is told by nobody.
Expected<std::unique_ptr<ntfs::BlockDevice>> OpenNtfsBytes(const std::string& path, unsigned partition = 0);

}  // namespace acledger::scanner
