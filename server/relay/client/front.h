// The customers' sessions of one loop: accepted, bound, counted, found again.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/base/loop_ptr.h"
#include "server/relay/client/throttle_notes.h"
#include "server/relay/context.h"
#include "server/relay/overload.h"
#include "server/session/esme_session.h"

namespace hub::relay {

/// One session and whose it is. Owned by Front; named by its SlotId.
struct EsmeEntry {
  std::unique_ptr<EsmeSession> session;
  LoopPtr<ClientState> client;  // null until bound
  // False once the session ended: its password need not be judged any more.
  std::shared_ptr<std::atomic<bool>> here = std::make_shared<std::atomic<bool>>(true);
  const store::ClientRow* row = nullptr;  // of the snapshot in force
  access::Address address;
  std::uint64_t place = 0;  // access::Guard's; while it is not bound
  access::BindMode mode{};
  bool asks_from_known = false;  // its bind is judged, and is for a client known at its address
  std::unique_ptr<Timer> pause;  // until it is answered, when strangers guess this system_id
  TokenBucket::Turns turns;      // of the request that waits for them, or has just begun

  /// What is beyond its client's rate waits for its turn, see EsmeEvents::Pace.
  bool IsDelayed() const { return row != nullptr && row->over_rate == store::OverRate::kDelay; }
  /// They are not used, or not for what they were taken for.
  void GiveBackTurns() { client->rate.GiveBack(std::exchange(turns, {})); }
};

/// What the front hands on. Called on the loop.
class FrontEvents {
 public:
  virtual ~FrontEvents() = default;
  virtual void OnMessage(EsmeEntry& entry, const smpp::Header& header, Slice&& pdu) = 0;
  virtual void OnDeliverEnd(EsmeEntry& entry, std::uint64_t token, DeliverEnd end,
                            smpp::Status status, const Slice& tlvs) = 0;
  /// A receiver came, or has room again.
  virtual void OnReceiverReady(ClientState& client) = 0;
  /// A receiver came.
  virtual void OnReceiverBound(const std::shared_ptr<ClientState>& client) = 0;
  /// An outbind at our door names this bind.
  virtual void OnOutbind(const std::shared_ptr<LinkState>& link) = 0;
};

struct Refusal;

class Front final : private EsmeEvents, private access::UnboundOwner {
 public:
  Front(Context& context, const Overload& overload, FrontEvents& events)
      : context_(context), overload_(overload), events_(events), throttled_(context) {}

  /// An Acceptor for net::Loop::Listen: null when too many are open, or access::Guard is against it.
  net::StreamEvents* Accept(net::Stream& stream);
  /// Sessions of customers that are gone or disabled, or must come over TLS and do not, are dismissed. New bounds (binds_max, allow_from, the end of a password) are of
  /// letting in: who is bound stays.
  void Use(SnapshotPtr snapshot);
  const SnapshotPtr& snapshot() const { return snapshot_; }
  /// The same, for messages to hold.
  const LoopPtr<const Snapshot>& snapshot_here() const { return snapshot_here_; }

  /// Null when the session is gone.
  EsmeEntry* Find(SlotId session);
  /// A receiving session of the customer with room, in turn; null when none has.
  /// with_tlvs: one of v3.4 and later.
  EsmeEntry* Receiver(const ClientState& client, bool with_tlvs = false);
  /// The one of its receiving sessions that parts with this number go to, while its sessions stay as they are; null when that
  /// one has no room.
  EsmeEntry* ReceiverOf(const ClientState& client, std::uint64_t together);

  /// One more message of its client, now: false when that is beyond its rate, or beyond what overload leaves of the burst.
  bool TakeTurn(const EsmeEntry& entry) {
    return entry.client->rate.TryTake(context_.now(), overload_.burst());
  }
  /// A request of this bound session is beyond its client's rate: counted, and told in the log in time.
  void NoteThrottled(const EsmeEntry& entry) {
    context_.metrics.Add(Metric::throttled);
    throttled_.Add(entry.client);
  }

  /// Its level is another: windows follow.
  void OnOverload();
  /// Unbinds everybody; refuses newcomers.
  void Drain();
  std::size_t sessions() const { return sessions_.size(); }
  template <class F>
  void ForEach(F&& visit) {
    sessions_.ForEach([&](std::unique_ptr<EsmeEntry>& entry) { visit(*entry); });
  }

 private:
  void OnBind(EsmeSession& session, BindAttempt attempt) override;
  void OnMessage(EsmeSession& session, const smpp::Header& header, Slice&& pdu) override;
  Duration Pace(EsmeSession& session, const smpp::Header& header, const Slice& pdu) override;
  void GiveBackTurn(EsmeSession& session) override { EntryOf(session).GiveBackTurns(); }
  bool TakesBroadcasts(EsmeSession& session) override;
  void OnUnoffered(EsmeSession&, smpp::CommandId) override {}
  void OnOutbind(EsmeSession& session, std::string_view system_id,
                 std::string_view password) override;
  void OnDeliverEnd(EsmeSession& session, std::uint64_t token, DeliverEnd end, smpp::Status status,
                    const Slice& tlvs) override;
  void OnDrained(EsmeSession& session) override;
  void OnLeft(EsmeSession& session) override;
  void OnEsmeEnded(EsmeSession& session, CloseReason reason) override;

  void OnDisplaced(std::uint64_t place) override;  // any thread

  // front_bind.cc: a bind from its request to its answer.
  /// Whom an attempt is about, by the snapshot in force, and what stands against it but for its password; "": nothing.
  struct Asked {
    const store::ClientRow* row = nullptr;  // null: nobody has this system_id
    std::shared_ptr<ClientState> client;
    bool is_known = false;  // comes from where this client bound before, or is allowed by name
    std::string_view objection;
  };
  /// What the password was judged to be, and for whom. The catalog may be another by the time it is used.
  struct Verdict {
    std::int64_t client_id = 0;
    std::string hash;  // the one that the password is of; "": of none
  };
  Asked Ask(const BindAttempt& attempt, const EsmeEntry& entry) const;
  std::string_view Objection(const Asked& asked, const BindAttempt& attempt,
                             const EsmeEntry& entry) const;
  /// Its client comes over TLS only, and this is not: what a proxy in front of us decrypted is plain, too.
  static bool IsTooPlain(const store::ClientRow& row, const EsmeSession& session) {
    return row.tls_required && session.tls().version.empty();
  }
  std::vector<access::PasswordHash> HashesOf(const store::ClientRow& row) const;
  bool IsRight(const Asked& asked, const Verdict& verdict) const;
  void OnJudged(SlotId session, const BindAttempt& attempt, const Verdict& verdict);
  void CountFailure(const EsmeEntry& entry, const BindAttempt& attempt, bool is_known);
  void FinishBind(SlotId session, const BindAttempt& attempt, const Verdict& verdict);
  void Refuse(EsmeSession& session, const BindAttempt& attempt, std::string_view why);
  void Admit(EsmeEntry& entry, const Asked& asked, const BindAttempt& attempt);
  void NoLongerUnbound(const EsmeEntry& entry);
  EsmeEntry& EntryOf(EsmeSession& session);
  bool HasNoRoomFor(const access::Address& address);  // smpp.unbound_max
  /// A connection from there; null: it may come in.
  const Refusal* WhyRefused(const access::Address& address);
  std::uint32_t WindowOf(const store::ClientRow& row) const {
    return overload_.WindowOf(static_cast<std::uint32_t>(row.window_requests_max));
  }

  Context& context_;
  const Overload& overload_;
  FrontEvents& events_;
  SnapshotPtr snapshot_;
  LoopPtr<const Snapshot> snapshot_here_;
  SlotMap<std::unique_ptr<EsmeEntry>> sessions_;
  std::unordered_map<std::int64_t, std::vector<EsmeEntry*>>
      receivers_;                                     // by client_id; rotated as they are used
  std::unordered_map<std::uint64_t, SlotId> places_;  // of those not bound that the guard counts
  std::size_t unbound_ = 0;
  std::uint64_t named_ = 0;
  bool draining_ = false;
  ThrottleNotes throttled_;
};

}  // namespace hub::relay
