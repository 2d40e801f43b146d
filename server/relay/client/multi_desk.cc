#include "server/relay/client/multi_desk.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"

namespace hub::relay {
namespace {

using smpp::CommandId;
using smpp::Status;

// Ids tell the time of their message: a flood of submit_multi must not carry them away from it.
constexpr std::chrono::seconds kAheadMax(1);

}  // namespace

MultiDesk::MultiDesk(Context& context, Front& front, Flow& flow, MessageIdSource& ids,
                     ShortIds& short_ids)
    : context_(context), front_(front), flow_(flow), ids_(ids), short_ids_(short_ids) {}

void MultiDesk::OnMulti(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) {
  context_.metrics.Add(Metric::multis_received);
  auto multi = std::make_unique<Multi>(pdu);
  HUB_CHECK_SAY(multi->split.count() > 0, "the session judged it");
  const auto refuse = [&](Status status) {
    entry.GiveBackTurns();  // no message comes of it
    entry.session->AnswerStatus(header.command_id, status, header.sequence_number);
  };
  if (multi->split.count() > context_.limits.multi_destinations_max)
    return refuse(Status::ESME_RINVNUMDESTS);
  // Each destination has a copy of the text: 64 KiB to 254 of them would be 16 MiB of one PDU.
  if (multi->split.count() * pdu.size() > context_.limits.multi_octets_max)
    return refuse(Status::ESME_RINVMSGLEN);
  multi->session = entry.session->id;
  multi->sequence_number = header.sequence_number;
  multi->client = entry.client;
  if (!Open(entry, *multi)) {
    context_.metrics.Add(Metric::multis_full);
    return refuse(Status::ESME_RTHROTTLED);
  }
  splitting_.push_back(multis_.Insert(std::move(multi)));
  Split();
}

std::optional<MessageId> MultiDesk::NextBlock(const EsmeEntry& entry, std::size_t messages) {
  if (ShortIds::AreFor(entry)) return short_ids_.NextBlock(entry, messages);
  if (ids_.Ahead(context_.wall_now()) > kAheadMax) return {};
  return ids_.NextBlock(context_.wall_now(), messages);
}

bool MultiDesk::Open(const EsmeEntry& entry, Multi& multi) {
  std::atomic<std::int32_t>& of_client = multi.client->multis_open;
  if (of_client.load(std::memory_order_relaxed) >= OpenMultis::kOfClientMax) return false;
  const std::optional<MessageId> id = NextBlock(entry, multi.split.count());
  if (!id) return false;
  multi.id = *id;
  if (!context_.multis.Open(multi.id)) return false;
  of_client.fetch_add(1, std::memory_order_relaxed);
  context_.metrics.Add(Metric::multis_open);
  return true;
}

// --- into messages ---------------------------------------------------------------------------------------------

void MultiDesk::EachTurn() {
  for (const Answered& each : std::exchange(flushed_, std::exchange(answered_, {}))) {
    context_.multis.Close(each.id);
    each.client->multis_open.fetch_sub(1, std::memory_order_relaxed);
    context_.metrics.Sub(Metric::multis_open);
  }
  parts_left_ = kPartsPerTurn;
  Split();
  if (!flushed_.empty() || !splitting_.empty()) context_.run_on_loop([] {});  // the next turn
}

// An answer lets the next request of its session in, which comes back here: it waits for its turn as all do.
void MultiDesk::Split() {
  if (std::exchange(is_splitting_, true)) return;
  while (parts_left_ > 0 && !splitting_.empty()) {
    const SlotId slot = splitting_.front();
    splitting_.pop_front();
    bool more = true;
    for (std::size_t n = 0; more && n < kPartsAtOnce && parts_left_ > 0; ++n, --parts_left_)
      more = BeginNext(slot);
    if (more) splitting_.push_back(slot);
  }
  is_splitting_ = false;
}

bool MultiDesk::BeginNext(SlotId slot) {
  Multi& multi = **multis_.Find(slot);
  smpp::DestAddress dest;
  HUB_CHECK_SAY(multi.split.Next(dest), "the session judged it");
  const MessageId part = multi.id + ++multi.begun;
  const bool more = multi.begun < multi.ends.size();
  Begin(slot, multi, part, dest);
  return more;
}

void MultiDesk::Begin(SlotId slot, const Multi& multi, MessageId part,
                      const smpp::DestAddress& dest) {
  // A list is its message centre's: nobody here knows who is on it.
  if (dest.dest_flag != smpp::DestAddress::kSme)
    return OnPartEnd(slot, part, Status::ESME_RCNTSUBDL, 0);
  EsmeEntry* entry = front_.Find(multi.session);
  // Its client is gone and would never hear of what begins now.
  if (entry == nullptr) return OnPartEnd(slot, part, Status::ESME_RSYSERR, 0);
  const auto octets = static_cast<std::uint32_t>(multi.split.octets(dest));
  const Slice pdu = Slice::New(octets);
  multi.split.Write(dest, pdu.data());
  flow_.OnPart(*entry, {octets, CommandId::submit_sm, Status::ESME_ROK, multi.sequence_number}, pdu,
               {slot, part});
}

// --- into one answer -------------------------------------------------------------------------------------------

void MultiDesk::OnPartEnd(SlotId slot, MessageId part, Status status, MessageId accepted) {
  std::unique_ptr<Multi>* found = multis_.Find(slot);
  HUB_CHECK(found != nullptr);
  Multi& multi = **found;
  multi.ends.at(part - multi.id - 1) = {status, accepted == 0 ? 0 : ClientIdOf(accepted)};
  if (++multi.ended == multi.ends.size()) Answer(multis_.Take(slot));
}

// New messages are known by the block; if all were sent before, by what the first of them is.
MessageId MultiDesk::AnswerIdOf(const Multi& multi) {
  MessageId before = 0;
  for (const End& end : multi.ends) {
    if (end.known_as == multi.id) return multi.id;
    if (before == 0) before = end.known_as;
  }
  return before;
}

Status MultiDesk::RefusalOf(const Multi& multi) {
  const Status first = multi.ends.front().status;
  const bool all = std::all_of(multi.ends.begin(), multi.ends.end(),
                               [first](const End& end) { return end.status == first; });
  return all ? first : Status::ESME_RSUBMITFAIL;
}

std::vector<std::uint8_t> MultiDesk::Response(const Multi& multi, MessageId id) {
  // An entry is its address and 7 octets; in the request a list is its name and 2.
  std::vector<std::uint8_t> entries(multi.pdu.size() + 5 * multi.ends.size());
  smpp::Writer writer{smpp::MutableBytes(entries)};
  smpp::MultiSplit dests(multi.pdu.bytes());
  smpp::DestAddress dest;
  smpp::SubmitMultiResp response;
  for (std::size_t i = 0; dests.Next(dest); ++i) {
    const End& end = multi.ends[i];
    if (end.known_as == id) continue;
    // A list has a name where an SME has a number.
    const bool is_list = dest.dest_flag == smpp::DestAddress::kDistributionList;
    smpp::WriteUnsuccess(writer, {dest.dest_addr_ton, dest.dest_addr_npi,
                                  is_list ? dest.dl_name : dest.destination_addr,
                                  end.known_as == 0 ? end.status : Status::ESME_RTHROTTLED});
    ++response.unsuccess_sme.count;
  }
  HUB_CHECK(writer.fits());
  response.unsuccess_sme.entries = Bytes(entries).first(writer.wanted());
  const ClientText text(id);
  response.message_id = text;
  return smpp::Encode(response, Status::ESME_ROK, multi.sequence_number);
}

void MultiDesk::Answer(std::unique_ptr<Multi> multi) {
  answered_.push_back({multi->id, multi->client});
  EsmeEntry* entry = front_.Find(multi->session);
  if (entry == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  const MessageId id = AnswerIdOf(*multi);
  if (id == 0)
    return entry->session->AnswerStatus(CommandId::submit_multi, RefusalOf(*multi),
                                        multi->sequence_number);
  entry->session->Answer(Response(*multi, id));
}

}  // namespace hub::relay
