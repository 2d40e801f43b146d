#include "tests/unit/server/net/certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace hub::net {
namespace {

constexpr long kDayS = 86'400;

X509* Make(const std::string& name, long serial, EVP_PKEY* key, X509* issuer) {
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -kDayS);
  X509_gmtime_adj(X509_getm_notAfter(made), kDayS);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(issuer == nullptr ? made : issuer));
  return made;
}

void Extend(X509* to, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  ASSERT_NE(extension, nullptr);
  X509_add_ext(to, extension, -1);
  X509_EXTENSION_free(extension);
}

void WriteCertificate(const std::string& path, X509* certificate) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
}

void WriteKey(const std::string& path, EVP_PKEY* key) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  chmod(path.c_str(), 0600);
}

}  // namespace

Authority::Authority(const std::string& name) : key_(EVP_EC_gen("P-256")) {
  std::string folder = "/tmp/hub-tls-XXXXXX";
  folder_ = mkdtemp(folder.data());
  ca_ = Path("ca.pem");
  certificate_ = Make(name, serial_++, key_, nullptr);
  Extend(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_, key_, EVP_sha256());
  WriteCertificate(ca_, certificate_);
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
  std::filesystem::remove_all(folder_);
}

Authority::Leaf Authority::Sign(const std::string& name, const std::string& alt_names) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = Make(name, serial_, key, certificate_);
  Extend(made, certificate_, NID_subject_alt_name, alt_names);
  X509_sign(made, key_, EVP_sha256());
  const std::string stem = name + "-" + std::to_string(serial_++);
  Leaf leaf{Path(stem + ".pem"), Path(stem + ".key")};
  WriteCertificate(leaf.certificate, made);
  WriteKey(leaf.key, key);
  X509_free(made);
  EVP_PKEY_free(key);
  return leaf;
}

int CountTlsStates(std::atomic<int>* made) {
  return SSL_get_ex_new_index(
      0, made,
      [](void*, void*, CRYPTO_EX_DATA*, int, long, void* counter) {
        ++*static_cast<std::atomic<int>*>(counter);
      },
      nullptr, nullptr);
}

KeyChanger::KeyChanger() : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_);
}

KeyChanger::~KeyChanger() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

std::string KeyChanger::Sent() {
  char* octets = nullptr;
  const long length = BIO_get_mem_data(SSL_get_wbio(ssl_), &octets);
  std::string sent(octets, static_cast<std::size_t>(length));
  (void)BIO_reset(SSL_get_wbio(ssl_));
  return sent;
}

std::string KeyChanger::Shake(std::string_view from_server) {
  BIO_write(SSL_get_rbio(ssl_), from_server.data(), static_cast<int>(from_server.size()));
  SSL_do_handshake(ssl_);
  return Sent();
}

std::string KeyChanger::ChangeKey() {
  EXPECT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
  EXPECT_EQ(SSL_do_handshake(ssl_), 1);
  return Sent();
}

std::string KeyChanger::Say(std::string_view text) {
  EXPECT_EQ(SSL_write(ssl_, text.data(), static_cast<int>(text.size())),
            static_cast<int>(text.size()));
  return Sent();
}

}  // namespace hub::net
