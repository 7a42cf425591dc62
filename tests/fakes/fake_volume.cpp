// SPDX-License-Identifier: MIT
#include "tests/fakes/fake_volume.h"

#include <random>
#include <stdexcept>
#include <unordered_map>

#include "security/sddl.h"
#include "security/wtf8.h"
#include "tests/fakes/fake_object.h"

namespace acledger::fakes {

using scanner::Access;
using security::DescriptorBytes;
using security::DescriptorView;

class FakeVolume::CallInFlight {
 public:
  explicit CallInFlight(FakeVolume& volume) : volume_(volume) {
    unsigned now = ++volume_.in_flight_;
    unsigned most = volume_.most_in_flight_;
    while (now > most && !volume_.most_in_flight_.compare_exchange_weak(most, now)) {
    }
  }
  ~CallInFlight() { --volume_.in_flight_; }
  CallInFlight(const CallInFlight&) = delete;
  CallInFlight& operator=(const CallInFlight&) = delete;

 private:
  FakeVolume& volume_;
};

FakeVolume::FakeVolume(const FakeVolumeOptions& options)
    : names_a_run_(options.names_a_run), tree_(options.root_sddl, options.creator) {
  info_.serial = options.serial;
  info_.name = options.is_image ? "fake.img" : "F:";
  info_.file_system = "fake";
  info_.max_readers = options.max_readers;
  info_.read_only = options.read_only;
  info_.is_image = options.is_image;
  info_.root = tree_.Root()->id;
  info_.machine_sids = options.machine_sids;
}

Expected<void> FakeVolume::Run(Call call, const PathOfCall& path, const Resolve& resolve, const Body& body) {
  CallInFlight counted(*this);
  if (hook_) {
    std::u16string where;
    {
      std::lock_guard lock(mutex_);
      where = path();
    }
    hook_(call, where);
  }
  Expected<void> done;
  bool run_crash_hook = false;
  {
    std::lock_guard lock(mutex_);
    done = RunLocked(call, resolve, body);
    run_crash_hook = std::exchange(crash_hook_due_, false);
  }
  if (run_crash_hook && crash_hook_) crash_hook_();
  return done;
}

Expected<void> FakeVolume::RunLocked(Call call, const Resolve& resolve, const Body& body) {
  constexpr const char* kAfterCrash = "the fake volume has crashed";
  if (crashed_) return Fail(ErrorKind::kIo, "fake call", kAfterCrash);
  Expected<NodePtr> node = resolve();
  if (!node) return std::unexpected(std::move(node).error());
  FaultPlan::Decision decision =
      faults_.Next(call, [&](std::u16string_view path) { return *node && tree_.Find(path) == *node; });
  if (*node) decision.error.path = ToWtf8(tree_.PathOf(**node));
  if (decision.effect == Effect::kFail) return std::unexpected(std::move(decision.error));
  if (decision.effect == Effect::kIgnore) return {};
  Expected<void> done = body(*node);
  if (crashed_) return Fail(ErrorKind::kIo, "fake call", kAfterCrash);
  if (done && decision.effect == Effect::kFailAfter) return std::unexpected(std::move(decision.error));
  if (!done && *node && done.error().path.empty()) done.error().path = ToWtf8(tree_.PathOf(**node));
  return done;
}

Expected<std::unique_ptr<scanner::Object>> FakeVolume::Open(Access access, const PathOfCall& path,
                                                            const Resolve& resolve) {
  ++counters_.opens;
  if (access == Access::kWrite) ++counters_.opens_for_write;
  std::unique_ptr<scanner::Object> object;
  Call call = access == Access::kWrite ? Call::kOpenWrite : Call::kOpenRead;
  Expected<void> opened = Run(call, path, resolve, [&](const NodePtr& node) -> Expected<void> {
    if (access == Access::kWrite && info_.read_only) return Fail(ErrorKind::kReadOnly, "open", "read-only volume");
    if (node->busy_opens > 0) {
      --node->busy_opens;
      return Fail(ErrorKind::kBusy, "open", "an oplock is held");
    }
    object = std::make_unique<FakeObject>(*this, node, access);
    return {};
  });
  if (!opened) return std::unexpected(std::move(opened).error());
  return object;
}

Expected<std::unique_ptr<scanner::Object>> FakeVolume::OpenRoot(Access access) {
  return Open(access, [] { return u"\\"; }, [&] { return tree_.Root(); });
}

Expected<std::unique_ptr<scanner::Object>> FakeVolume::OpenById(const FileId& id, Access access) {
  auto path = [&] {
    NodePtr node = tree_.ById(id);
    return node ? tree_.PathOf(*node) : u"(deleted)";
  };
  return Open(access, path, [&]() -> Expected<NodePtr> {
    NodePtr node = tree_.ById(id);
    if (!node) return Fail(ErrorKind::kNotFound, "open " + id.ToString(), "no object has this id");
    return node;
  });
}

Expected<void> FakeVolume::Flush() {
  ++counters_.flushes;
  return Run(
      Call::kFlush, [] { return u"\\"; }, [&] { return tree_.Root(); },
      [&](const NodePtr&) -> Expected<void> {
        unflushed_.clear();
        return {};
      });
}

Expected<void> FakeVolume::ProbeDescriptors(scanner::Object& folder) {
  const NodePtr& node = dynamic_cast<FakeObject&>(folder).Node();
  return Run(
      Call::kProbe, [&] { return tree_.PathOf(*node); }, [&] { return node; },
      [](const NodePtr&) -> Expected<void> { return {}; });
}

Expected<void> FakeVolume::Write(const NodePtr& node, security::Bytes descriptor) {
  Expected<DescriptorBytes> stored = WithDaclOf(tree_.DescriptorOf(*node), descriptor);
  if (!stored) return std::unexpected(std::move(stored).error());
  unflushed_.push_back({node, node->security_id});
  tree_.SetDescriptor(*node, *stored);
  ++effective_writes_;
  if (writes_until_crash_ && --*writes_until_crash_ == 0) crashed_ = crash_hook_due_ = true;
  return {};
}

FileId FakeVolume::Make(std::u16string_view path, std::uint32_t attributes, std::uint32_t tag,
                        const Given& descriptor) {
  std::lock_guard lock(mutex_);
  NodePtr node = tree_.Create(path, attributes, descriptor);
  node->reparse_tag = tag;
  return node->id;
}

FileId FakeVolume::Folder(std::u16string_view path, const Given& descriptor) {
  return Make(path, scanner::kAttributeDirectory, 0, descriptor);
}

FileId FakeVolume::File(std::u16string_view path, const Given& descriptor) { return Make(path, 0, 0, descriptor); }

FileId FakeVolume::ReparsePoint(std::u16string_view path, std::uint32_t tag, bool is_folder, const Given& descriptor) {
  std::uint32_t folder = is_folder ? scanner::kAttributeDirectory : 0;
  return Make(path, scanner::kAttributeReparsePoint | folder, tag, descriptor);
}

void FakeVolume::HardLink(std::u16string_view existing, std::u16string_view new_name) {
  std::lock_guard lock(mutex_);
  tree_.Link(existing, new_name);
}

void FakeVolume::Move(std::u16string_view from, std::u16string_view to) {
  std::lock_guard lock(mutex_);
  tree_.Move(from, to);
}

void FakeVolume::Delete(std::u16string_view path) {
  std::lock_guard lock(mutex_);
  tree_.Delete(path);
}

void FakeVolume::TakeAway(std::u16string_view path) {
  std::lock_guard lock(mutex_);
  tree_.TakeAway(path);
}

void FakeVolume::PutBack() {
  std::lock_guard lock(mutex_);
  tree_.PutBack();
}

void FakeVolume::SetDescriptor(std::u16string_view path, const Given& descriptor) {
  if (!descriptor.Bytes()) throw std::logic_error("SetDescriptor() needs a descriptor");
  std::lock_guard lock(mutex_);
  tree_.SetDescriptor(*tree_.At(path), *descriptor.Bytes());
}

void FakeVolume::SetContent(std::u16string_view path, std::string content) {
  std::lock_guard lock(mutex_);
  tree_.At(path)->content = std::move(content);
}

void FakeVolume::AddAttributes(std::u16string_view path, std::uint32_t attributes) {
  std::lock_guard lock(mutex_);
  tree_.At(path)->attributes |= attributes;
}

void FakeVolume::Repropagate(std::u16string_view folder) {
  std::lock_guard lock(mutex_);
  tree_.Repropagate(tree_.At(folder));
}

bool FakeVolume::Exists(std::u16string_view path) const {
  std::lock_guard lock(mutex_);
  return tree_.Find(path) != nullptr;
}

FileId FakeVolume::Id(std::u16string_view path) const {
  std::lock_guard lock(mutex_);
  return tree_.At(path)->id;
}

DescriptorBytes FakeVolume::Descriptor(std::u16string_view path) const {
  std::lock_guard lock(mutex_);
  return tree_.DescriptorOf(*tree_.At(path));
}

std::string FakeVolume::Sddl(std::u16string_view path) const {
  DescriptorBytes bytes = Descriptor(path);
  Expected<DescriptorView> view = DescriptorView::Parse(bytes);
  Expected<std::string> text = view ? security::ToSddl(*view) : std::unexpected(view.error());
  return text ? *text : text.error().ToString();
}

std::uint32_t FakeVolume::SecurityId(std::u16string_view path) const {
  std::lock_guard lock(mutex_);
  return tree_.At(path)->security_id;
}

std::map<std::string, std::uint32_t> FakeVolume::SecurityIds() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, std::uint32_t> ids;
  for (const std::u16string& path : tree_.AllPaths()) ids[ToWtf8(path)] = tree_.At(path)->security_id;
  return ids;
}

std::vector<std::string> FakeVolume::Paths() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const std::u16string& path : tree_.AllPaths()) paths.push_back(ToWtf8(path));
  return paths;
}

std::size_t FakeVolume::DistinctDescriptors() const {
  std::lock_guard lock(mutex_);
  return tree_.Store().Size();
}

void FakeVolume::Inject(Fault fault) {
  std::lock_guard lock(mutex_);
  faults_.Add(std::move(fault));
}

void FakeVolume::FailNext(Call call, std::u16string path, Error error) {
  Inject({.call = call, .path = std::move(path), .error = std::move(error)});
}

void FakeVolume::FailEvery(Call call, unsigned nth, Error error) {
  Inject({.call = call, .error = std::move(error), .every = nth, .times = Fault::kAlways});
}

void FakeVolume::FailAfterNextWrite(std::u16string path, Error error) {
  Inject({.path = std::move(path), .effect = Effect::kFailAfter, .error = std::move(error)});
}

void FakeVolume::ClearFaults() {
  std::lock_guard lock(mutex_);
  faults_.Clear();
}

void FakeVolume::Oplock(std::u16string_view path, unsigned opens) {
  std::lock_guard lock(mutex_);
  tree_.At(path)->busy_opens = opens;
}

void FakeVolume::CrashAfterWrites(std::uint64_t writes) {
  std::lock_guard lock(mutex_);
  if (writes == 0) crashed_ = true;
  writes_until_crash_ = writes == 0 ? std::nullopt : std::optional(writes);
}

bool FakeVolume::Crashed() const {
  std::lock_guard lock(mutex_);
  return crashed_;
}

void FakeVolume::Restart() {
  std::lock_guard lock(mutex_);
  crashed_ = false;
  writes_until_crash_.reset();
}

std::size_t FakeVolume::LoseUnflushed(std::uint64_t seed) {
  std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  // Each object's states, oldest first: before each of its unflushed writes, then now. In the order of the first write,
  // so that a seed always gives the same result.
  std::vector<NodePtr> nodes;
  std::unordered_map<const FakeNode*, std::vector<std::uint32_t>> states;
  for (const UnflushedWrite& write : unflushed_) {
    std::vector<std::uint32_t>& of_node = states[write.node.get()];
    if (of_node.empty()) nodes.push_back(write.node);
    of_node.push_back(write.before);
  }
  std::size_t lost = 0;
  for (const NodePtr& node : nodes) {
    const std::vector<std::uint32_t>& of_node = states[node.get()];
    std::size_t survivors = random() % (of_node.size() + 1);
    if (survivors == of_node.size()) continue;
    node->security_id = of_node[survivors];
    ++lost;
  }
  unflushed_.clear();
  return lost;
}

}  // namespace acledger::fakes
