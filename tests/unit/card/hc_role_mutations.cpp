// Whatever is done to a golden hcRole value, it is refused, or makes nobody eligible, or means what it meant.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "enroll/card/errors.h"
#include "enroll/card/hc_role.h"
#include "tests/unit/card/judging.h"

using namespace tegata;
using namespace tegata::card;

namespace {

struct Golden {
  const char* name;
  Bytes value;
  HcRole role;
  int other_codes;  // flips of one bit that make another number of the digits, and nothing else
};

Bytes element(std::uint8_t tag, const Bytes& content) {
  Bytes out = {tag};
  if (content.size() >= 0x80) out.push_back(0x81);
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}
Bytes around(const char* actor) {
  Bytes attribute = *parse_hex("0606288185420001");
  const Bytes values = element(0x31, element(0x31, *parse_base64(actor)));
  attribute.insert(attribute.end(), values.begin(), values.end());
  return element(0x30, element(0x30, attribute));
}

const HcRole doctor_role = {national_qualifications, "", "Medical Doctor"};
const HcRole numbered = {national_qualifications, "123", "Pharmacist"};
const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all = {
      {"doctor",
       *parse_hex("303430320606288185420001312831263024a0223120a00c060a2a830886910f01060101a2100c0e4d65646963616c20446f"
                  "63746f72"),
       doctor_role, 0},
      {"pharmacist",
       *parse_hex(
           "3030302e0606288185420001312431223020a01e311ca00c060a2a830886910f01060101a20c0c0a506861726d6163697374"),
       {national_qualifications, "", "Pharmacist"},
       0},
      {"doctor's actor", around("MCSgIjEgoAwGCiqDCIaRDwEGAQGiEAwOTWVkaWNhbCBEb2N0b3I="), doctor_role, 0},
      // Of the four low bits of each digit, those that do not lead beyond 9: four of "1", three each of "2" and "3".
      {"with a number", around("MCegJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3Q="), numbered, 10},
      {"with regional data", around("MCugJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3ShAjAA"), numbered, 10},
  };
  return all;
}

using Meaning = std::set<std::pair<std::string, std::string>>;
// What a value makes its holder: nothing where it is refused.
Meaning meaning(const Bytes& value) {
  const auto roles = parse_hc_roles(value);
  if (!roles) {
    CHECK(roles.error().code() == errors::card_malformed);
    return {};
  }
  Meaning out;
  for (const auto& role : *roles) {
    if (role.scheme == national_qualifications && test::eligible_roles.contains(role.name))
      out.emplace(role.scheme, role.name);
  }
  return out;
}

bool is_harmless(const Bytes& mutant, const Golden& golden) {
  const Meaning now = meaning(mutant);
  return now.empty() || now == Meaning{{golden.role.scheme, golden.role.name}};
}

// --- the value as a tree ------------------------------------------------------------------------------------------

struct Node {
  std::uint8_t tag = 0;
  Bytes content;  // of a leaf
  std::vector<Node> children;
};

std::vector<Node> grow(ByteView der) {
  std::vector<Node> out;
  while (!der.empty()) {
    const std::size_t header = der[1] < 0x80 ? 2 : 3, length = der[1] < 0x80 ? der[1] : der[2];
    Node node;
    node.tag = der[0];
    const ByteView content = der.subspan(header, length);
    if (node.tag & 0x20) {
      node.children = grow(content);
    } else {
      node.content = to_bytes(content);
    }
    out.push_back(std::move(node));
    der = der.subspan(header + length);
  }
  return out;
}

Bytes written(const Node& node) {
  Bytes content = node.content;
  for (const auto& child : node.children) {
    const Bytes one = written(child);
    content.insert(content.end(), one.begin(), one.end());
  }
  return element(node.tag, content);
}

// Calls `visit` with every list of siblings and an index into it.
template <typename Visit>
void each_place(std::vector<Node>& siblings, Visit& visit) {
  for (std::size_t i = 0; i < siblings.size(); ++i) {
    visit(siblings, i);
    each_place(siblings[i].children, visit);
  }
}

using Siblings = std::vector<Node>;
const std::vector<void (*)(Siblings&, std::size_t)> structural = {
    [](Siblings& s, std::size_t i) { s.erase(s.begin() + static_cast<std::ptrdiff_t>(i)); },
    [](Siblings& s, std::size_t i) { s.insert(s.begin() + static_cast<std::ptrdiff_t>(i), Node(s[i])); },
    [](Siblings& s, std::size_t i) { std::swap(s[i], s[(i + 1) % s.size()]); },
    [](Siblings& s, std::size_t i) {
      s[i] = Node{0x30, {}, {s[i]}};
    },
    [](Siblings& s, std::size_t i) {
      s[i] = Node{0x31, {}, {s[i]}};
    },
    [](Siblings& s, std::size_t i) {
      s[i] = Node{s[i].tag, {}, {}};
    },
    [](Siblings& s, std::size_t i) {
      s[i].children.push_back(Node{0x05, {}, {}});
    },
    [](Siblings& s, std::size_t i) { s.push_back(Node(s[i])); },
    [](Siblings& s, std::size_t i) {
      if (!s[i].children.empty()) s[i] = Node(s[i].children[0]);  // NOLINT: a copy first
    },
    [](Siblings& s, std::size_t i) { s[i].content.push_back(0); },
    [](Siblings& s, std::size_t i) {
      if (!s[i].content.empty()) s[i].content.pop_back();
    },
};

}  // namespace

TEST_CASE("golden roles") {
  for (const auto& golden : goldens()) {
    INFO(golden.name);
    const auto roles = parse_hc_roles(golden.value);
    REQUIRE(roles);
    CHECK(*roles == std::vector<HcRole>{golden.role});
  }
}

TEST_CASE("every bit of the golden values") {
  for (const auto& golden : goldens()) {
    INFO(golden.name);
    int other_codes = 0;
    for (std::size_t i = 0; i < golden.value.size() * 8; ++i) {
      Bytes mutant = golden.value;
      mutant[i / 8] = static_cast<std::uint8_t>(mutant[i / 8] ^ 1u << i % 8);
      INFO("bit " << i);
      REQUIRE(is_harmless(mutant, golden));
      // Nobody is made eligible but by the very same role; the digits beside it are carried, not judged.
      if (meaning(mutant).empty()) continue;
      const auto roles = *parse_hc_roles(mutant);
      REQUIRE(roles.size() == 1);
      other_codes += roles[0].code != golden.role.code;
    }
    CHECK(other_codes == golden.other_codes);
  }
}

TEST_CASE("two bits, bytes left out, doubled and exchanged") {
  for (const auto& golden : goldens()) {
    INFO(golden.name);
    const Bytes& value = golden.value;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      Bytes without = value, doubled = value, exchanged = value;
      without.erase(without.begin() + at);
      doubled.insert(doubled.begin() + at, value[i]);
      if (i + 1 < value.size()) std::swap(exchanged[i], exchanged[i + 1]);
      for (const auto& mutant : {without, doubled, exchanged}) REQUIRE(is_harmless(mutant, golden));
      for (int byte = 0; byte < 256; ++byte) {
        Bytes other = value;
        other[i] = static_cast<std::uint8_t>(byte);
        REQUIRE(is_harmless(other, golden));
      }
    }
  }
}

TEST_CASE("every place of the structure, changed in every way") {
  int mutants = 0;
  for (const auto& golden : goldens()) {
    INFO(golden.name);
    const auto count_places = [&] {
      int places = 0;
      auto tree = grow(golden.value);
      auto count = [&](Siblings&, std::size_t) { ++places; };
      each_place(tree, count);
      return places;
    };
    const int places = count_places();
    for (int target = 0; target < places; ++target) {
      for (std::size_t way = 0; way < structural.size() + 256; ++way) {
        auto tree = grow(golden.value);
        Siblings* siblings = nullptr;
        std::size_t index = 0;
        int place = 0;
        auto find = [&](Siblings& s, std::size_t i) {
          if (place++ == target) siblings = &s, index = i;
        };
        each_place(tree, find);
        if (way < structural.size()) {
          structural[way](*siblings, index);
        } else {
          (*siblings)[index].tag = static_cast<std::uint8_t>(way - structural.size());
        }
        Bytes mutant;
        for (const auto& node : tree) {
          const Bytes one = written(node);
          mutant.insert(mutant.end(), one.begin(), one.end());
        }
        INFO("place " << target << " way " << way);
        REQUIRE(is_harmless(mutant, golden));
        ++mutants;
      }
    }
  }
  CHECK(mutants > 10'000);
}
