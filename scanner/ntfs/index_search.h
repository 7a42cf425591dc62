// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "scanner/ntfs/index_pages.h"
#include "scanner/ntfs/name_pattern.h"

namespace acledger::scanner::ntfs {

struct Hit {
  std::string path;  // Of the name that was found; "?\name" where a folder above it is not known.
  store::IndexedObject object;
};

struct SearchRequest {
  // Which objects are meant at all; empty: every one.
  std::function<Expected<bool>(const store::IndexedObject&)> wanted;
  std::size_t limit = 1000;  // Ends with so many hits.
};

// Looks for names in a stored index, all at the same moment, and calls `take` for each hit, in the order
// of the objects' numbers; an object with several names that match is several hits. The root has no name. True: the
// limit was reached, there may be more. A page costs nothing but a search through the bytes of its names where none
// of them can match; so memory does not depend on the volume.
Expected<bool> Search(StoredPages& index, const NamePattern& pattern, const SearchRequest& request,
                      const std::function<void(const Hit&)>& take);

}  // namespace acledger::scanner::ntfs
