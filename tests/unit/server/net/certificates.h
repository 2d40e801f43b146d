// Certificates made on the spot: an authority, and leaves that it signs. Files in a folder that goes with the object.
#pragma once

#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace hub::net {

class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  struct Leaf {
    std::string certificate, key;  // PEM files
  };
  /// alt_names: as OpenSSL writes them, "DNS:smsc.example,IP:127.0.0.1".
  Leaf Sign(const std::string& name, const std::string& alt_names);

  const std::string& ca() const { return ca_; }  // PEM file
  std::string Path(const std::string& file) const { return folder_ + "/" + file; }

 private:
  std::string folder_, ca_;
  evp_pkey_st* key_;
  x509_st* certificate_;
  long serial_ = 1;
};

}  // namespace hub::net
