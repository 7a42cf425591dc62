// SPDX-License-Identifier: MIT
// The floor that provisioning an image is compared with: what a plain program does that walks a tree with libntfs-3g,
// reads each descriptor, inserts one ACE and writes it back. No ledger, no judgement, no way back.
//
//   floor_ntfs3g IMAGE ROOT SID            walk, get, edit, set: the image is changed
//   floor_ntfs3g IMAGE ROOT SID --read     walk and get only
//
// Prints objects and seconds, in all and for each phase, as JSON. Where the library refuses a descriptor (an ACE that
// it does not understand) the object counts as failed.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "scanner/ntfs3g/library.h"
#include "security/sid.h"

extern "C" {
#include <ntfs-3g/security.h>
#include <ntfs-3g/unistr.h>
}

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMask = 0x001200A9;
constexpr std::uint32_t kAll = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
constexpr std::uint16_t kAutoInherited = 0x0400, kAutoInheritReq = 0x0100;

struct Item {
  std::string path;
  bool folder = false;
};

struct Floor {
  SECURITY_API* api = nullptr;
  std::vector<std::uint8_t> ace;
  std::vector<Item> items;
  std::uint64_t failed = 0;
  double walk = 0, get = 0, edit = 0, set = 0, close = 0;
};

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Listing {
  std::vector<Item>* items;
  std::string folder;
};

int Take(void* context, const ntfschar* name, const int length, const int name_space, const s64,
         const MFT_REF reference, const unsigned type) {
  auto& listing = *static_cast<Listing*>(context);
  if (name_space == FILE_NAME_DOS || MREF(reference) < FILE_first_user) return 0;
  char* text = nullptr;
  if (ntfs_ucstombs(name, length, &text, 0) < 0) return 0;
  const std::string plain = text;
  free(text);
  if (plain != "." && plain != "..") listing.items->push_back({listing.folder + "/" + plain, type == NTFS_DT_DIR});
  return 0;
}

bool Walk(Floor& floor, const std::string& root) {
  const auto start = Clock::now();
  floor.items.push_back({root, true});
  for (std::size_t next = 0; next < floor.items.size(); ++next) {
    if (!floor.items[next].folder) continue;
    const std::string path = floor.items[next].path;
    ntfs_inode* folder = ntfs_pathname_to_inode(floor.api->security.vol, nullptr, path.c_str());
    if (folder == nullptr) {
      if (next == 0) return false;
      ++floor.failed;
      continue;
    }
    Listing listing{&floor.items, path == "/" ? "" : path};
    s64 position = 0;
    ntfs_readdir(folder, &position, &listing, &Take);
    ntfs_inode_close(folder);
  }
  floor.walk = Since(start);
  return true;
}

template <class T>
T Get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}
template <class T>
void Put(char* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

// Inserts the ACE at the end of the DACL, which the library lays out in front of owner and group. False: no DACL, or no
// room.
bool Append(std::vector<char>& descriptor, std::uint32_t& size, const std::vector<std::uint8_t>& ace, bool folder) {
  const auto dacl = Get<std::uint32_t>(descriptor.data() + 16);
  if (dacl == 0) return false;
  char* acl = descriptor.data() + dacl;
  const auto acl_size = Get<std::uint16_t>(acl + 2);
  const auto added = static_cast<std::uint32_t>(ace.size());
  if (acl_size + added > 65532 || size + added > descriptor.size()) return false;
  std::memmove(acl + acl_size + added, acl + acl_size, size - dacl - acl_size);
  std::memcpy(acl + acl_size, ace.data(), added);
  acl[acl_size + 1] = static_cast<char>(0x10 | (folder ? 3 : 0));
  Put(acl + 2, static_cast<std::uint16_t>(acl_size + added));
  Put(acl + 4, static_cast<std::uint16_t>(Get<std::uint16_t>(acl + 4) + 1));
  for (const int field : {4, 8}) {
    const auto offset = Get<std::uint32_t>(descriptor.data() + field);
    if (offset > dacl) Put(descriptor.data() + field, offset + added);
  }
  const auto control = Get<std::uint16_t>(descriptor.data() + 2);
  if ((control & kAutoInherited) != 0)
    Put(descriptor.data() + 2, static_cast<std::uint16_t>(control | kAutoInheritReq));
  size += added;
  return true;
}

void Apply(Floor& floor, bool read_only) {
  std::vector<char> descriptor(0x20000);
  for (const Item& item : floor.items) {
    std::uint32_t size = 0;
    const auto start = Clock::now();
    // Owner and group too: the library takes back only a whole descriptor.
    const bool got = ntfs_get_file_security(floor.api, item.path.c_str(), kAll, descriptor.data(),
                                            static_cast<std::uint32_t>(descriptor.size()), &size) != 0;
    const auto read = Clock::now();
    floor.get += std::chrono::duration<double>(read - start).count();
    if (!got) ++floor.failed;
    if (!got || read_only) continue;
    const bool edited = Append(descriptor, size, floor.ace, item.folder);
    const auto changed = Clock::now();
    floor.edit += std::chrono::duration<double>(changed - read).count();
    if (!edited ||
        ntfs_set_file_security(floor.api, item.path.c_str(), DACL_SECURITY_INFORMATION, descriptor.data()) == 0) {
      ++floor.failed;
    }
    floor.set += Since(changed);
  }
}

std::vector<std::uint8_t> MakeAce(const acledger::security::Sid& sid) {
  std::vector<std::uint8_t> ace(8);
  ace.insert(ace.end(), sid.AsBytes().begin(), sid.AsBytes().end());
  ace[2] = static_cast<std::uint8_t>(ace.size());
  std::memcpy(ace.data() + 4, &kMask, sizeof(kMask));
  return ace;
}

void Print(const Floor& floor, double total) {
  std::printf("{\"objects\": %zu, \"failed\": %" PRIu64
              ", \"seconds\": %.3f, \"walk\": %.3f, \"get\": %.3f, "
              "\"edit\": %.3f, \"set\": %.3f, \"close\": %.3f}\n",
              floor.items.size(), floor.failed, total, floor.walk, floor.get, floor.edit, floor.set, floor.close);
}

}  // namespace

int main(int argc, char** argv) {
  const bool read_only = argc == 5 && std::strcmp(argv[4], "--read") == 0;
  const auto sid = argc >= 4 ? acledger::security::Sid::FromString(argv[3])
                             : acledger::Expected<acledger::security::Sid>(acledger::security::Sid());
  if ((argc != 4 && !read_only) || !sid) {
    std::fprintf(
        stderr,
        "usage: floor_ntfs3g IMAGE ROOT SID [--read]\nexample: floor_ntfs3g disk.img /Users/dev S-1-5-32-546\n");
    return 2;
  }
  ntfs_log_set_handler(&ntfs_log_handler_null);
  setlocale(LC_ALL, "C.UTF-8");
  ntfs_set_locale();
  const auto start = Clock::now();
  Floor floor;
  floor.ace = MakeAce(*sid);
  floor.api = ntfs_initialize_file_security(argv[1], read_only ? NTFS_MNT_RDONLY : NTFS_MNT_NONE);
  if (floor.api == nullptr || !Walk(floor, argv[2])) {
    std::fprintf(stderr, "floor_ntfs3g: cannot open %s in %s\n", argv[2], argv[1]);
    return 3;
  }
  Apply(floor, read_only);
  const auto closing = Clock::now();
  ntfs_leave_file_security(floor.api);
  floor.close = Since(closing);
  Print(floor, Since(start));
  return 0;
}
