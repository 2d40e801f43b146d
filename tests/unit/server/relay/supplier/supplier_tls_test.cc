#include "server/relay/supplier/supplier_tls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace hub::relay {
namespace {

// Somebody's, without its key.
constexpr char kCertificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUCoTwSxyDjBYtWO/1RGS1nev0Tb8wCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjEwMTUzMjRaGA8yMTI2MTAyODAxNTMy\n"
    "NFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPe5\n"
    "kY1LXJUyMVC4OIyRCouNRXqEqhxJlKCnpOrlZiU5sgen00Mn1j6kpB0ygeTznvT6\n"
    "jAlLBi/rtXmMdcFooA6jUzBRMB0GA1UdDgQWBBSsr9jHVfgCtMwQqKcFbZgUQizC\n"
    "azAfBgNVHSMEGDAWgBSsr9jHVfgCtMwQqKcFbZgUQizCazAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQC9kESaU8m49XC/8ZMzoBtUZflObxH+8tqO\n"
    "YLGZ1h/7PQIgap9nIQsuxXT1BwotEAc7jxvGP0EAKnaswNkYd3AC7b8=\n"
    "-----END CERTIFICATE-----\n";

class SupplierTls : public testing::Test {
 protected:
  ~SupplierTls() override { std::filesystem::remove(ca_); }
  void WriteCa(const char* text) { std::ofstream(ca_) << text; }
  static store::SupplierBindRow Bind(store::SupplierTls tls, std::string ca = {}) {
    store::SupplierBindRow row;
    row.tls = tls;
    row.tls_ca = std::move(ca);
    return row;
  }
  net::TlsContextPtr Read(const store::SupplierBindRow& row) {
    SupplierTlsFiles::Reading reading(files_);
    return reading.Of(supplier_, row);
  }

  const std::string ca_ =
      (std::filesystem::temp_directory_path() / ("hub-ca-" + std::to_string(getpid()))).string();
  const store::SupplierRow supplier_;
  SupplierTlsFiles files_;
};

TEST_F(SupplierTls, APlainBindHasNone) { EXPECT_EQ(Read(Bind(store::SupplierTls::kOff)), nullptr); }

TEST_F(SupplierTls, VerifiesUnlessTold) {
  EXPECT_TRUE(Read(Bind(store::SupplierTls::kVerify))->verify());
  EXPECT_FALSE(Read(Bind(store::SupplierTls::kInsecure))->verify());
}

TEST_F(SupplierTls, BindsWithTheSameFilesShareThem) {
  SupplierTlsFiles::Reading reading(files_);
  const auto one = reading.Of(supplier_, Bind(store::SupplierTls::kVerify));
  EXPECT_EQ(reading.Of(supplier_, Bind(store::SupplierTls::kVerify)), one);
  EXPECT_NE(reading.Of(supplier_, Bind(store::SupplierTls::kInsecure)), one);
}

TEST_F(SupplierTls, AFileThatIsNotThereLeavesNone) {
  EXPECT_EQ(Read(Bind(store::SupplierTls::kVerify, ca_)), nullptr);
}

TEST_F(SupplierTls, EachReloadReadsAnew) {
  WriteCa(kCertificate);
  const auto row = Bind(store::SupplierTls::kVerify, ca_);
  const auto first = Read(row);
  ASSERT_NE(first, nullptr);
  const auto second = Read(row);
  EXPECT_NE(second, nullptr);
  EXPECT_NE(second, first);
}

TEST_F(SupplierTls, AFileThatGoesBadLeavesWhatWasGood) {
  WriteCa(kCertificate);
  const auto row = Bind(store::SupplierTls::kVerify, ca_);
  const auto good = Read(row);
  ASSERT_NE(good, nullptr);
  WriteCa("no certificate");
  EXPECT_EQ(Read(row), good);
  EXPECT_EQ(Read(row), good);
  EXPECT_EQ(Read(Bind(store::SupplierTls::kOff)), nullptr);  // nobody names the file any more
  EXPECT_EQ(Read(row), nullptr);
}

}  // namespace
}  // namespace hub::relay
