// Messages of ours that wait in PostgreSQL alone: fetched by pages when there is room for them.
#include <algorithm>

#include "server/relay/kept/keeper.h"

namespace hub::relay {

void Keeper::NoteKept(const Message& message) { kept_.emplace(message.id, message.slot); }

void Keeper::Load() {
  for (std::size_t i = 0; i < kMessageClasses; ++i) {
    const auto c = static_cast<MessageClass>(i);
    if (loading_[i] || load_at_[i] > context_.now() || !room_.WantsLoad(c)) continue;
    // Marks of the journal are settled without a word to PostgreSQL: what is settled now, a page shows too. Before it has
    // come so far, a page would be of no use.
    const journal::Position known = context_.settler.settled();
    if (!recent_.Knows(known)) {
      load_at_[i] = context_.now() + context_.limits.kept_load_pause;
      continue;
    }
    store::MessageQuery query;
    query.loop = context_.loop;
    query.loops = context_.post.loops();
    query.message_class = ClassName(c);
    query.due_us = ToMicros(context_.wall_now());
    if (rounds_[i].over_at() <= context_.now()) rounds_[i] = {};
    query.behind = rounds_[i].behind();
    query.limit = context_.limits.kept_page;
    loading_[i] = context_.archive.LoadMessages(
        query, [this, c, known, run = context_.run_on_loop](store::MessagePage page) {
          page.settled = std::max(page.settled, known);
          run([this, c, page = std::move(page)] { OnPage(c, page); });
        });
    if (!loading_[i]) load_at_[i] = context_.now() + context_.limits.kept_load_pause;
  }
}

void Keeper::OnPage(MessageClass c, const store::MessagePage& page) {
  const std::size_t i = IndexOf(c);
  loading_[i] = false;
  load_at_[i] = context_.now() + context_.limits.kept_load_pause;
  if (draining_ || !page.reachable || !recent_.Knows(page.settled)) return;
  // It shows what was spilled, the last with all before it, when that is no longer among the recent ends.
  if (recent_.Contains(last_spilled_[i])) rounds_[i].NoteLeft();
  if (TakePage(c, page) && !page.more) {
    OnLastPage(c, page);
  } else {
    load_at_[i] = {};  // the next one as soon as there is room for it
  }
}

bool Keeper::TakePage(MessageClass c, const store::MessagePage& page) {
  PageRound& round = rounds_[IndexOf(c)];
  for (const store::StoredMessage& stored : page.messages) {
    if (!room_.HasRoom(c)) return false;
    const store::QueuePlace place{stored.next_at_us, stored.message_id};
    if (kept_.contains(stored.message_id) || recent_.Contains(stored.message_id)) {
      round.PassOver(place);
    } else if (Readmit(c, stored)) {
      round.Take(place, context_.now(), context_.limits);
      room_.AddSpilled(c, -1);
    } else {
      round.PassOver(place);
      round.NoteLeft();
    }
  }
  round.MoveTo(page.end);
  return true;
}

// Nothing that is due stands behind it: what is left waits for its time, or for settlement to show it.
void Keeper::OnLastPage(MessageClass c, const store::MessagePage& page) {
  PageRound& round = rounds_[IndexOf(c)];
  round.ReachEnd(context_.now(), context_.limits);
  // The count of a start was a guess, for it is that of all loops.
  if (!page.next_due_us && !round.left()) room_.AddSpilled(c, -room_.spilled(c));
  if (!page.next_due_us) return;
  TimePoint next = std::min(DueOf(FromMicros(*page.next_due_us)),
                            context_.now() + context_.limits.kept_load_pause_max);
  if (round.left()) next = std::min(next, round.over_at());
  TimePoint& load_at = load_at_[IndexOf(c)];
  load_at = std::max(load_at, next);
}

Message* Keeper::Adopt(MessageClass c, const store::StoredMessage& stored) {
  const SnapshotPtr& snapshot = front_.snapshot();
  const auto client = snapshot->client_by_id.find(stored.client_id);
  if (client == snapshot->client_by_id.end() || stored.pdu.size() < smpp::kHeaderOctets)
    return nullptr;
  smpp::MessageView view;
  const smpp::CommandId id = smpp::ReadHeader(stored.pdu.data()).command_id;
  if (smpp::ViewMessage(id, stored.pdu, view) != smpp::Status::ESME_ROK) return nullptr;
  auto made = std::make_unique_for_overwrite<Message>();
  Message& message = *made;
  message.id = stored.message_id;
  message.command_id = id;
  message.pdu = Slice::CopyOf(stored.pdu);
  message.client = snapshot->clients[client->second];
  message.TakeView(view);
  message.destination_addr = view.destination_addr;
  message.sell_rate_id = stored.rate_id;
  message.sell_rate = stored.rate;
  message.sell_amount = stored.amount;
  message.basis = stored.basis;
  message.answered = true;
  message.accepted_at = FromMicros(stored.accepted_at_us);
  message.message_class = c;
  message.priority = stored.priority;
  message.cycles = stored.cycles;
  message.attempts =
      static_cast<std::uint16_t>(std::clamp<std::int32_t>(stored.attempts, 0, kAttemptsMax));
  message.step = Step::kKept;
  message.possible_duplicate = stored.possible_duplicate;
  message.unknown = stored.possible_duplicate ? kUnknownMany : 0;
  message.next_at = FromMicros(stored.next_at_us);
  message.expires_at = FromMicros(stored.expires_at_us);
  held_.Take(message.id);  // an operator let it go on
  flow_.attempts().Insert(std::move(made));
  NoteKept(message);
  return &message;
}

// By way of the waiting room: planned and sent in its class's turn.
bool Keeper::Readmit(MessageClass c, const store::StoredMessage& stored) {
  const Message* message = Adopt(c, stored);
  if (message == nullptr) return false;
  room_.Wait(message->slot, c, message->priority, context_.now());
  return true;
}

}  // namespace hub::relay
