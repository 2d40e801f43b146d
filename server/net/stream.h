// A byte stream to one peer, over TCP or TLS. No SMPP here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/clock.h"
#include "server/base/slab.h"
#include "server/net/tls.h"

namespace hub::net {

enum class CloseCause : std::uint8_t {
  kPeerClosed,     // orderly end of the peer's data
  kError,          // errno tells
  kConnectFailed,  // never was open; errno tells
  kTlsFailed,      // tls().failure tells; before or after the handshake
  kOutputLimit,    // the peer does not read: more than output_octets_max wait for it
  kOurs,           // Close or CloseAfterFlush of ours finished
};

std::string_view Name(CloseCause cause);

class Stream;

/// Who uses a stream. All calls come on the loop's thread, never from within a call into the stream.
class StreamEvents {
 public:
  virtual ~StreamEvents() = default;

  /// Only for streams made by Connect: the peer is there, and who it should be.
  virtual void OnConnected() = 0;

  /// Octets that came, the ones left over before in front. Returns how many it took from the front; the rest comes
  /// again with what follows. `octets` may be kept by copying the Slice (it holds its slab), and the taken part of it
  /// may be written to (the taker is the only one who owns those octets).
  /// Returning less than all although a whole unit is there is allowed: call stream.ReadMore() to be called again
  /// without new data (a fair reader yields after frames_per_turn_max).
  virtual std::size_t OnOctets(const Slice& octets) = 0;

  /// Output had passed output_octets_high and is now below half of it.
  virtual void OnDrained() = 0;

  /// The last call. The stream is dead and will be freed at the end of the turn: only peer() and tls() still answer.
  virtual void OnClosed(CloseCause cause, int system_errno) = 0;
};

/// Owned by its loop; a pointer is good until OnClosed has returned. One thread.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Queues octets; everything queued in a turn leaves in one writev at its end. References the slice, copies nothing.
  virtual void Write(Slice octets) = 0;
  /// The same for small, short-lived octets: copies them.
  virtual void WriteCopy(Bytes octets) = 0;
  /// Octets queued and not yet taken by the kernel. Above output_octets_high `congested()` is true: stop feeding,
  /// OnDrained will come. Above output_octets_max the stream closes itself with kOutputLimit.
  virtual std::size_t queued_octets() const = 0;
  virtual bool congested() const = 0;
  /// For who may send only so much in a time, and must not have it leave as one burst. From now on congested() from the end of a turn
  /// with octets that the kernel did not take until it has them all; and the kernel takes none while it has some that it cannot send.
  virtual void SendNothingAhead() = 0;

  /// Back-pressure to the source: while paused, the kernel's buffer and then the peer fills up. No OnOctets comes.
  virtual void PauseReading() = 0;
  /// Octets left over are given again in the next turn, as by ReadMore.
  virtual void ResumeReading() = 0;
  /// Calls OnOctets again in the next turn if octets were left over; new ones are read only after that, so that the
  /// peer's last units are served before its OnClosed. Called within an OnOctets that takes nothing, it is void.
  virtual void ReadMore() = 0;

  /// Drops what is queued. OnClosed(kOurs) comes at the end of this turn; nothing else comes before it.
  virtual void Close() = 0;
  /// Writes out what is queued (bounded by flush_timeout), then closes with kOurs. Reading stops at once.
  virtual void CloseAfterFlush() = 0;

  /// "192.0.2.7:40112"; behind a listener with the PROXY protocol, whom the proxy named.
  virtual const std::string& peer() const = 0;
  /// All empty for a plain stream.
  virtual TlsFacts tls() const { return {}; }
  /// When octets last came.
  virtual TimePoint last_received() const = 0;
};

/// Limits of a stream; the settings table fills them.
struct StreamLimits {
  std::size_t output_octets_high = 256 * 1024;  // congested above
  std::size_t output_octets_max = 1024 * 1024;  // closed above
  std::size_t input_octets_max =
      256 * 1024;  // left-over input a user may leave untaken; above: paused
  Duration flush_timeout = std::chrono::seconds(5);  // CloseAfterFlush gives up after
  Duration connect_timeout = std::chrono::seconds(10);
};

}  // namespace hub::net
