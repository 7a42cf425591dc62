// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/answers/answer.h"
#include "daemon/answers/mask.h"
#include "scanner/judge.h"
#include "scanner/opener.h"
#include "security/sddl.h"
#include "security/wtf8.h"

namespace acledger::daemon {

using scanner::Exclusion;
using scanner::PathComponents;
using security::DescriptorView;

namespace {

std::string Sddl(security::Bytes descriptor) {
  const Expected<DescriptorView> view = DescriptorView::Parse(descriptor);
  if (!view) return "(" + view.error().reason + ")";
  const Expected<std::string> text = security::ToSddl(*view);
  return text ? *text : "(" + text.error().reason + ")";
}

std::string FlagText(std::uint8_t flags) {
  std::string text = flags & security::kInherited ? "inherited" : "explicit";
  if (flags & security::kContainerInherit) text += ", passed on to what is below";
  return text;
}

// What the object holds at this moment.
Expected<Json> Now(scanner::Volume& volume, const PathComponents& path, const store::Grant& grant,
                   security::AccessMask mask, const Viewer& viewer) {
  Expected<std::unique_ptr<scanner::Object>> object = scanner::OpenPath(volume, path, scanner::Access::kRead);
  if (!object) return std::unexpected(object.error());
  security::DescriptorBytes bytes;
  if (Expected<void> read = (*object)->ReadDescriptor(bytes); !read) return std::unexpected(read.error());
  if (!viewer.MayInspect(bytes)) return Fail(ErrorKind::kDenied, "read the descriptor", "you may not");
  Json now = {{"sddl", Sddl(bytes)}};
  const Expected<DescriptorView> view = DescriptorView::Parse(bytes);
  if (!view) return now;
  const security::AccessResult result =
      security::CheckAccess(*view, scanner::Judge(grant).Token(), security::kFileMapping.Map(mask));
  now["access"] = Hex(mask);
  now["granted"] = result.granted;
  if (!result.granted) now["missing"] = Hex(result.missing);
  if (!result.granted) now["denied_by_entry"] = result.denied_by_entry;
  return now;
}

Expected<Json> FromIndex(store::Ledger& ledger, const store::Ledger::Found& found, const Viewer& viewer) {
  Json json = {{"verdict", store::Name(found.node.verdict)}, {"reason", store::Name(found.node.reason)}};
  const Expected<store::Counts> below = viewer.CountsOf(ledger, found);
  if (!below) return std::unexpected(below.error());
  if (found.grant.is_stale) json = {{"verdict", store::Name(store::Verdict::kUnknown)}, {"reason", kStale}};
  if (found.as_folder) json["below"] = ToJson(Known(found.grant, *below));
  const Expected<std::vector<store::Change>> live = ledger.LiveChangesOf(found.node.file_id);
  if (!live) return std::unexpected(live.error());
  for (const store::Change& change : *live) {
    if (change.grant != found.grant.id) continue;
    const Expected<security::DescriptorBytes> before = ledger.Descriptor(change.original);
    if (!before) return std::unexpected(before.error());
    json["entry"] = FlagText(change.entry_flags);
    if (viewer.MayInspect(*before)) json["before"] = Sddl(*before);
  }
  return json;
}

// Not in the index: the grant's rules may say why.
Expected<Json> FromRules(const store::Grant& grant, const PathComponents& root, const PathComponents& path) {
  const Expected<scanner::Policy> policy = scanner::Policy::Of(root, grant.rules);
  if (!policy) return std::unexpected(policy.error());
  for (std::size_t length = root.size(); length <= path.size(); ++length) {
    const PathComponents part(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length));
    const bool is_folder = length < path.size();
    if (policy->Excluded(part, is_folder) == Exclusion::kNone) continue;
    return Json{{"verdict", "skipped"},
                {"reason", is_folder ? "below an excluded folder" : "excluded"},
                {"why", policy->Why(part, is_folder)},
                {"excluded_at", scanner::FormatPath(part)}};
  }
  return Json{{"verdict", "unknown"},
              {"reason", "not in the index: created since the last run, or below something that is not entered"}};
}

}  // namespace

Expected<Json> ExplainJson(store::Ledger& ledger, const Expected<scanner::Volume*>& volume, const std::string& path,
                           const std::string& access, const Viewer& viewer) {
  const Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path);
  if (!parsed) return std::unexpected(parsed.error());
  std::optional<security::AccessMask> wanted;
  if (!access.empty()) {
    const Expected<security::AccessMask> mask = ParseMask(access);
    if (!mask) return std::unexpected(mask.error());
    wanted = *mask;
  }
  const auto found = viewer.Find(ledger, path);
  if (!found) return std::unexpected(found.error());
  const Expected<std::vector<store::Grant>> grants = ledger.Grants();
  if (!grants) return std::unexpected(grants.error());

  Json answers = Json::array();
  for (const store::Grant& grant : *grants) {
    const Expected<scanner::ParsedPath> root = scanner::ParsePath(grant.root);
    if (!root) return std::unexpected(root.error());
    if (!scanner::IsAtOrBelow(parsed->components, root->components)) continue;
    const auto one = std::ranges::find_if(*found, [&](const auto& each) { return each.grant.id == grant.id; });
    if (one == found->end() && !viewer.Owns(grant)) continue;
    Expected<Json> answer =
        one != found->end() ? FromIndex(ledger, *one, viewer) : FromRules(grant, root->components, parsed->components);
    if (!answer) return std::unexpected(answer.error());
    (*answer)["root"] = grant.root;
    (*answer)["principal"] = grant.principal.ToString();
    (*answer)["mask"] = Hex(grant.mask);
    Expected<Json> now = std::unexpected(Error{});
    if (volume) now = Now(**volume, parsed->components, grant, wanted.value_or(grant.mask), viewer);
    if (now)
      (*answer)["now"] = *now;
    else if (!viewer.IsAdmin())  // In the same words whether it is there or not.
      (*answer)["now_unknown"] = "it is not there, or you may not read its descriptor";
    else
      (*answer)["now_unknown"] = volume ? now.error().ToString() : volume.error().ToString();
    answers.push_back(std::move(*answer));
  }
  return Json{{"path", path}, {"grants", answers}};
}

}  // namespace acledger::daemon
