#include "server/relay/kept/waiting_room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;
using enum MessageClass;

constexpr TimePoint kStart{1h};
constexpr std::int64_t kAlpha = 7, kBeta = 8;

WaitingLimits Limits(std::size_t each = 1'000'000) {
  WaitingLimits limits;
  limits.messages_max.fill(each);
  return limits;
}

std::vector<SlotId> PopDue(WaitingRoom& room, TimePoint now, std::size_t limit = 1'000) {
  std::vector<SlotId> slots;
  const std::size_t popped = room.PopDue(now, limit, &slots);
  EXPECT_EQ(popped, slots.size());
  return slots;
}

std::vector<SlotId> PopAll(WaitingRoom& room, std::int64_t supplier_id) {
  std::vector<SlotId> slots;
  while (const SlotId slot = room.Pop(supplier_id)) slots.push_back(slot);
  return slots;
}

using Slots = std::vector<SlotId>;

// --- times -----------------------------------------------------------------------------------------------------

TEST(WaitingRoomTimes, NothingIsDueBeforeItsTime) {
  WaitingRoom room(Limits());
  EXPECT_EQ(room.next_due(), std::nullopt);
  room.Wait(1, kpromo, 0, kStart + 5s);
  room.Wait(2, kpromo, 0, kStart + 2s);
  EXPECT_EQ(room.next_due(), kStart + 2s);
  EXPECT_EQ(PopDue(room, kStart + 2s - 1ns), Slots{});
  EXPECT_EQ(PopDue(room, kStart + 2s), Slots{2});
  EXPECT_EQ(room.next_due(), kStart + 5s);
  EXPECT_EQ(PopDue(room, kStart + 10s), Slots{1});
  EXPECT_EQ(room.next_due(), std::nullopt);
}

TEST(WaitingRoomTimes, PlacesOfThoseThatEndedAreGivenBack) {
  WaitingRoom room(Limits());
  constexpr SlotId kStays = 1;
  room.Wait(kStays, kpromo, 2, kStart + 1h);
  for (SlotId slot = 2; slot < 10'000; ++slot) {
    room.Wait(slot, kpromo, static_cast<std::uint8_t>(slot % kPriorities), kStart + 2h);
    room.NoteGone(kpromo, [](SlotId other) { return other != kStays; });
    EXPECT_LE(room.count(kpromo), 200u);
  }
  room.Wait(2, kpromo, 2, kStart + 30min);
  EXPECT_EQ(PopDue(room, kStart + 1h), (Slots{2, kStays}));
}

TEST(WaitingRoomTimes, ClassGoesBeforePriorityPriorityBeforeTimeTimeBeforeArrival) {
  WaitingRoom room(Limits());
  room.Wait(1, kpromo, 0, kStart);
  room.Wait(2, kotp, 3, kStart + 3s);
  room.Wait(3, kotp, 1, kStart + 2s);
  room.Wait(4, kotp, 1, kStart + 1s);
  room.Wait(5, kotp, 1, kStart + 2s);
  room.Wait(6, kp2p, 2, kStart);
  EXPECT_EQ(PopDue(room, kStart + 3s), (Slots{4, 3, 5, 2, 6, 1}));
}

TEST(WaitingRoomTimes, TheLimitCutsAndTheRestStays) {
  WaitingRoom room(Limits());
  for (SlotId slot = 1; slot <= 10; ++slot) room.Wait(slot, ktest, 0, kStart);
  EXPECT_EQ(PopDue(room, kStart, 4), (Slots{1, 2, 3, 4}));
  EXPECT_EQ(room.count(ktest), 6u);
  EXPECT_EQ(room.next_due(), kStart);
  EXPECT_EQ(PopDue(room, kStart, 0), Slots{});
  EXPECT_EQ(PopDue(room, kStart, 100).size(), 6u);
}

TEST(WaitingRoomTimes, ABacklogOfPromoThatIsDueKeepsNoOtp) {
  WaitingRoom room(Limits());
  for (SlotId slot = 1; slot <= 100'000; ++slot) room.Wait(slot, kpromo, 0, kStart);
  EXPECT_EQ(PopDue(room, kStart, 1'000).size(), 1'000u);
  room.Wait(200'000, kotp, 3, kStart + 1s);
  EXPECT_EQ(PopDue(room, kStart + 1s, 3), (Slots{200'000, 1'001, 1'002}));
}

// --- lanes -----------------------------------------------------------------------------------------------------

TEST(WaitingRoomLanes, ABacklogOfPromoDelaysNoOtp) {
  WaitingRoom room(Limits());
  for (SlotId slot = 1; slot <= 100'000; ++slot) room.Push(kAlpha, kpromo, 0, slot);
  for (SlotId slot = 1; slot <= 40; ++slot) {  // wherever the turns stand
    EXPECT_EQ(room.Pop(kAlpha), slot);
    room.Push(kAlpha, kotp, 3, 1'000'000 + slot);
    EXPECT_EQ(room.Pop(kAlpha), 1'000'000 + slot);
  }
}

TEST(WaitingRoomLanes, AreFirstInFirstOutWithinClassAndPriority) {
  WaitingRoom room(Limits());
  room.Push(kAlpha, ktransactional, 2, 1);
  room.Push(kAlpha, ktransactional, 1, 2);
  room.Push(kAlpha, ktransactional, 2, 3);
  room.Push(kAlpha, ktransactional, 1, 4);
  room.Push(kAlpha, kotp, 3, 5);
  EXPECT_EQ(PopAll(room, kAlpha), (Slots{5, 2, 4, 1, 3}));
}

TEST(WaitingRoomLanes, OfOneSupplierAreNotThoseOfAnother) {
  WaitingRoom room(Limits());
  room.Push(kAlpha, kotp, 0, 1);
  room.Push(kBeta, kpromo, 0, 2);
  EXPECT_EQ(room.ready(kAlpha), 1u);
  EXPECT_EQ(room.ready(kBeta), 1u);
  EXPECT_EQ(room.ready(99), 0u);
  EXPECT_EQ(room.Pop(99), 0u);
  EXPECT_EQ(room.Pop(kBeta), 2u);
  EXPECT_EQ(room.Pop(kBeta), 0u);
  EXPECT_EQ(room.Pop(kAlpha), 1u);
  EXPECT_EQ(room.ready(kAlpha), 0u);
}

/// Keeps every class of the supplier waiting and counts what is popped.
std::map<SlotId, int> PopsUnderFullLoad(WaitingRoom& room, int pops) {
  std::map<SlotId, int> count;
  for (std::size_t i = 0; i < kMessageClasses; ++i) {
    room.Push(kAlpha, static_cast<MessageClass>(i), 0, i + 1);
  }
  for (int n = 0; n < pops; ++n) {
    const SlotId slot = room.Pop(kAlpha);
    ++count[slot];
    room.Push(kAlpha, static_cast<MessageClass>(slot - 1), 0, slot);
  }
  return count;
}

TEST(WaitingRoomLanes, NoClassStarvesAndOtpHasFifteenOfSixteen) {
  WaitingRoom room(Limits());
  std::map<SlotId, int> pops = PopsUnderFullLoad(room, 16 * 15 * 10);
  EXPECT_EQ(pops[1 + IndexOf(kotp)], 15 * 15 * 10);
  EXPECT_EQ(pops[1 + IndexOf(ktransactional)], 80);
  EXPECT_EQ(pops[1 + IndexOf(kp2p)], 40);
  EXPECT_EQ(pops[1 + IndexOf(kpromo)], 20);
  EXPECT_EQ(pops[1 + IndexOf(ktest)], 10);
}

TEST(WaitingRoomLanes, NoPriorityStarvesInItsClass) {
  WaitingRoom room(Limits());
  room.Push(kAlpha, kpromo, 3, 1);
  for (SlotId slot = 2; slot <= 100; ++slot) room.Push(kAlpha, kpromo, 0, slot);
  Slots popped = PopAll(room, kAlpha);
  ASSERT_EQ(popped.size(), 100u);
  EXPECT_EQ(popped[kShareEvery - 1], 1u) << "the 16th turn goes to what waits longest";
}

TEST(WaitingRoomLanes, CountBySupplierAndClass) {
  WaitingRoom room(Limits());
  room.Push(kAlpha, kotp, 0, 1);
  room.Push(kAlpha, kpromo, 3, 2);
  room.Push(kBeta, kpromo, 1, 3);
  room.Push(kAlpha, kpromo, 0, 4);
  EXPECT_EQ(room.ready(kAlpha, kpromo), 2u);
  EXPECT_EQ(room.ready(kAlpha, kotp), 1u);
  EXPECT_EQ(room.ready(kBeta, kotp), 0u);
  EXPECT_EQ(room.ready(99, kotp), 0u);
  EXPECT_EQ(room.Pop(kAlpha), 1u);
  EXPECT_EQ(room.Pop(kAlpha), 4u);
  EXPECT_EQ(room.ready(kAlpha, kpromo), 1u);
  EXPECT_EQ(room.ready(kAlpha, kotp), 0u);
}

// --- swept out -------------------------------------------------------------------------------------------------

Slots Sweep(WaitingRoom& room, std::size_t looks, const Slots& gone) {
  Slots out;
  room.Sweep(
      looks, [&](SlotId slot) { return std::ranges::count(gone, slot) != 0; }, &out);
  return out;
}

TEST(WaitingRoomSweep, TakesThoseThatAreGoneFromAnyPlaceAndTheRestKeepsItsOrder) {
  for (const Slots& gone : {Slots{1}, Slots{3}, Slots{5}, Slots{1, 2}, Slots{4, 5}, Slots{2, 4},
                            Slots{1, 2, 3, 4, 5}, Slots{}}) {
    WaitingRoom room(Limits());
    for (SlotId slot = 1; slot <= 5; ++slot) room.Push(kAlpha, kpromo, 2, slot);
    EXPECT_EQ(Sweep(room, 5, gone), gone);
    EXPECT_EQ(room.count(kpromo), 5 - gone.size());
    EXPECT_EQ(room.ready(kAlpha, kpromo), 5 - gone.size());
    room.Push(kAlpha, kpromo, 2, 6);
    Slots left;
    for (SlotId slot = 1; slot <= 6; ++slot) {
      if (std::ranges::count(gone, slot) == 0) left.push_back(slot);
    }
    EXPECT_EQ(PopAll(room, kAlpha), left);
    EXPECT_EQ(room.count(kpromo), 0u);
  }
}

TEST(WaitingRoomSweep, GoesOnWhereItWasAndComesRound) {
  WaitingRoom room(Limits());
  for (SlotId slot = 1; slot <= 10; ++slot)
    room.Push(slot % 2 == 0 ? kAlpha : kBeta, kotp, 0, slot);
  const Slots all = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(Sweep(room, 4, all), (Slots{1, 2, 3, 4}));
  EXPECT_EQ(Sweep(room, 4, {1, 2, 3, 4, 8}), Slots{8});
  EXPECT_EQ(Sweep(room, 4, all), (Slots{9, 10})) << "two looks go to places that are free";
  EXPECT_EQ(Sweep(room, 100, all), (Slots{5, 6, 7}));
  EXPECT_EQ(Sweep(room, 100, all), Slots{});
  EXPECT_EQ(room.count(kotp), 0u);
}

// --- memory ----------------------------------------------------------------------------------------------------

TEST(WaitingRoomMemory, IsWhatTheDocstringSaysAndGoesWithTheBacklog) {
  constexpr SlotId kMessages = 100'000;
  WaitingRoom room(Limits());
  EXPECT_EQ(room.octets(), 0u);
  for (int round = 0; round < 3; ++round) {
    for (SlotId slot = 1; slot <= kMessages; ++slot) room.Wait(slot, kpromo, 0, kStart);
    EXPECT_GE(room.octets(), 24 * kMessages);
    EXPECT_LE(room.octets(), 2 * 24 * kMessages);
    const Slots due = PopDue(room, kStart, kMessages);
    ASSERT_EQ(due.size(), kMessages);
    EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
    EXPECT_EQ(room.octets(), 0u);

    for (SlotId slot = 1; slot <= kMessages; ++slot) room.Push(kAlpha, kpromo, 0, slot);
    EXPECT_GE(room.octets(), 24 * kMessages);
    EXPECT_LE(room.octets(), 2 * 24 * kMessages);
    const Slots popped = PopAll(room, kAlpha);
    ASSERT_EQ(popped.size(), kMessages);
    EXPECT_TRUE(std::is_sorted(popped.begin(), popped.end()));
    EXPECT_EQ(room.octets(), 0u);
  }
}

TEST(WaitingRoomMemory, OfASmallRoomStaysForTheNextMessage) {
  WaitingRoom room(Limits());
  room.Push(kAlpha, kotp, 0, 1);
  const std::size_t octets = room.octets();
  for (SlotId slot = 2; slot <= 100; ++slot) {
    EXPECT_EQ(room.Pop(kAlpha), slot - 1);
    room.Push(kAlpha, kotp, 0, slot);
    EXPECT_EQ(room.octets(), octets);
  }
}

// --- room ------------------------------------------------------------------------------------------------------

TEST(WaitingRoom, EndsAtMessagesMaxOfTheClassAlone) {
  WaitingRoom room(Limits(3));
  room.Wait(1, kpromo, 0, kStart);
  room.Push(kAlpha, kpromo, 0, 2);
  EXPECT_TRUE(room.HasRoom(kpromo));
  room.Push(kBeta, kpromo, 0, 3);
  EXPECT_EQ(room.count(kpromo), 3u);
  EXPECT_FALSE(room.HasRoom(kpromo));
  EXPECT_TRUE(room.HasRoom(kotp));
  EXPECT_EQ(room.Pop(kBeta), 3u);
  EXPECT_TRUE(room.HasRoom(kpromo));
  EXPECT_EQ(PopDue(room, kStart), Slots{1});
  EXPECT_EQ(room.count(kpromo), 1u);
}

TEST(WaitingRoom, HasAQuarterForThoseThatWaitForTheirTime) {
  WaitingRoom room(Limits(8));
  room.Wait(1, kpromo, 0, kStart);
  room.Push(kAlpha, kpromo, 0, 2);
  room.Push(kAlpha, kpromo, 0, 3);
  EXPECT_TRUE(room.HasRoomForLater(kpromo));
  room.Wait(4, kpromo, 0, kStart + 1s);
  EXPECT_FALSE(room.HasRoomForLater(kpromo));
  EXPECT_TRUE(room.HasRoom(kpromo));
  EXPECT_TRUE(room.HasRoomForLater(kotp));
  EXPECT_EQ(PopDue(room, kStart), Slots{1});
  EXPECT_TRUE(room.HasRoomForLater(kpromo));
  for (SlotId slot = 5; slot < 10; ++slot) room.Push(kAlpha, kpromo, 0, slot);
  EXPECT_FALSE(room.HasRoomForLater(kpromo)) << "there is no room at all";
  WaitingRoom tiny(Limits(2));
  EXPECT_TRUE(tiny.HasRoomForLater(kotp));
}

TEST(WaitingRoom, WantsALoadWhenSomeAreSpilledAndLanesLeaveRoom) {
  WaitingRoom room(Limits(4));
  EXPECT_FALSE(room.WantsLoad(kpromo));
  room.AddSpilled(kpromo, 2);
  EXPECT_TRUE(room.WantsLoad(kpromo));
  EXPECT_FALSE(room.WantsLoad(kotp));
  room.Push(kAlpha, kpromo, 0, 1);
  room.Push(kAlpha, kpromo, 0, 2);
  EXPECT_TRUE(room.WantsLoad(kpromo));
  room.Push(kAlpha, kpromo, 0, 3);
  EXPECT_FALSE(room.WantsLoad(kpromo));
  EXPECT_EQ(room.Pop(kAlpha), 1u);
  EXPECT_TRUE(room.WantsLoad(kpromo));
  room.AddSpilled(kpromo, -2);
  EXPECT_FALSE(room.WantsLoad(kpromo));
  room.AddSpilled(kpromo, -1);
  EXPECT_EQ(room.spilled(kpromo), 0);
}

// Schedules have their quarter, whoever comes first, and no supplier gives one away.
class Standing : public testing::TestWithParam<bool> {};

TEST_P(Standing, HoweverManyLanesThereAreThereIsRoomForPages) {
  constexpr std::int64_t kLanes = 20;
  WaitingRoom room(Limits(4'000));
  room.AddSpilled(kpromo, 1);
  SlotId slot = 0;
  const auto schedule = [&] {
    while (room.HasRoomForLater(kpromo)) room.Wait(++slot, kpromo, 0, kStart);
  };
  if (GetParam()) schedule();
  for (int round = 0; round < 4'000; ++round) {
    for (std::int64_t lane = 1; lane <= kLanes; ++lane) {
      if (room.LaneHasRoom(lane, kpromo)) room.Push(lane, kpromo, 0, ++slot);
    }
  }
  schedule();
  EXPECT_TRUE(room.WantsLoad(kpromo));
  for (std::int64_t lane = 1; lane <= kLanes; ++lane)
    EXPECT_GE(room.ready(lane, kpromo), 3'000u / (kLanes + 1) - 1) << "a share each";
  EXPECT_TRUE(room.LaneHasRoom(kLanes + 1, kpromo)) << "and one for the next";
}

INSTANTIATE_TEST_SUITE_P(WaitingRoom, Standing, testing::Bool(), [](const auto& schedules_first) {
  return schedules_first.param ? "BehindSchedules" : "BeforeSchedules";
});

TEST(WaitingRoom, ALaneThatIsAloneHasAllOfTheRoom) {
  WaitingRoom room(Limits(16));
  SlotId slot = 0;
  while (room.HasRoom(kpromo)) {
    ASSERT_TRUE(room.LaneHasRoom(kAlpha, kpromo));
    room.Push(kAlpha, kpromo, 0, ++slot);
  }
}

// --- against a naive room --------------------------------------------------------------------------------------

/// The same order by looking at everything each time. Turns between classes are taken from ClassTurns, which has tests of
/// its own.
class NaiveRoom {
 public:
  void Wait(SlotId slot, MessageClass c, std::uint8_t priority, TimePoint due) {
    timed_.push_back({slot, c, priority, due, order_++});
  }
  SlotId PopDue(TimePoint now) {
    unsigned waiting = 0;
    for (const Entry& e : timed_) {
      if (e.due <= now) waiting |= 1u << IndexOf(e.message_class);
    }
    if (waiting == 0) return 0;
    const MessageClass c = due_turns_.Pick(waiting);
    return Remove(timed_, [&](const Entry& e) {
      const auto key = std::tuple(e.priority, e.due, e.order);
      return e.message_class == c && e.due <= now ? std::optional(key) : std::nullopt;
    });
  }
  void Push(std::int64_t supplier_id, MessageClass c, std::uint8_t priority, SlotId slot) {
    lanes_[supplier_id].push_back({slot, c, priority, {}, order_++});
  }
  void Drop(SlotId slot) {
    for (auto& [id, entries] : lanes_)
      std::erase_if(entries, [&](const Entry& e) { return e.slot == slot; });
  }
  SlotId Pop(std::int64_t supplier_id) {
    std::vector<Entry>& entries = lanes_[supplier_id];
    unsigned waiting = 0;
    for (const Entry& e : entries) waiting |= 1u << IndexOf(e.message_class);
    if (waiting == 0) return 0;
    const MessageClass c = turns_[supplier_id].Pick(waiting);
    unsigned priorities = 0;
    for (const Entry& e : entries) priorities |= e.message_class == c ? 1u << e.priority : 0;
    unsigned& strict = strict_[{supplier_id, c}];
    strict = std::has_single_bit(priorities) ? 0 : strict + 1;
    const bool oldest = strict == kShareEvery;
    if (oldest) strict = 0;
    return Remove(entries, [&](const Entry& e) {
      const auto key = std::pair(oldest ? std::uint8_t{0} : e.priority, e.order);
      return e.message_class == c ? std::optional(key) : std::nullopt;
    });
  }

 private:
  struct Entry {
    SlotId slot;
    MessageClass message_class;
    std::uint8_t priority;
    TimePoint due;
    std::uint64_t order;
  };
  /// Takes the entry with the smallest key out.
  template <class KeyOf>
  static SlotId Remove(std::vector<Entry>& entries, const KeyOf& key_of) {
    auto best = entries.end();
    for (auto it = entries.begin(); it != entries.end(); ++it) {
      if (key_of(*it) && (best == entries.end() || *key_of(*it) < *key_of(*best))) best = it;
    }
    const SlotId slot = best->slot;
    entries.erase(best);
    return slot;
  }

  std::vector<Entry> timed_;
  std::map<std::int64_t, std::vector<Entry>> lanes_;
  std::map<std::int64_t, ClassTurns> turns_;
  std::map<std::pair<std::int64_t, MessageClass>, unsigned> strict_;
  ClassTurns due_turns_;
  std::uint64_t order_ = 0;
};

TEST(WaitingRoom, BehavesAsANaiveOne) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&random](std::uint64_t n) { return random() % n; };
    WaitingRoom room(Limits());
    NaiveRoom naive;
    TimePoint now = kStart;
    SlotId next_slot = 1;
    for (int step = 0; step < 3'000; ++step) {
      const auto c = static_cast<MessageClass>(below(kMessageClasses));
      const auto priority = static_cast<std::uint8_t>(below(kPriorities));
      const std::int64_t supplier_id = below(2) == 0 ? kAlpha : kBeta;
      // Phases that fill and phases that empty, so that all lanes are seen full, mixed and bare.
      const bool fills = step / 300 % 2 == 0;
      switch (below(fills ? 6 : 10)) {
        case 0:
        case 1: {
          const TimePoint due = now + std::chrono::milliseconds(below(50));
          room.Wait(next_slot, c, priority, due);
          naive.Wait(next_slot++, c, priority, due);
          break;
        }
        case 2:
        case 3:
          room.Push(supplier_id, c, priority, next_slot);
          naive.Push(supplier_id, c, priority, next_slot++);
          break;
        case 5: {
          Slots swept;
          room.Sweep(
              below(6), [](SlotId slot) { return slot % 7 == 0; }, &swept);
          for (const SlotId slot : swept) naive.Drop(slot);
          break;
        }
        case 4:
          now += std::chrono::milliseconds(below(20));
          for (const SlotId slot : PopDue(room, now, below(8))) {
            ASSERT_EQ(slot, naive.PopDue(now)) << "seed " << seed << " step " << step;
          }
          break;
        default:
          ASSERT_EQ(room.Pop(supplier_id), naive.Pop(supplier_id))
              << "seed " << seed << " step " << step;
      }
    }
  }
}

TEST(MessageClass, NamesAreThoseOfTheCatalogInOrderOfUrgency) {
  EXPECT_EQ(ClassName(kotp), "otp");
  EXPECT_EQ(ParseMessageClass("transactional"), ktransactional);
  EXPECT_EQ(ParseMessageClass("any"), std::nullopt);
  EXPECT_EQ(ParseMessageClass(""), std::nullopt);
  const std::string_view order[] = {"otp", "transactional", "p2p", "promo", "test"};
  EXPECT_TRUE(std::ranges::equal(kClassNames, order));
}

TEST(MessageClass, PriorityFlagThreeGoesFirst) {  // SMPP v3.4 §5.2.14
  EXPECT_EQ(PriorityOf(3), 0);
  EXPECT_EQ(PriorityOf(2), 1);
  EXPECT_EQ(PriorityOf(0), 3);
  EXPECT_EQ(PriorityOf(4), 0);
  EXPECT_EQ(PriorityOf(255), 0);
}

}  // namespace
}  // namespace hub::relay
