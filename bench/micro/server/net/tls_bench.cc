// What TLS costs for a PDU of 200 octets, by how many a turn writes together; both ends run here. And for a handshake.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/base/check.h"
#include "server/net/tls_engine.h"

namespace hub::net {
namespace {

constexpr std::size_t kPduOctets = 200;

// A certificate that signs itself, P-256.
class Identity {
 public:
  Identity() {
    std::string folder = "/tmp/hub-bench-XXXXXX";
    folder_ = mkdtemp(folder.data());
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* made = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 3'600);
    X509_set_pubkey(made, key);
    X509_sign(made, key, EVP_sha256());
    std::FILE* file = std::fopen(certificate().c_str(), "w");
    PEM_write_X509(file, made);
    std::fclose(file);
    file = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    chmod(key_file().c_str(), 0600);
    X509_free(made);
    EVP_PKEY_free(key);
  }
  ~Identity() { std::filesystem::remove_all(folder_); }
  std::string certificate() const { return folder_ + "/one.pem"; }
  std::string key_file() const { return folder_ + "/one.key"; }

 private:
  std::string folder_;
};

class Pair {
 public:
  Pair(const TlsContextPtr& server, const TlsContextPtr& client)
      : room_(128 * 1024),
        server_(*server, "", [this](Bytes octets) { Append(&to_client_, octets); }),
        client_(*client, "localhost", [this](Bytes octets) { Append(&to_server_, octets); }) {
    client_.Start();
    while (!to_client_.empty() || !to_server_.empty()) {
      Give(&to_server_, server_);
      Give(&to_client_, client_);
    }
    HUB_CHECK(client_.established() && server_.established());
  }
  void Send(Bytes plain) {
    HUB_CHECK(client_.Write(plain));
    Give(&to_server_, server_);
  }

 private:
  static void Append(std::vector<std::uint8_t>* to, Bytes octets) {
    to->insert(to->end(), octets.begin(), octets.end());
  }
  void Give(std::vector<std::uint8_t>* cipher, TlsEngine& to) {
    benchmark::DoNotOptimize(to.Take(*cipher, room_));
    cipher->clear();
  }

  std::vector<std::uint8_t> room_, to_client_, to_server_;
  TlsEngine server_, client_;
};

struct Contexts {
  Identity identity;
  TlsContextPtr server =
      TlsContext::ForServer({.certificate = identity.certificate(), .key = identity.key_file()})
          .value();
  TlsContextPtr client = TlsContext::ForClient({.verify = false}).value();
};

void Pdus(benchmark::State& state) {
  const Contexts contexts;
  Pair pair(contexts.server, contexts.client);
  const std::vector<std::uint8_t> turn(static_cast<std::size_t>(state.range(0)) * kPduOctets, 'x');
  for (auto _ : state) pair.Send(turn);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Pdus)->Arg(1)->Arg(10)->Arg(80);

void Handshake(benchmark::State& state) {
  const Contexts contexts;
  for (auto _ : state) Pair pair(contexts.server, contexts.client);
}
BENCHMARK(Handshake);

}  // namespace
}  // namespace hub::net
