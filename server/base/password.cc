#include "server/base/password.h"

#include <crypt.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace hub {
namespace {

/// Scratch of crypt(3), 32 KiB: holds the password for a while, so it is wiped.
class Scratch {
 public:
  Scratch() : data_(std::make_unique<crypt_data>()) {}
  ~Scratch() { explicit_bzero(data_.get(), sizeof *data_); }
  /// nullptr when the setting is not one of crypt(5).
  const char* Crypt(const std::string& password, const std::string& setting) {
    return crypt_rn(password.c_str(), setting.c_str(), data_.get(), sizeof *data_);
  }

 private:
  std::unique_ptr<crypt_data> data_;
};

bool IsUsable(std::string_view password) {
  return !password.empty() && password.size() <= kPasswordOctetsMax &&
         password.find('\0') == std::string_view::npos;
}

// Looks at every octet whatever it finds: the time tells nothing about where two hashes part.
bool SameInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace

Outcome<std::string> HashPassword(std::string_view password, unsigned cost) {
  if (!IsUsable(password)) {
    return Err{Error{
        .doing = "hash a password",
        .why = "a password has 1 to " + std::to_string(kPasswordOctetsMax) + " octets and no NUL",
        .place = {},
        .sqlstate = {},
        .advice = {}}};
  }
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$y$", cost, nullptr, 0, setting, sizeof setting) == nullptr) {
    return Err{SystemError("make a salt for a password", errno)};
  }
  Scratch scratch;
  const char* hash = scratch.Crypt(std::string(password), setting);
  if (hash == nullptr) return Err{SystemError("hash a password", errno)};
  return std::string(hash);
}

Outcome<std::string> NewPassword(std::size_t characters) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string password;
  while (password.size() < characters) {
    std::uint8_t octet = 0;
    if (getrandom(&octet, 1, 0) != 1) return Err{SystemError("make a password", errno)};
    // 248 is the last multiple of 62: what is beyond would make the first letters likelier.
    if (octet < 248) password += kAlphabet[octet % kAlphabet.size()];
  }
  return password;
}

bool VerifyPassword(std::string_view password, const std::string& hash) {
  if (!IsUsable(password) || hash.empty()) return false;
  Scratch scratch;
  const char* again = scratch.Crypt(std::string(password), hash);
  return again != nullptr && SameInConstantTime(again, hash);
}

bool IsPasswordHash(const std::string& hash) {
  if (hash.size() < 3 || hash[0] != '$') return false;
  const int verdict = crypt_checksalt(hash.c_str());
  return verdict == CRYPT_SALT_OK || verdict == CRYPT_SALT_METHOD_LEGACY;
}

}  // namespace hub
