// TLS of one connection as octets in and octets out: no socket, no loop. Internal to server/net.
//
//   cipher in  ──Take──► SSL ──► room (plain octets)          OpenSSL reads and writes through a BIO of ours that
//   cipher out ◄──send── SSL ◄── Write (plain octets)         borrows the caller's octets and keeps none
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/base/slab.h"
#include "server/net/tls.h"

struct bio_st;
struct ssl_st;

namespace hub::net {

class TlsEngine {
 public:
  enum class State : std::uint8_t {
    kHandshake,
    kOpen,
    kEnded,   // the peer said that nothing more comes
    kFailed,  // failure() tells; an alert for the peer may have been sent
  };
  /// What one record can hold, and what it takes on the wire at most.          RFC 8446 §5.2, RFC 5246 §6.2.3
  static constexpr std::size_t kRecordPlainOctetsMax = 16 * 1024;
  static constexpr std::size_t kRecordOctetsMax = 5 + kRecordPlainOctetsMax + 2048;
  /// A handshake that takes more input than this is none.
  static constexpr std::size_t kHandshakeOctetsMax = 64 * 1024;
  /// And so is what carries nothing for us for so long: key updates, tickets and empty records cost us more than their sender.
  static constexpr std::size_t kIdleOctetsMax = 64 * 1024;

  /// send: takes octets for the peer, called from within Start, Take, Write and Goodbye only.
  /// server_name: see TlsTarget; of a client's context only.
  TlsEngine(const TlsContext& context, const std::string& server_name,
            std::function<void(Bytes)> send);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  /// A client says hello. A server waits.
  void Start();
  /// Takes all of `cipher`; what it holds stands in `room` afterwards. Returns how many octets that is.
  /// room: at least cipher.size() + kRecordOctetsMax, so that nothing decrypted is ever left inside.
  std::size_t Take(Bytes cipher, MutableBytes room);
  /// Encrypts all of it; only when kOpen. False: failed.
  bool Write(Bytes plain);
  /// Tells the peer that nothing more comes.
  void Goodbye();

  State state() const { return state_; }
  bool established() const { return established_; }  // at some time
  TlsFacts facts() const;

 private:
  friend struct TlsBio;

  bool Handshake();
  void Judge(int returned);
  void Fail(std::string why);

  const bool client_;
  const std::function<void(Bytes)> send_;
  Bytes incoming_;  // borrowed, within Take
  struct SslFree {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<ssl_st, SslFree> ssl_;
  State state_ = State::kHandshake;
  bool established_ = false;
  std::size_t handshake_octets_ = 0;
  std::size_t idle_octets_ = 0;  // since the last one for our user
  std::string failure_;
};

}  // namespace hub::net
