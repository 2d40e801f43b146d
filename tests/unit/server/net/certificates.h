// Certificates made on the spot: an authority, and leaves that it signs. Files in a folder that goes with the object.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;
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

/// From now on `made` counts the TLS states that OpenSSL makes, one for each connection. Once a process; negative: it cannot.
int CountTlsStates(std::atomic<int>* made);

/// A client of TLS 1.3 that trusts everybody, and changes its key whenever it is told so.
class KeyChanger {
 public:
  KeyChanger();
  ~KeyChanger();
  KeyChanger(const KeyChanger&) = delete;
  KeyChanger& operator=(const KeyChanger&) = delete;

  /// Takes what the server sent; returns what the client sends. Once with "" to begin.
  std::string Shake(std::string_view from_server);
  std::string ChangeKey();
  std::string Say(std::string_view text);

 private:
  std::string Sent();

  ssl_ctx_st* context_;
  ssl_st* ssl_;
};

}  // namespace hub::net
