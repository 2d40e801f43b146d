// What a stream does otherwise when it speaks TLS.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/net/loop_core.h"
#include "server/net/tcp_stream.h"

namespace hub::net {
namespace {

constexpr std::size_t kRecordsPerWrite = 4;  // encrypted ahead of what the kernel takes
constexpr auto kRoomMin = static_cast<std::uint32_t>(TlsEngine::kRecordOctetsMax + 4096);

}  // namespace

void TcpStream::SpeakTls(const TlsContext& context, const std::string& server_name) {
  tls_ = std::make_unique<Tls>(context, server_name, core_.copy_slab());
}

void TcpStream::BeginTls() {
  tls_->engine.Start();  // Open has marked us for the flush
  if (tls_->engine.state() == TlsEngine::State::kFailed) TlsFailed();
}

// ---- reading

void TcpStream::ReadTls() {
  // What is decrypted is never longer than what was read and one record that was begun before: so all of it fits the room,
  // and nothing waits inside OpenSSL for a user who paused.
  const MutableBytes cipher = core_.cipher_room();
  const std::size_t room = input_.Room(kRoomMin).size() - TlsEngine::kRecordOctetsMax;
  const std::size_t octets = ReadSocket(cipher.first(std::min(room, cipher.size())));
  if (octets != 0) TakeCipher(cipher.first(octets));
}

void TcpStream::TakeCipher(Bytes cipher) {
  const std::size_t plain = tls_->engine.Take(cipher, input_.Room(kRoomMin));
  const Slice octets = plain == 0 ? Slice() : input_.Commit(plain);
  if (tls_->out.octets() > 0) MarkDirty();  // the handshake, or an answer to a key update
  if (tls_->out.octets() > limits_.output_octets_max) return Doom(CloseCause::kOutputLimit, 0);
  if (tls_->engine.established() && !tls_->told) TlsEstablished();
  if (plain != 0 && !Ended()) Feed(octets);
  EndTls();
}

// A goodbye or a bad record ends the stream when what came before it, perhaps in the same read, is served.
void TcpStream::EndTls() {
  if (more_ || paused_ || Ended()) return;
  if (tls_->engine.state() == TlsEngine::State::kFailed) return TlsFailed();
  if (tls_->engine.state() == TlsEngine::State::kEnded) Doom(CloseCause::kPeerClosed, 0);
}

void TcpStream::TlsEstablished() {
  tls_->told = true;
  core_.counters().tls_handshakes.Add(1);
  MarkDirty();  // for what was written before
  const bool ours = attempt_ != nullptr;
  if (ours && !Ended()) events_->OnConnected();
}

void TcpStream::TlsFailed() {
  if (doomed_) return;
  if (socket_.open()) (void)tls_->out.WriteTo(socket_.fd(), core_.counters());  // the alert
  Doom(CloseCause::kTlsFailed, 0);
}

// ---- writing

// Everything that a turn queued is encrypted together: one record carries many PDUs.
Flow TcpStream::WriteTls() {
  while (true) {
    const Flow flow = tls_->out.WriteTo(socket_.fd(), core_.counters());
    if (flow != Flow::kEmpty) return flow;
    if (!EncryptSome()) return Flow::kFailed;
    if (tls_->out.octets() == 0) return Flow::kEmpty;
  }
}

// False, with errno, when OpenSSL refuses.
bool TcpStream::EncryptSome() {
  using State = TlsEngine::State;
  if (!tls_->engine.established() || tls_->engine.state() == State::kFailed) return true;
  std::uint8_t record[TlsEngine::kRecordPlainOctetsMax];
  for (std::size_t i = 0; i < kRecordsPerWrite && output_.octets() > 0; ++i) {
    const std::size_t octets = output_.Take(record);
    if (tls_->engine.Write({record, octets})) continue;
    errno = EPROTO;
    return false;
  }
  if (closing_ && output_.octets() == 0 && !std::exchange(tls_->goodbye, true)) {
    tls_->engine.Goodbye();
  }
  return true;
}

void TcpStream::CountTls() {
  if (!socket_.open()) return;  // nobody was there to shake hands with
  if (!tls_->engine.established()) {
    core_.counters().tls_handshakes_failed.Add(1);
  } else if (cause_ == CloseCause::kTlsFailed) {
    core_.counters().tls_broken.Add(1);
  }
}

}  // namespace hub::net
