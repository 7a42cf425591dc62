// SPDX-License-Identifier: MIT
#include "scanner/trusted_place.h"

#include <gtest/gtest.h>

#include "scanner/carried_ledger.h"
#include "security/sddl.h"
#include "tests/fakes/fake_volume.h"

namespace acledger::scanner {
namespace {

constexpr char kFolder[] = "O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr char kFile[] = "O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)";

bool IsTrusted(const char* sddl) { return IsAdministratorsAlone(security::FromSddl(sddl).value()); }

TEST(TrustedPlace, IsOneThatAdministratorsAloneOwnAndChange) {
  EXPECT_TRUE(IsTrusted(kFolder));
  EXPECT_TRUE(IsTrusted("O:BAG:BAD:(A;ID;FA;;;BA)"));
  EXPECT_TRUE(IsTrusted("O:BAG:BAD:"));  // Nobody may do anything.
  EXPECT_TRUE(IsTrusted("O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464G:SYD:(A;;0x1200a9;;;BU)"));
  EXPECT_TRUE(IsTrusted("O:BAG:BAD:(D;;FA;;;BU)(A;;FA;;;BA)"));
}

TEST(TrustedPlace, IsNoneThatOthersOwnOrChange) {
  EXPECT_FALSE(IsTrusted("O:BUG:BAD:(A;;FA;;;BA)"));
  EXPECT_FALSE(IsTrusted("G:BAD:(A;;FA;;;BA)"));
  EXPECT_FALSE(IsTrusted("O:BAG:BA"));
  EXPECT_FALSE(IsTrusted("O:BAG:BAD:NO_ACCESS_CONTROL"));
  EXPECT_FALSE(IsTrusted("O:BAG:BAD:(A;;FA;;;BA)(A;;0x2;;;BU)"));
  EXPECT_FALSE(IsTrusted("O:BAG:BAD:(A;;FA;;;BA)(A;;WD;;;AU)"));
  EXPECT_FALSE(IsTrusted("O:BAG:BAD:(A;;FA;;;BA)(A;;SD;;;S-1-5-21-1-2-3-1001)"));
  EXPECT_FALSE(IsTrusted("O:BAG:BAD:(A;;FA;;;BA)(A;OICIIO;GA;;;CO)"));
  EXPECT_FALSE(IsTrusted("O:BAG:BAD:(A;;FA;;;BA)(XA;;FR;;;BU;(Member_of {SID(BA)}))"));
  EXPECT_FALSE(IsAdministratorsAlone({}));
}

class CarriedLedgerTest : public testing::Test {
 protected:
  void Put(const char* folder = kFolder, const char* file = kFile) {
    volume_.Folder(u"ProgramData", "O:SYG:SYD:(A;OICI;FA;;;SY)(A;CI;0x6;;;BU)");
    volume_.Folder(u"ProgramData/acledger", folder);
    volume_.File(u"ProgramData/acledger/image-ledger.db", file);
    volume_.SetContent(u"ProgramData/acledger/image-ledger.db", "bytes");
  }
  ErrorKind Refused() {
    const auto read = ReadCarriedLedger(volume_);
    return read ? ErrorKind::kNoEffect : read.error().kind;
  }
  fakes::FakeVolume volume_;
};

TEST_F(CarriedLedgerTest, IsReadWhereAdministratorsPutIt) {
  EXPECT_EQ(ReadCarriedLedger(volume_).value(), std::nullopt);
  Put();
  EXPECT_EQ(ReadCarriedLedger(volume_).value(), "bytes");
}

TEST_F(CarriedLedgerTest, InAFolderThatAUserMadeIsRefused) {
  Put("O:S-1-5-21-1-2-3-1001G:BUD:(A;OICI;FA;;;SY)");
  EXPECT_EQ(Refused(), ErrorKind::kDenied);
}

TEST_F(CarriedLedgerTest, ThatUsersMayChangeIsRefused) {
  Put(kFolder, "O:SYG:SYD:P(A;;FA;;;SY)(A;;0x120116;;;BU)");
  EXPECT_EQ(Refused(), ErrorKind::kDenied);
}

TEST_F(CarriedLedgerTest, BehindAJunctionIsNotFollowed) {
  volume_.Folder(u"ProgramData");
  volume_.ReparsePoint(u"ProgramData/acledger", 0xA0000003, true, kFolder);
  EXPECT_EQ(Refused(), ErrorKind::kUnsupported);
}

TEST_F(CarriedLedgerTest, WithASecondNameIsRefused) {
  Put();
  volume_.HardLink(u"ProgramData/acledger/image-ledger.db", u"elsewhere");
  EXPECT_EQ(Refused(), ErrorKind::kUnsupported);
}

TEST_F(CarriedLedgerTest, ThatIsALinkIsRefused) {
  volume_.Folder(u"ProgramData/acledger", kFolder);
  volume_.ReparsePoint(u"ProgramData/acledger/image-ledger.db", 0xA000000C, false, kFile);
  EXPECT_EQ(Refused(), ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace acledger::scanner
