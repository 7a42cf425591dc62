// SPDX-License-Identifier: MIT
#include "setup/file_secret_store.h"

#include <algorithm>
#include <array>

namespace acledger::setup {
namespace {

// A file: these 8 bytes, the generation (8 bytes, little-endian), and what the sealer made. The newer of an account's
// two files has the higher generation.
constexpr std::array<std::uint8_t, 8> kMagic = {'A', 'L', 'S', 'E', 'C', 'R', '1', '\n'};
constexpr std::size_t kHead = kMagic.size() + 8;

std::unexpected<Error> FailFor(ErrorKind kind, const char* operation, const std::string& account, const char* reason) {
  return std::unexpected(Error{kind, operation, account, 0, reason});
}

// Names of files and accounts are compared without case.
std::string Folded(const std::string& account) {
  std::string folded = account;
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

Expected<void> CheckName(const std::string& account) {
  constexpr std::size_t kMost = 64;
  const auto may_stand = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  const std::string folded = Folded(account);
  if (!folded.empty() && folded.size() <= kMost && std::ranges::all_of(folded, may_stand)) return {};
  return FailFor(ErrorKind::kInvalid, "name the file of a password", account,
                 "the account's name has other characters");
}

// Never a name that the system keeps for a device, whatever the account is called.
std::string FileName(const std::string& account, char letter) { return "password-" + Folded(account) + "." + letter; }

// A file that is renamed to another account's, or whose generation is changed, does not open.
std::string Context(const std::string& account, std::uint64_t generation) {
  return "acledger password\n" + Folded(account) + "\n" + std::to_string(generation);
}

std::vector<std::uint8_t> WithHead(std::uint64_t generation, const std::vector<std::uint8_t>& sealed) {
  std::vector<std::uint8_t> content(kMagic.begin(), kMagic.end());
  for (unsigned shift = 0; shift < 64; shift += 8) content.push_back(static_cast<std::uint8_t>(generation >> shift));
  content.insert(content.end(), sealed.begin(), sealed.end());
  return content;
}

std::optional<std::uint64_t> GenerationOf(const std::vector<std::uint8_t>& content) {
  if (content.size() <= kHead || !std::equal(kMagic.begin(), kMagic.end(), content.begin())) return std::nullopt;
  std::uint64_t generation = 0;
  for (std::size_t i = kHead; i-- > kMagic.size();) generation = generation << 8 | content[i];
  return generation;
}

// What says that this file is of no use, not that the store cannot be asked.
bool IsOfTheFile(const Error& error) { return error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kMismatch; }

}  // namespace

// One of the two files of an account.
struct FileSecretStore::Slot {
  char letter = 'a';
  bool is_there = false;
  std::uint64_t generation = 0;
  std::optional<Secret> secret;  // It is whole.
  std::optional<Error> damage;   // It is there, and is not.
};

Expected<FileSecretStore::Slot> FileSecretStore::Look(const std::string& account, char letter) {
  Slot slot;
  slot.letter = letter;
  auto content = files_.Read(FileName(account, letter));
  if (!content && !IsOfTheFile(content.error())) return std::unexpected(content.error());
  if (content && !*content) return slot;
  slot.is_there = true;
  if (!content) {
    slot.damage = content.error();
    return slot;
  }
  const auto generation = GenerationOf(**content);
  if (!generation) {
    slot.damage = Error{ErrorKind::kCorrupt, "read the password that is kept", account, 0, "the file is damaged"};
    return slot;
  }
  auto secret = sealer_.Open(security::Bytes(**content).subspan(kHead), Context(account, *generation));
  if (!secret) {
    slot.damage = std::move(secret.error()).At(account);
    return slot;
  }
  slot.generation = *generation;
  slot.secret = std::move(*secret);
  return slot;
}

Expected<std::optional<Secret>> FileSecretStore::Find(const std::string& account) {
  if (auto named = CheckName(account); !named) return std::unexpected(named.error());
  auto a = Look(account, 'a');
  if (!a) return std::unexpected(a.error());
  auto b = Look(account, 'b');
  if (!b) return std::unexpected(b.error());
  const bool is_a = a->secret && (!b->secret || a->generation > b->generation);
  if (is_a) return std::move(a->secret);
  if (b->secret) return std::move(b->secret);
  if (a->damage) return std::unexpected(*a->damage);
  if (b->damage) return std::unexpected(*b->damage);
  return std::optional<Secret>();
}

Expected<void> FileSecretStore::Write(const std::string& account, const Slot& to, std::uint64_t generation,
                                      const Secret& password) {
  const std::string name = FileName(account, to.letter);
  const auto sealed = sealer_.Seal(password, Context(account, generation));
  if (!sealed) return std::unexpected(sealed.error());
  if (to.is_there)
    if (auto removed = files_.Remove(name); !removed) return removed;
  if (auto written = files_.WriteNew(name, WithHead(generation, *sealed)); !written) return written;
  const auto back = Look(account, to.letter);
  if (!back) return std::unexpected(back.error());
  if (back->secret && *back->secret == password && back->generation == generation) return {};
  return FailFor(ErrorKind::kNoEffect, "keep the password", account, "it was written, and what is read is another");
}

Expected<void> FileSecretStore::Put(const std::string& account, const Secret& password) {
  if (auto named = CheckName(account); !named) return named;
  const auto a = Look(account, 'a');
  if (!a) return std::unexpected(a.error());
  const auto b = Look(account, 'b');
  if (!b) return std::unexpected(b.error());
  // What is whole stays until the new one is proved; and where nothing is, what may only be unreadable for now.
  const bool stays_a = a->secret ? !b->secret || a->generation > b->generation : !b->secret && a->is_there;
  const Slot& stays = stays_a ? *a : *b;
  const Slot& next = stays_a ? *b : *a;
  if (auto written = Write(account, next, stays.generation + 1, password); !written) return written;
  if (stays.is_there)
    if (auto removed = files_.Remove(FileName(account, stays.letter)); !removed) return removed;
  return ExpectKept(account, password);
}

Expected<void> FileSecretStore::ExpectKept(const std::string& account, const Secret& password) {
  const auto kept = Find(account);
  if (!kept) return std::unexpected(kept.error());
  if (*kept && **kept == password) return {};
  return FailFor(ErrorKind::kNoEffect, "keep the password", account, "another one is kept");
}

Expected<void> FileSecretStore::Remove(const std::string& account) {
  if (auto named = CheckName(account); !named) return named;
  for (const char letter : {'a', 'b'})
    if (auto removed = files_.Remove(FileName(account, letter)); !removed) return removed;
  for (const char letter : {'a', 'b'}) {
    const auto slot = Look(account, letter);
    if (!slot) return std::unexpected(slot.error());
    if (slot->is_there)
      return FailFor(ErrorKind::kNoEffect, "forget the password", account, "its file was removed, and is still there");
  }
  return {};
}

}  // namespace acledger::setup
