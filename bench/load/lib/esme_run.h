// A run of the load generator: binds, sends at its pace, waits for answers and receipts, unbinds.
//
//   kBinding -> kSending -> kAnswers -> kReceipts -> kUnbinding -> kDone
#pragma once

#include <memory>
#include <vector>

#include "bench/load/lib/esme_options.h"
#include "bench/load/lib/esme_results.h"
#include "bench/load/lib/esme_session.h"
#include "bench/load/lib/pace.h"
#include "bench/load/lib/submit_template.h"
#include "bench/load/lib/timeline.h"
#include "protocol/receipt/receipt.h"
#include "server/net/network.h"

namespace hub::load {

/// One thread: that of its network.
class EsmeRun {
 public:
  /// `done` is called once, at the end of a turn.
  EsmeRun(net::Network& network, const EsmeOptions& options, SubmitTemplate message,
          std::function<void()> done);

  void Start();
  /// Tells it of each answer from now on; it must live longer.
  void Tell(Timeline& timeline) { timeline_ = &timeline; }
  /// Ends sending now; answers and receipts are still waited for.
  void StopSending();
  const EsmeResults& results() const { return results_; }
  /// One line for a terminal, about the time since the line before.
  std::string ProgressLine();

  // From sessions:
  net::Network& network() { return network_; }
  const EsmeOptions& options() const { return options_; }
  void Bound();
  void BindRefused(smpp::Status status);
  smpp::Bytes NextMessage(std::uint32_t sequence_number);
  void Progressed(EsmeSession& session);
  void Answered(smpp::Status status, smpp::Bytes pdu, TimePoint since, TimePoint now);
  void Receipt(const smpp::Receipt& receipt);
  void Delivered() { ++results_.delivered; }
  void Stray() { ++results_.strays; }
  void Closed(EsmeSession& session, unsigned lost, bool expected, net::CloseCause cause,
              int system_errno);

 private:
  enum class Phase : std::uint8_t { kBinding, kSending, kAnswers, kReceipts, kUnbinding, kDone };

  void ConnectSome();
  std::uint64_t Wanted(TimePoint now) const;
  void FillWindow(EsmeSession& session);
  void SendDue();
  void AwaitDue(TimePoint now);
  void Tick();
  void Advance();
  void Enter(Phase phase);
  void GiveUp(std::string why);
  std::uint64_t unanswered() const;

  net::Network& network_;
  const EsmeOptions options_;
  SubmitTemplate message_;
  const std::function<void()> done_;
  EsmeResults results_;
  Timeline* timeline_ = nullptr;
  std::vector<std::unique_ptr<EsmeSession>> sessions_;
  std::vector<EsmeSession*> broken_;  // to connect again
  Phase phase_ = Phase::kBinding;
  std::size_t next_session_ = 0;
  TimePoint started_;
  TimePoint sending_since_;
  Pace pace_;
  TimePoint last_progress_;            // an answer, a bind, a receipt
  std::uint64_t answered_before_ = 0;  // at the last progress line
  Timer ramp_;
  Timer due_;  // at a rate; not armed while messages are overdue, for all windows are full
  Timer reconnect_;
  Timer tick_;
  Timer phase_end_;
};

}  // namespace hub::load
