// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/volume.h"
#include "tests/fakes/fake_tree.h"
#include "tests/fakes/fault_plan.h"

namespace acledger::fakes {

struct FakeVolumeOptions {
  unsigned max_readers = 1;
  bool read_only = false;
  bool is_image = false;
  std::uint64_t serial = 0x1122334455667788;
  std::vector<security::Sid> machine_sids = {};
  std::size_t names_a_run = 3;  // How many names List() hands over at once.
  // The root folder's. By default nobody but the system may read, and everything below inherits that.
  const char* root_sddl = "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
  // Who owns what is created without a descriptor of its own.
  security::Creator creator = {security::Sid::Administrators(), security::Sid::Administrators()};
};

// scanner::Volume in memory, for tests. A test builds a tree, injects faults, lets the engine run, and looks at what
// became of it.
//
// Paths: see FakeTree. A test's own mistakes (a missing path) throw std::logic_error.
// Threads: every member may be called from several threads, the test's too, except SetHook() and SetCrashHook().
// An object whose last name was deleted stays usable by handles that are open, as with POSIX semantics on NTFS.
class FakeVolume final : public scanner::Volume {
 public:
  explicit FakeVolume(const FakeVolumeOptions& options = {});

  // --- The seam.
  const scanner::VolumeInfo& Info() const override { return info_; }
  Expected<std::unique_ptr<scanner::Object>> OpenRoot(scanner::Access access) override;
  Expected<std::unique_ptr<scanner::Object>> OpenById(const FileId& id, scanner::Access access) override;
  Expected<void> Flush() override;
  Expected<void> ProbeDescriptors(scanner::Object& folder) override;

  // --- Building and changing the tree. Missing parents are created; a descriptor that is not given is inherited.
  FileId Folder(std::u16string_view path, const Given& descriptor = {});
  FileId File(std::u16string_view path, const Given& descriptor = {});
  FileId ReparsePoint(std::u16string_view path, std::uint32_t tag, bool is_folder = true, const Given& descriptor = {});
  void HardLink(std::u16string_view existing, std::u16string_view new_name);
  void Move(std::u16string_view from, std::u16string_view to);
  void Delete(std::u16string_view path);
  void TakeAway(std::u16string_view path);  // See FakeTree.
  void PutBack();
  void SetDescriptor(std::u16string_view path, const Given& descriptor);
  void SetContent(std::u16string_view path, std::string content);
  void AddAttributes(std::u16string_view path, std::uint32_t attributes);
  void Repropagate(std::u16string_view folder);

  // --- Looking at it.
  bool Exists(std::u16string_view path) const;
  FileId Id(std::u16string_view path) const;
  security::DescriptorBytes Descriptor(std::u16string_view path) const;
  std::string Sddl(std::u16string_view path) const;
  std::uint32_t SecurityId(std::u16string_view path) const;
  // Path (WTF-8) and security id of every name: equal before and after means that every byte came back.
  std::map<std::string, std::uint32_t> SecurityIds() const;
  std::vector<std::string> Paths() const;
  std::size_t DistinctDescriptors() const;                             // Ever stored, as $Secure counts them.
  std::uint64_t EffectiveWrites() const { return effective_writes_; }  // Counters() has the calls.
  unsigned OpenHandles() const { return open_handles_; }
  unsigned MostCallsInFlight() const { return most_in_flight_; }

  // --- Faults.
  void Inject(Fault fault);
  void FailNext(Call call, Error error) { Inject({.call = call, .error = std::move(error)}); }
  void FailNext(Call call, std::u16string path, Error error);
  void FailEvery(Call call, unsigned nth, Error error);
  void IgnoreNextWrite(std::u16string path = {}) { Inject({.path = std::move(path), .effect = Effect::kIgnore}); }
  void FailAfterNextWrite(std::u16string path, Error error);
  void ClearFaults();
  // The next `opens` opens of the object answer kBusy.
  void Oplock(std::u16string_view path, unsigned opens);

  // Called before each call that a Fault can name, with no lock held, on the caller's thread; `path` is where the
  // object is ("\Users\dev"; for OpenChild where it would be). May change the tree, or wait to make concurrency
  // visible.
  using Hook = std::function<void(Call call, const std::u16string& path)>;
  void SetHook(Hook hook) { hook_ = std::move(hook); }

  // The `writes`-th effective write from now on is the last: its call and all later ones return kIo, as to a process
  // that was killed. The crash hook runs once at that moment, with no lock held (to copy a ledger's file, say).
  void CrashAfterWrites(std::uint64_t writes);
  void SetCrashHook(std::function<void()> hook) { crash_hook_ = std::move(hook); }
  bool Crashed() const;
  void Restart();
  // A power cut: of each object's writes since the last Flush(), the seed chooses how many of the first ones survive.
  // Returns how many objects lost something.
  std::size_t LoseUnflushed(std::uint64_t seed);

 private:
  friend class FakeObject;
  class CallInFlight;
  struct UnflushedWrite {
    NodePtr node;
    std::uint32_t before;
  };

  FileId Make(std::u16string_view path, std::uint32_t attributes, std::uint32_t tag, const Given& descriptor);
  using PathOfCall = std::function<std::u16string()>;
  using Resolve = std::function<Expected<NodePtr>()>;
  using Body = std::function<Expected<void>(const NodePtr&)>;
  // One call of the seam: counts it as in flight and runs the hook; then, under the lock, finds the object and runs
  // `body`, unless the volume has crashed or a fault stands in the way.
  Expected<void> Run(Call call, const PathOfCall& path, const Resolve& resolve, const Body& body);
  Expected<void> RunLocked(Call call, const Resolve& resolve, const Body& body);
  Expected<std::unique_ptr<scanner::Object>> Open(scanner::Access access, const PathOfCall& path,
                                                  const Resolve& resolve);
  Expected<void> Write(const NodePtr& node, security::Bytes descriptor);

  scanner::VolumeInfo info_;
  std::size_t names_a_run_;
  Hook hook_;
  std::function<void()> crash_hook_;
  std::atomic<unsigned> in_flight_{0}, most_in_flight_{0}, open_handles_{0};
  std::atomic<std::uint64_t> effective_writes_{0};

  mutable std::mutex mutex_;  // Guards what follows.
  FakeTree tree_;
  FaultPlan faults_;
  std::vector<UnflushedWrite> unflushed_;
  std::optional<std::uint64_t> writes_until_crash_;
  bool crashed_ = false;
  bool crash_hook_due_ = false;
};

}  // namespace acledger::fakes
