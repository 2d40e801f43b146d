#include "server/relay/client/query_desk.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "protocol/pdu/pdu.h"
#include "protocol/pdu/smpp_time.h"
#include "protocol/receipt/message_state.h"
#include "server/base/check.h"
#include "server/base/short_id.h"

namespace hub::relay {
namespace {

using smpp::CommandId;
using smpp::MessageState;
using smpp::Status;

constexpr std::chrono::milliseconds kTick(50);

// err: of a receipt where it is a number that fits; what a network means by it we do not know.    SMPP v3.4 §4.8.2
std::uint8_t ErrorCodeOf(std::string_view error) {
  std::uint8_t code = 0;
  const auto [end, failed] = std::from_chars(error.data(), error.data() + error.size(), code);
  return failed == std::errc{} && end == error.data() + error.size() ? code : std::uint8_t{0};
}

std::uint8_t Word(MessageState state) { return static_cast<std::uint8_t>(state); }

// SCHEDULED and SKIPPED are words of v5.0: an older peer hears the nearest that it knows.
std::uint8_t WordFor(std::uint8_t interface_version, std::uint8_t state) {
  if (interface_version >= 0x50) return state;
  if (state == Word(MessageState::SCHEDULED)) return Word(MessageState::ENROUTE);
  return state == Word(MessageState::SKIPPED) ? Word(MessageState::REJECTED) : state;
}

std::uint8_t StateOf(const store::MessageFate& fate) {
  if (fate.is_final) return fate.final_state;
  return Word(fate.started ? MessageState::ENROUTE : MessageState::SCHEDULED);
}

// Messages of one submit_multi have one word for all: under way while one of them is, then what became of the first one that
// was not delivered, and delivered only if all were.
void Join(const store::MessageFate& next, store::MessageFate* all) {
  const bool is_under_way = !all->is_final || !next.is_final;
  const bool delivered = all->final_state == Word(MessageState::DELIVERED);
  if (!is_under_way && delivered) {
    all->final_state = next.final_state;
    all->error = next.error;
  }
  all->is_final = !is_under_way;
  all->final_at_us = std::max(all->final_at_us, next.final_at_us);
  all->started |= next.started;
}

using Fates = std::unordered_map<MessageId, const store::MessageFate*, IdHash>;

std::optional<store::MessageFate> FateOf(MessageId id, const Fates& fates) {
  if (const auto found = fates.find(id); found != fates.end()) return *found->second;
  std::optional<store::MessageFate> all;
  for (std::size_t i = 1; i < BlockOf(id); ++i) {
    const auto found = fates.find(id + i);
    if (found == fates.end()) continue;
    if (all) {
      Join(*found->second, &*all);
    } else {
      all = *found->second;
    }
  }
  return all;
}

}  // namespace

QueryDesk::QueryDesk(Context& context, Front& front, Records& records, JobSender& sender)
    : context_(context),
      front_(front),
      records_(records),
      relay_(context, front, sender, *this),
      tick_(context.network.timers(), [this] { Tick(); }) {}

void QueryDesk::OnQuery(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) {
  context_.metrics.Add(Metric::queries_received);
  EsmeSession& session = *entry.session;
  const auto query = smpp::Decode<smpp::QuerySm>(pdu.bytes().subspan(smpp::kHeaderOctets));
  HUB_CHECK_SAY(query.ok(), "the session judged it");
  const std::optional<MessageId> id = ParseClientText(query->message_id);
  if (!id)
    return session.AnswerStatus(header.command_id, Status::ESME_RINVMSGID, header.sequence_number);
  if (waiting_ >= context_.limits.query_waiting_max) {
    context_.metrics.Add(Metric::queries_full);
    return session.AnswerStatus(header.command_id, Status::ESME_RTHROTTLED, header.sequence_number);
  }
  waiting_ += BlockOf(*id);
  context_.metrics.Add(Metric::queries_waiting);
  gathered_.push_back({session.id, header.sequence_number, entry.client->client_id, *id,
                       std::string(query->message_id), std::string(query->source_addr)});
  if (!tick_.armed()) tick_.Start(kTick);
}

void QueryDesk::Tick() {
  if (!gathered_.empty()) {
    bunches_.push_back({std::exchange(gathered_, {}),
                        records_.Fence(),
                        {},
                        context_.now() + context_.limits.query_wait});
  }
  while (!bunches_.empty()) {
    Bunch& oldest = bunches_.front();
    if (!IsSettled(oldest) || !Ask(oldest)) {
      if (oldest.give_up > context_.now()) break;
      for (const ClientQuery& query : oldest.queries) Fail(query, Status::ESME_RQUERYFAIL);
    }
    bunches_.pop_front();
  }
  if (!bunches_.empty() || !gathered_.empty()) tick_.Start(kTick);
}

bool QueryDesk::IsSettled(Bunch& bunch) const {
  if (!bunch.below) bunch.below = records_.Beyond(bunch.fence);
  return bunch.below && context_.settler.settled() >= *bunch.below;
}

bool QueryDesk::Ask(Bunch& bunch) {
  std::vector<MessageId> ids;
  ids.reserve(bunch.queries.size());
  for (const ClientQuery& query : bunch.queries) {
    const std::size_t block = BlockOf(query.message_id);
    ids.push_back(query.message_id);
    for (std::size_t i = 1; i < block; ++i) ids.push_back(query.message_id + i);
  }
  auto queries = std::make_shared<std::vector<ClientQuery>>(bunch.queries);
  return context_.archive.LoadFates(
      std::move(ids),
      [this, queries = std::move(queries), run = context_.run_on_loop](store::FatePage page) {
        run([this, queries, page = std::move(page)] { OnPage(*queries, page); });
      });
}

void QueryDesk::OnPage(const std::vector<ClientQuery>& queries, const store::FatePage& page) {
  Fates fates;
  for (const store::MessageFate& fate : page.fates) fates[fate.message_id] = &fate;
  for (const ClientQuery& query : queries) {
    const std::optional<store::MessageFate> fate = FateOf(query.message_id, fates);
    // Somebody else's message is as unknown as none, and a broadcast is query_broadcast_sm's to ask about.   SMPP v5.0 §4.6
    const bool theirs = fate && fate->client_id == query.client_id && !fate->is_broadcast &&
                        (query.source_addr.empty() || query.source_addr == fate->source_addr);
    if (theirs) {
      if (!relay_.Ask(query, *fate)) Answer(query, *fate);
    } else {
      Fail(query, page.reachable ? Status::ESME_RINVMSGID : Status::ESME_RQUERYFAIL);
    }
  }
}

void QueryDesk::OnTold(const ClientQuery& query, const store::MessageFate& own,
                       const smpp::QuerySmResp* said) {
  if (said == nullptr) return Answer(query, own);
  EsmeSession* session = Asker(query);
  if (session == nullptr) return;
  smpp::QuerySmResp response = *said;
  response.tlvs = {};  // those of one hop
  Send(*session, query, response);
}

void QueryDesk::Answer(const ClientQuery& query, const store::MessageFate& fate) {
  EsmeSession* session = Asker(query);
  if (session == nullptr) return;
  smpp::QuerySmResp response;
  const auto final_date =
      smpp::WriteTime(smpp::Moment(std::chrono::microseconds(fate.final_at_us)));
  if (fate.is_final) response.final_date = {final_date.data(), final_date.size()};
  response.message_state = StateOf(fate);
  response.error_code = ErrorCodeOf(fate.error);
  Send(*session, query, response);
}

void QueryDesk::Send(EsmeSession& session, const ClientQuery& query, smpp::QuerySmResp& response) {
  response.message_id = query.asked_id;
  response.message_state = WordFor(session.interface_version(), response.message_state);
  std::uint8_t pdu[128];
  const std::size_t octets =
      smpp::EncodeInto(smpp::MutableBytes(pdu), response, Status::ESME_ROK, query.sequence_number);
  HUB_CHECK(octets > 0 && octets <= sizeof pdu);
  session.Answer({pdu, octets});
}

void QueryDesk::Fail(const ClientQuery& query, Status status) {
  if (status == Status::ESME_RQUERYFAIL) context_.metrics.Add(Metric::queries_failed);
  EsmeSession* session = Asker(query);
  if (session != nullptr) session->AnswerStatus(CommandId::query_sm, status, query.sequence_number);
}

EsmeSession* QueryDesk::Asker(const ClientQuery& query) {
  waiting_ -= BlockOf(query.message_id);
  context_.metrics.Sub(Metric::queries_waiting);
  EsmeEntry* entry = front_.Find(query.session);
  return entry == nullptr ? nullptr : entry->session.get();
}

}  // namespace hub::relay
