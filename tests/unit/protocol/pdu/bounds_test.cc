// Every field of every PDU at its bounds, from the layouts that tests/support/pdu_layout.h types from the specifications.
#include <gtest/gtest.h>

#include "protocol/pdu/any_pdu.h"
#include "tests/support/pdu_layout.h"

namespace smpp::test {
namespace {

using enum Status;

struct BoundsTest : testing::TestWithParam<const PduLayout*> {
  const PduLayout& layout() const { return *GetParam(); }
  bool is_response() const { return IsResponse(layout().id); }

  /// The status of a body, and whether it comes back octet for octet when it is good.
  Status Judge(const Octets& body) const {
    const Status status = JudgePdu(layout().id, body);
    const Octets pdu = WholePdu(layout().id, 7, body);
    EXPECT_EQ(RoundTrip(pdu), status == ESME_ROK ? pdu : Octets{});
    return status;
  }
  /// The same with one field replaced; `alone`: nothing stands behind it.
  Status JudgeWith(std::size_t index, Octets field, bool alone = false) const {
    BodyPieces body = GoodBody(layout());
    body.fields[index] = std::move(field);
    if (alone) {
      body.fields.resize(index + 1);
      body.tail.clear();
    }
    return Judge(body.Join());
  }
  /// A submit_sm and a data_sm go to somebody.
  Status WhenEmpty(const FieldLayout& field) const {
    const bool must = field.name == "destination_addr" &&
                      (layout().id == CommandId::submit_sm || layout().id == CommandId::data_sm);
    return must ? ESME_RINVDSTADR : ESME_ROK;
  }

  template <class Check>
  void ForEach(FieldLayout::Kind kind, Check check) const {
    for (std::size_t i = 0; i < layout().fields.size(); ++i) {
      if (layout().fields[i].kind != kind) continue;
      SCOPED_TRACE(layout().fields[i].name);
      check(i, layout().fields[i]);
    }
  }
};

TEST_P(BoundsTest, IsGoodAsThePagesShowIt) {
  EXPECT_EQ(Judge(GoodBody(layout()).Join()), ESME_ROK);
}

TEST_P(BoundsTest, TextMayBeEmptyOrAsLongAsItsFieldAndNoLonger) {
  ForEach(FieldLayout::kText, [&](std::size_t i, const FieldLayout& field) {
    EXPECT_EQ(JudgeWith(i, TextField(0)), WhenEmpty(field));
    EXPECT_EQ(JudgeWith(i, TextField(field.octets_max - 1)), ESME_ROK);
    EXPECT_EQ(JudgeWith(i, TextField(field.octets_max)), field.wrong);
    EXPECT_EQ(JudgeWith(i, TextField(field.octets_max + 40)), field.wrong);
  });
}

TEST_P(BoundsTest, TextWithoutItsNulIsTheFieldsFaultOrTheLengths) {
  ForEach(FieldLayout::kText, [&](std::size_t i, const FieldLayout& field) {
    EXPECT_EQ(JudgeWith(i, Octets(field.octets_max + 1, 'A'), true), field.wrong);
    EXPECT_EQ(JudgeWith(i, Octets(field.octets_max, 'A'), true), field.wrong);
    EXPECT_EQ(JudgeWith(i, Octets(field.octets_max - 1, 'A'), true), ESME_RINVCMDLEN);
  });
}

TEST_P(BoundsTest, ATimeIsEmptyOrSixteenCharacters) {
  ForEach(FieldLayout::kTime, [&](std::size_t i, const FieldLayout& field) {
    for (std::size_t characters = 0; characters <= 20; ++characters) {
      const bool good = characters == 0 || characters == 16;
      EXPECT_EQ(JudgeWith(i, TextField(characters)), good ? ESME_ROK : field.wrong) << characters;
    }
    EXPECT_EQ(JudgeWith(i, Octets(17, 'A'), true), field.wrong);
  });
}

TEST_P(BoundsTest, AnyOctetIsANumber) {
  ForEach(FieldLayout::kU8, [&](std::size_t i, const FieldLayout&) {
    for (const std::uint8_t v : std::initializer_list<std::uint8_t>{0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      EXPECT_EQ(JudgeWith(i, {v}), ESME_ROK);
    }
  });
}

TEST_P(BoundsTest, AShortMessageHasUpTo255Octets) {
  ForEach(FieldLayout::kMessage, [&](std::size_t i, const FieldLayout&) {
    for (const std::size_t octets : {0, 1, 160, 254, 255}) {
      Octets field(octets + 1, 0x80);
      field[0] = static_cast<std::uint8_t>(octets);
      EXPECT_EQ(JudgeWith(i, field), ESME_ROK) << octets;
      if (octets == 0) continue;
      field.pop_back();
      EXPECT_EQ(JudgeWith(i, field, true), ESME_RINVMSGLEN) << octets;
    }
  });
}

TEST_P(BoundsTest, ABodyCutAnywhereIsTooShort) {
  BodyPieces body = GoodBody(layout());
  body.tail.clear();
  const Octets whole = body.Join();
  for (std::size_t octets = 0; octets < whole.size(); ++octets) {
    const std::size_t message = body.fields.size() - 1;
    const bool in_message =
        layout().fields[message].kind == FieldLayout::kMessage && octets > body.OffsetOf(message);
    Status wanted = in_message ? ESME_RINVMSGLEN : ESME_RINVCMDLEN;
    if (octets == 0 && is_response()) wanted = ESME_ROK;
    EXPECT_EQ(Judge({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(octets)}), wanted)
        << octets;
  }
}

TEST_P(BoundsTest, StrayOctetsAreABrokenTailOrNothingBehindAHeader) {
  const Octets good = GoodBody(layout()).Join();
  for (const Octets& stray :
       {Octets{0}, Octets{4, 0x24}, Octets{4, 0x24, 0}, Octets{0x14, 0, 0, 2, 'x'},
        Octets{0x14, 0, 0xFF, 0xFF}, Octets{0x14, 0, 0, 0, 7}}) {
    Octets body = good;
    body.insert(body.end(), stray.begin(), stray.end());
    EXPECT_EQ(Judge(body), layout().has_tlvs ? ESME_RINVTLVSTREAM : ESME_ROK) << stray.size();
  }
}

std::vector<const PduLayout*> AllLayouts() {
  std::vector<const PduLayout*> all;
  for (const PduLayout& layout : RequestLayouts()) all.push_back(&layout);
  for (const PduLayout& layout : ResponseLayouts()) all.push_back(&layout);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Specification, BoundsTest, testing::ValuesIn(AllLayouts()),
                         [](const auto& c) { return std::string(CommandName(c.param->id)); });

TEST(Layouts, AreThoseOfEveryPduInTheTable) {
  std::size_t rows = 0;
#define PDU(command, type) ++rows;
#include "protocol/pdu/pdu_table.def"
#undef PDU
  EXPECT_EQ(AllLayouts().size(), rows);
}

// --- submit_multi's two lists -----------------------------------------------------------------------------------

Status JudgeDests(Octets list) {
  BodyPieces body = GoodBody(LayoutOf(CommandId::submit_multi));
  body.fields[4] = std::move(list);
  return JudgePdu(CommandId::submit_multi, body.Join());
}

TEST(SubmitMultiBounds, TakesOneTo255Destinations) {
  EXPECT_EQ(JudgeDests({0}), ESME_RINVNUMDESTS);
  for (const std::uint8_t count : std::initializer_list<std::uint8_t>{1, 2, 254, 255}) {
    Octets list = {count};
    for (int i = 0; i < count; ++i) list.insert(list.end(), {1, 1, 1, '7', 0});
    EXPECT_EQ(JudgeDests(list), ESME_ROK) << int{count};
  }
}

TEST(SubmitMultiBounds, ADestinationIsANumberOrAListAndFitsItsField) {
  for (int flag = 0; flag < 256; ++flag) {
    if (flag == 1 || flag == 2) continue;
    EXPECT_EQ(JudgeDests({1, static_cast<std::uint8_t>(flag), 1, 1, '7', 0}), ESME_RINVDESTFLAG);
  }
  for (const auto& [flag, wrong] : {std::pair{1, ESME_RINVDSTADR}, std::pair{2, ESME_RINVDLNAME}}) {
    for (const std::size_t characters : {0, 1, 20, 21, 60}) {
      Octets list = {1, static_cast<std::uint8_t>(flag)};
      if (flag == 1) list.insert(list.end(), {1, 1});
      const Octets name = TextField(characters);
      list.insert(list.end(), name.begin(), name.end());
      EXPECT_EQ(JudgeDests(list), characters > 20 ? wrong : ESME_ROK) << flag << " " << characters;
    }
  }
}

}  // namespace
}  // namespace smpp::test
