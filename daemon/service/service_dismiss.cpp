// SPDX-License-Identifier: MIT
// Giving up on what could not be taken back.
#include <algorithm>

#include "daemon/answers/tombstones.h"
#include "daemon/service/service.h"

namespace acledger::daemon {

using store::Grant;

namespace {

Expected<scanner::DismissRequest> DismissRequestFrom(Params& params) {
  scanner::DismissRequest request;
  const std::string path = params.TextOr("path", ""), id = params.TextOr("id", "");
  const bool all_missing = params.Flag("all_missing");
  if (int{!path.empty()} + int{!id.empty()} + int{all_missing} != 1)
    params.Refuse("\"path\", \"id\" or \"all_missing\": one of them is wanted");
  if (!path.empty()) request.path = path;
  if (!id.empty()) {
    request.id = FileId::FromString(id);
    if (!request.id) params.Refuse("\"id\": a file id is wanted, as failures lists it");
  }
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  return request;
}

}  // namespace

// A rollback that only waits for what is given up now goes on at once.
Expected<Json> Service::DismissNow(const scanner::DismissRequest& request, scanner::Engine& engine,
                                   store::Ledger& ledger, Worker::Wishes& wishes) {
  const Expected<scanner::Dismissed> dismissed = engine.Dismiss(request);
  if (!dismissed) return std::unexpected(dismissed.error());
  const Expected<std::vector<Grant>> grants = ledger.AllGrants();
  if (!grants) return std::unexpected(grants.error());
  for (const Grant& grant : *grants) {
    const bool is_about_it = std::ranges::any_of(
        dismissed->tombstones, [&grant](const store::Tombstone& one) { return one.change.grant == grant.id; });
    if (is_about_it && grant.state == store::GrantState::kRollingBack && !grant.on_hold)
      wishes.Put({grant.id, Work::kRollback, UrgencyOf(grant.root)});
  }
  return Json{{"dismissed", TombstonesJson(dismissed->tombstones, *grants)}, {"returned", dismissed->returned}};
}

void Service::Dismiss(const Caller& caller, Params& params, Reply reply) {
  Expected<scanner::DismissRequest> request = DismissRequestFrom(params);
  if (!request) return reply(std::unexpected(request.error()));
  request->by = caller.user;
  request->may = [viewer = Permission::ViewerOf(caller)](const Grant& grant) { return viewer.Owns(grant); };
  worker_.Post([request = std::move(*request), reply = std::make_shared<Reply>(std::move(reply))](
                   scanner::Engine& engine, store::Ledger& ledger, Worker::Wishes& wishes) {
    (*reply)(DismissNow(request, engine, ledger, wishes));
  });
}

}  // namespace acledger::daemon
