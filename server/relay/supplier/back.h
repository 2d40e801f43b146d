// The binds at suppliers that live on this loop: submits go out in their windows, deliveries come in.
#pragma once

#include <tsl/robin_map.h>

#include <map>
#include <memory>
#include <vector>

#include "server/base/slot_map.h"
#include "server/relay/context.h"
#include "server/relay/supplier/bind_pace.h"
#include "server/relay/supplier/change_share.h"
#include "server/relay/supplier/link_queue.h"
#include "server/relay/supplier/queue_room.h"
#include "server/session/smsc_link.h"

namespace hub::relay {

using StatusClasses = std::map<std::uint32_t, store::StatusClass>;  // as SupplierRow::statuses

/// What the back hands on. Called on the loop.
class BackEvents {
 public:
  virtual ~BackEvents() = default;
  /// A job of SubmitJob came to its end; once each.
  virtual void OnJobEnd(const SubmitJob& job, SubmitResult&& result) = 0;
  /// One that ended as kTimeout was answered after all; once each at most.
  virtual void OnLateAnswer(unsigned client_loop, LateAnswer late) = 0;
  /// deliver_sm or data_sm of a supplier; owed one Answer(origin, status).
  virtual void OnDelivery(const SupplierState& supplier, store::IdForm id_form, const Slice& pdu,
                          const Origin& origin) = 0;
  /// alert_notification of a supplier; nobody is owed anything.
  virtual void OnAlert(const SupplierState& supplier, const Slice& pdu) = 0;
};

class Back final {
 public:
  Back(Context& context, BackEvents& events) : context_(context), events_(events) {}
  ~Back();

  /// Starts the links of this loop that are new, stops those that are gone or changed.
  void Use(const Snapshot& snapshot);

  /// Sends it now, or queues it for room in the link's window, or ends it as kNotSent.
  void Submit(SubmitJob&& job);
  /// Answers a delivery; nothing happens when its link is gone. tlvs: of the client's response.
  void Answer(const Origin& origin, smpp::Status status, Bytes tlvs);
  /// The same for one whose body did not parse, within its OnDelivery.
  void AnswerMalformed(const Origin& origin, smpp::Status status);

  /// The link's supplier sent an outbind: SmscLink::Hurry.
  void Hurry(const LinkState& state);

  /// Unbinds all links and brings none back.
  void Drain();
  bool idle() const;
  std::size_t jobs() const { return jobs_.size(); }
  template <class F>
  void ForEach(F&& visit) {
    for (auto& link : links_) visit(*link);
  }

  class Link;

 private:
  friend class Link;
  struct InFlight final : Pooled<InFlight, kSpareMessagesMax> {
    SubmitJob job;
    WallTime sent_at{};
    WallTime ended_at{};  // as kTimeout, and still here: its answer may come
  };

  /// Null: it is not here, or takes no more.
  Link* Find(const LinkState& state);
  /// Whose session a delivery came over; null: it is gone.
  Link* Find(const Origin& origin);
  void AddLink(std::unique_ptr<Link> link);
  void DropFinished();
  void End(SlotId job, JobEnd end, const smpp::Header& header, const Slice& pdu);
  void EndLate(SlotId job, std::int64_t supplier_id, const smpp::Header& header, const Slice& pdu);

  Context& context_;
  BackEvents& events_;
  std::vector<std::unique_ptr<Link>> links_;
  tsl::robin_map<const LinkState*, Link*> by_state_;  // the newest of each
  tsl::robin_map<std::uint64_t, Link*> by_number_;    // number() of each
  SlotMap<std::unique_ptr<InFlight>> jobs_;
  std::uint64_t made_ = 0;
  bool draining_ = false;
};

/// One SmscLink with its queue, whose messages wait for room in the window, for the rates of bind and supplier, and while the
/// supplier throttles us; what is about messages waits for its turn by ChangeShare.
class Back::Link final : private SmscEvents {
 public:
  Link(Back& back, std::shared_ptr<LinkState> state, std::shared_ptr<SupplierState> supplier,
       const StatusClasses& statuses, SlotId id);
  ~Link() override;

  void Start() { link_.Start(); }
  void UseTls(net::TlsContextPtr tls) { link_.UseTls(std::move(tls)); }
  /// Takes no more submits, waits for those that are outstanding and answers the deliveries that it owes, then unbinds: each submit
  /// ends within the response timeout, and deliveries are not waited for longer than that. Again when the process ends: not as long.
  void Stop();
  void Take(SubmitJob&& job);
  void Answer(const Origin& origin, smpp::Status status, Bytes tlvs);
  void AnswerMalformed(const Origin& origin, smpp::Status status);
  /// What the supplier's statuses mean, as the configuration has it now.
  void Use(const StatusClasses& statuses) { statuses_ = statuses; }
  /// How it writes its receipts; null: as the specification does.
  void Use(std::shared_ptr<const store::SupplierProfile> profile) { profile_ = std::move(profile); }

  const LinkState& state() const { return *state_; }
  /// Of all links of this loop; a part of each Origin.
  std::uint64_t number() const { return NumberOf(session_number_); }
  static std::uint64_t NumberOf(SlotId session_number) { return session_number >> 32; }
  SmscLink& link() { return link_; }
  /// Messages alone.
  std::size_t queued() const { return queue_.messages(); }
  bool stopped() const { return stopped_; }
  bool finished() const { return stopped_ && link_.idle(); }

 private:
  void OnSmscBound(SmscSession& session) override;
  void OnSmscLeft(SmscSession& session) override;
  void OnSubmitEnd(SmscSession& session, const Outstanding& request, SubmitEnd end,
                   const smpp::Header& header, const Slice& pdu) override;
  void OnLateAnswer(SmscSession&, const Outstanding& request, const smpp::Header& header,
                    const Slice& pdu) override {
    back_.EndLate(request.token, supplier_->supplier_id, header, pdu);
  }
  void OnTimeoutForgotten(SmscSession&, const Outstanding& request) override {
    back_.jobs_.Take(request.token);
  }
  void OnDelivery(SmscSession& session, const smpp::Header& header, const Slice& pdu) override;
  /// Who is owed the answer; null: its link is gone, or another session of it.
  SmscSession* SessionOf(const Origin& origin) {
    return origin.link == session_number_ ? link_.session() : nullptr;
  }
  /// A delivery as everybody else writes it.
  Slice InUsualForm(smpp::CommandId id, const Slice& pdu) const;
  void OnAlert(SmscSession&, const Slice& pdu) override { back_.events_.OnAlert(*supplier_, pdu); }
  void OnSmscEnded(SmscSession& session, CloseReason reason) override;
  void OnNotTried(CloseReason reason) override { CountFailure(reason); }

  /// For those who ask how it fares, on any thread.
  void CountFailure(CloseReason reason) {
    state_->failures.fetch_add(1, std::memory_order_relaxed);
    state_->last_reason.store(reason, std::memory_order_relaxed);
  }
  bool HasRate() const {
    return state_->row.rate_per_second != 0 || supplier_->rate.load(std::memory_order_relaxed) != 0;
  }
  bool CanSend();
  /// True: window, rates and throttling let one go, and it must go now.
  bool TakeTurn();
  void Send(SlotId job);
  bool IsOfAside(SlotId job) const;
  bool AsidesMayGo() const { return queue_.has_asides() && share_.MayGo(back_.context_.now()); }
  bool AnyMayGo() const { return queued() != 0 || AsidesMayGo(); }
  void Enqueue(const SubmitJob& job, SlotId id);
  SlotId PopNext();
  void Pump();
  void AwaitPace();
  void DropQueue();
  void DropExpired();
  void LookAt(TimePoint first);
  /// An answer, or that none came, tells how fast it may go on.
  void NotePace(const Outstanding& request, SubmitEnd end, smpp::Status status);
  void PublishPace();
  void SetUp(bool up);
  void OweNoLongerThanMay();
  void LeaveWhenEmpty();
  void LeaveOwing();
  void Leave();
  void CountLoad();

  Back& back_;
  const std::shared_ptr<LinkState> state_;
  const std::shared_ptr<SupplierState> supplier_;
  std::uint64_t session_number_;  // tells a delivery's origin apart after a reconnect
  const Duration response_timeout_;
  StatusClasses statuses_;
  std::shared_ptr<const store::SupplierProfile> profile_;
  SmscLink link_;
  BindPace pace_;
  LinkQueue queue_;
  QueueRoom room_;
  Timer queue_timer_;
  ChangeShare share_;     // what asides have of the window and of turns
  TimePoint looks_at_{};  // for those whose time is over; or earlier than any is
  Timer pace_timer_;
  Timer calm_timer_;  // a queue that was short holds all again, also where nothing else happens
  // response_timeout_ since it was stopped: its supplier waits no longer for our answers. Less when the process ends.
  Timer leave_timer_;
  TimePoint owes_until_ = TimePoint::max();
  bool paused_ = false;  // counted in Metric::binds_paused
  bool stopped_ = false;
};

}  // namespace hub::relay
