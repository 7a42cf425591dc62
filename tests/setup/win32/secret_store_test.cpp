// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>

#include "security/win32/token_user.h"
#include "setup/win32/dpapi.h"
#include "setup/win32/win32_secret_store.h"
#include "tests/setup/win32/this_system.h"

// Under Wine all of this works but for one thing (ClosedFolder::ForSystem), with the patches of tools/wine: its data
// protection seals and opens, the privileges to back up and to restore are asked for, and descriptors are stored as
// they are given.
namespace acledger::setup {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const std::string kAccount = "AcledgerOff-1001";
constexpr std::string_view kPassword = "Never seen in a file: 7+8=15";

std::string Kept(SecretStore& store, const std::string& account = kAccount) {
  const auto found = store.Find(account);
  if (!found) return std::string("!") + Name(found.error().kind);
  return *found ? std::string((*found)->Reveal()) : "-";
}

bool Holds(const std::vector<std::uint8_t>& content, std::string_view text, std::size_t step) {
  std::string found;
  for (std::size_t start = 0; start < step; ++start) {
    for (std::size_t at = start; at < content.size(); at += step) found.push_back(static_cast<char>(content[at]));
    found.push_back('\n');
  }
  return found.find(text) != found.npos;
}

class SystemSecretStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!IsElevated()) GTEST_SKIP() << "needs an elevated administrator";
  }
};
// What the test looks at, it opens by the same privileges.
class UserSecretStoreTest : public SystemSecretStoreTest {};

TEST_F(SystemSecretStoreTest, KeepsPasswordsThatOnlyThePrivilegeReaches) {
  const ClosedFolder folder(ClosedFolder::ForSystem());
  const auto store = MakeSystemSecretStore(folder.Path());
  EXPECT_EQ(Kept(*store), "-");
  for (const std::string_view password : {std::string_view("first"), kPassword}) {
    const auto put = store->Put(kAccount, Secret(password));
    ASSERT_TRUE(put) << put.error().ToString();
    EXPECT_EQ(Kept(*MakeSystemSecretStore(folder.Path())), password);
  }
  ASSERT_THAT(folder.Names(), SizeIs(1));
  const std::string name = folder.Names()[0];
  EXPECT_EQ(folder.SddlOf(name), "O:SYD:P(A;;FA;;;SY)");
  EXPECT_EQ(folder.OpenPlainly(name), 5u);
  EXPECT_TRUE(store->Remove(kAccount));
  EXPECT_THAT(folder.Names(), IsEmpty());
  EXPECT_TRUE(store->Remove(kAccount));
}

TEST_F(SystemSecretStoreTest, WritesNoPlainText) {
  const ClosedFolder folder(ClosedFolder::ForSystem());
  const auto store = MakeSystemSecretStore(folder.Path());
  ASSERT_TRUE(store->Put(kAccount, Secret(kPassword)));
  const auto content = folder.Read(folder.Names().at(0));
  EXPECT_GT(content.size(), kPassword.size());
  for (const std::size_t step : {1u, 2u, 4u}) EXPECT_FALSE(Holds(content, kPassword.substr(0, 6), step)) << step;
  EXPECT_TRUE(Holds(content, "ALSECR1", 1));
}

// Each byte that is changed, and each length that is cut: an error, or (a byte that has no meaning) the password
// itself.
TEST_F(SystemSecretStoreTest, TellsOfADamagedFileAndNeverThatNoneIsThere) {
  const ClosedFolder folder(ClosedFolder::ForSystem());
  const auto store = MakeSystemSecretStore(folder.Path());
  ASSERT_TRUE(store->Put(kAccount, Secret(kPassword)));
  const std::string name = folder.Names().at(0);
  const auto whole = folder.Read(name);
  int corrupt = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] ^= 0x20;
    folder.Write(name, changed);
    const std::string kept = Kept(*store);
    EXPECT_TRUE(kept == kPassword || kept == "!corrupt" || kept == "!denied") << "byte " << at << ": " << kept;
    if (kept == "!corrupt") ++corrupt;
    folder.Write(name, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)});
    EXPECT_EQ(Kept(*store), "!corrupt") << "length " << at;
  }
  EXPECT_GT(corrupt, static_cast<int>(whole.size() / 2));
  ASSERT_TRUE(store->Put(kAccount, Secret("new")));
  EXPECT_EQ(Kept(*store), "new");
}

TEST_F(SystemSecretStoreTest, BelievesNoFileThatOthersCouldReadOrWrite) {
  const ClosedFolder folder(ClosedFolder::ForSystem());
  const auto store = MakeSystemSecretStore(folder.Path());
  ASSERT_TRUE(store->Put(kAccount, Secret(kPassword)));
  const std::string name = folder.Names().at(0);
  const auto content = folder.Read(name);
  for (const char* sddl : {"O:SYG:SYD:P(A;;FA;;;SY)(A;;FR;;;WD)", "O:BAG:SYD:P(A;;FA;;;SY)",
                           "O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)", "O:SYG:SYD:(A;;FA;;;SY)"}) {
    SCOPED_TRACE(sddl);
    folder.Plant(name, content, sddl);
    EXPECT_EQ(Kept(*store), "!mismatch") << sddl << " became " << folder.SddlOf(name);
  }
  folder.Plant(name, content, "O:SYG:SYD:P(A;;FA;;;SY)");
  EXPECT_EQ(Kept(*store), kPassword);
  folder.Plant(name, content, "O:SYG:SYD:P(A;;FA;;;SY)(A;;FR;;;WD)");
  ASSERT_TRUE(store->Put(kAccount, Secret("new")));
  EXPECT_EQ(Kept(*store), "new");
  EXPECT_EQ(folder.SddlOf(folder.Names().at(0)), "O:SYD:P(A;;FA;;;SY)");
}

TEST_F(SystemSecretStoreTest, RemovesAlsoWhatIsReadOnly) {
  const ClosedFolder folder(ClosedFolder::ForSystem());
  const auto store = MakeSystemSecretStore(folder.Path());
  ASSERT_TRUE(store->Put(kAccount, Secret(kPassword)));
  folder.MakeReadOnly(folder.Names().at(0));
  const auto removed = store->Remove(kAccount);
  EXPECT_TRUE(removed) << removed.error().ToString();
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST_F(SystemSecretStoreTest, OpensNoOtherAccountsFile) {
  const ClosedFolder folder(ClosedFolder::ForSystem());
  const auto store = MakeSystemSecretStore(folder.Path());
  ASSERT_TRUE(store->Put(kAccount, Secret(kPassword)));
  folder.Plant("password-acledgeron-1001.a", folder.Read(folder.Names().at(0)), "O:SYG:SYD:P(A;;FA;;;SY)");
  EXPECT_EQ(Kept(*store, "AcledgerOn-1001"), "!corrupt");
}

TEST_F(SystemSecretStoreTest, TellsThatTheFolderIsNotThereWhenItWrites) {
  std::string gone;
  {
    const ClosedFolder folder(ClosedFolder::ForSystem());
    gone = folder.Path();
  }
  const auto store = MakeSystemSecretStore(gone);
  EXPECT_EQ(Kept(*store), "-");
  EXPECT_TRUE(store->Remove(kAccount));
  const auto put = store->Put(kAccount, Secret(kPassword));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, ErrorKind::kNotFound);
}

TEST_F(UserSecretStoreTest, KeepsPasswordsForTheCallerAndTheSystem) {
  const std::string user = win32::CallerSid().value().ToString();
  const ClosedFolder folder(("O:" + user + "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;" + user + ")").c_str());
  const auto store = MakeUserSecretStore(folder.Path());
  ASSERT_TRUE(store);
  const auto put = (*store)->Put(kAccount, Secret(kPassword));
  ASSERT_TRUE(put) << put.error().ToString();
  EXPECT_EQ(Kept(**store), kPassword);
  const std::string name = folder.Names().at(0);
  EXPECT_EQ(folder.SddlOf(name), "O:" + user + "D:P(A;;FA;;;SY)(A;;FA;;;" + user + ")");
  EXPECT_EQ(folder.OpenPlainly(name), 0u);
  EXPECT_FALSE(Holds(folder.Read(name), kPassword.substr(0, 6), 1));
  EXPECT_TRUE((*store)->Remove(kAccount));
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST(DpapiTest, OpensOnlyWithTheContextThatItSealedWith) {
  for (const auto whom : {Dpapi::For::kMachine, Dpapi::For::kCaller}) {
    Dpapi dpapi(whom);
    const auto sealed = dpapi.Seal(Secret(kPassword), "context");
    ASSERT_TRUE(sealed) << sealed.error().ToString();
    const auto opened = dpapi.Open(*sealed, "context");
    ASSERT_TRUE(opened) << opened.error().ToString();
    EXPECT_EQ(opened->Reveal(), kPassword);
    const auto other = dpapi.Open(*sealed, "contexT");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, ErrorKind::kCorrupt) << other.error().ToString();
  }
}

}  // namespace
}  // namespace acledger::setup
