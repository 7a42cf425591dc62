// SPDX-License-Identifier: MIT
#include "setup/folder_step.h"

#include "security/sddl.h"

namespace acledger::setup {
namespace {

constexpr char kAbsent[] = "absent";

bool IsTrusted(security::Bytes descriptor) {
  const auto view = security::DescriptorView::Parse(descriptor);
  if (!view || !view->Owner()) return false;
  return *view->Owner() == security::Sid::System() || *view->Owner() == security::Sid::Administrators();
}

// Of a protected list it means nothing whether what is in it was once inherited, and systems keep that bit or not.
bool IsSame(security::DescriptorBytes one, security::DescriptorBytes other) {
  constexpr std::size_t kControlHigh = 3;  // MS-DTYP 2.4.6: the upper byte of Control.
  constexpr auto kInherited = static_cast<std::uint8_t>(security::kDaclAutoInherited >> 8);
  for (security::DescriptorBytes* bytes : {&one, &other}) {
    const auto view = security::DescriptorView::Parse(*bytes);
    if (view && (view->Control() & security::kDaclProtected) != 0)
      (*bytes)[kControlHigh] &= static_cast<std::uint8_t>(~kInherited);
  }
  return security::SameSecurity(one, other);
}

class FolderStep final : public Step {
 public:
  FolderStep(Folders& folders, std::string path, security::DescriptorBytes wanted, MayGo may_go)
      : folders_(folders),
        path_(std::move(path)),
        title_("folder " + path_),
        wanted_(std::move(wanted)),
        may_go_(std::move(may_go)) {}

  const std::string& Name() const override { return title_; }
  std::string Intent() const override { return "make the folder " + path_ + ", which nobody else may change"; }
  Expected<Standing> Check() override;
  Expected<std::string> Before() override;
  Expected<void> Apply(const std::string&) override;
  Expected<void> Undo(const std::string& before) override;
  Expected<Standing> CheckUndone(const std::string& before) override;

 private:
  // kMismatch: what is there is not to be taken.
  Expected<std::optional<FolderFacts>> FindOurs();

  Folders& folders_;
  const std::string path_, title_;
  const security::DescriptorBytes wanted_;
  const MayGo may_go_;
};

Expected<std::optional<FolderFacts>> FolderStep::FindOurs() {
  auto found = folders_.Find(path_);
  if (!found || !*found) return found;
  const char* why = nullptr;
  if (!(*found)->is_plain) {
    why = "it is no plain folder";
  } else if (!IsTrusted((*found)->descriptor)) {
    why = "somebody else made it: look at what is in it, and remove it";
  }
  if (why == nullptr) return found;
  return std::unexpected(Error{ErrorKind::kMismatch, "take the folder", path_, 0, why});
}

Expected<Standing> FolderStep::Check() {
  const auto found = FindOurs();
  if (!found) return std::unexpected(found.error());
  if (!*found) return Standing{false, "it is not there"};
  if (IsSame((*found)->descriptor, wanted_)) return Standing{true, {}};
  return Standing{false, "its owner or its list of access is another"};
}

// "absent", or the descriptor that it had.
Expected<std::string> FolderStep::Before() {
  const auto found = FindOurs();
  if (!found) return std::unexpected(found.error());
  if (!*found) return kAbsent;
  const auto view = security::DescriptorView::Parse((*found)->descriptor);
  return view ? security::ToSddl(*view) : std::unexpected(view.error());
}

Expected<void> FolderStep::Apply(const std::string&) {
  const auto found = FindOurs();
  if (!found) return std::unexpected(found.error());
  return *found ? folders_.SetDescriptor(path_, wanted_) : folders_.Make(path_, wanted_);
}

Expected<void> FolderStep::Undo(const std::string& before) {
  const auto found = FindOurs();
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  if (before == kAbsent && may_go_) {
    const auto agreed = may_go_();
    return agreed ? folders_.RemoveTree(path_) : agreed;
  }
  if (before == kAbsent) return folders_.RemoveEmpty(path_);
  const auto descriptor = security::FromSddl(before);
  return descriptor ? folders_.SetDescriptor(path_, *descriptor) : std::unexpected(descriptor.error());
}

Expected<Standing> FolderStep::CheckUndone(const std::string& before) {
  const auto found = FindOurs();
  if (!found) return std::unexpected(found.error());
  if (!*found) return Standing{true, {}};  // Whoever took away what was there before us, it is not ours to make.
  if (before == kAbsent) {
    const auto names = folders_.NamesIn(path_);
    if (!names) return std::unexpected(names.error());
    return Standing{false, names->empty() ? "it is still there"
                                          : std::to_string(names->size()) + " names are left in it, " + names->front() +
                                                " among them"};
  }
  const auto descriptor = security::FromSddl(before);
  if (!descriptor) return std::unexpected(descriptor.error());
  if (IsSame((*found)->descriptor, *descriptor)) return Standing{true, {}};
  return Standing{false, "it does not have the descriptor that it had"};
}

}  // namespace

std::unique_ptr<Step> MakeFolderStep(Folders& folders, std::string path, security::DescriptorBytes descriptor,
                                     MayGo may_go) {
  return std::make_unique<FolderStep>(folders, std::move(path), std::move(descriptor), std::move(may_go));
}

}  // namespace acledger::setup
