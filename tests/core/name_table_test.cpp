#include <lamina/core/name_table.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Its function is declared only: a program that calls it would not link.
struct NeverMade {
  static int number();
};
struct One {
  static int number() { return 1; }
};
struct Two {
  static int number() { return 2; }
};
using Table = NameTable<same_name, Named<"one", One>, Named<"two_words", Two>, Named<"uno", One>>;
using WithUnlinked = NameTable<same_name, Named<"one", One>, Named<"never_made", NeverMade>>;

constexpr int position(std::string_view name) {
  int found = 0;
  const bool known = Table::find(name, [&]<class Entry>(Entry*) { found = Entry::text == "one" ? 1 : 2; });
  return known ? found : -1;
}
static_assert(position("one") == 1 && position("TwoWords") == 2 && position("three") == -1);

/// Returns the index of an entry, given a string literal.
template <std::size_t N>
int number_of(const char (&name)[N]) {
  int number = 0;
  WithUnlinked::find<N - 1>(name, [&]<class Entry>(Entry*) { number = Entry::type::number(); });
  return number;
}

TEST(NameTable, FindsAnEntryByItsNameAsWrittenOrAsAClass) {
  for (const char* name : {"one", "One", "ONE"}) EXPECT_EQ(position(name), 1) << name;
  for (const char* name : {"two_words", "TwoWords"}) EXPECT_EQ(position(name), 2) << name;
  for (const char* name : {"", "on", "ones", "two words"}) EXPECT_EQ(position(name), -1) << name;
}

TEST(NameTable, ByALiteralCompilesEntriesOfItsLengthOnly) {
  EXPECT_EQ(number_of("one"), 1) << "NeverMade::number would not link";
  EXPECT_EQ(number_of("two"), 0);
}

TEST(NameTable, CallsTheFirstEntryOfAName) {
  using Twice = NameTable<same_name, Named<"same", One>, Named<"same", Two>>;
  int number = 0, calls = 0;
  EXPECT_TRUE(Twice::find(std::string("same"), [&]<class Entry>(Entry*) {
    number = Entry::type::number();
    ++calls;
  }));
  EXPECT_EQ(number, 1);
  EXPECT_EQ(calls, 1);
}

TEST(NameTable, NamesItsEntriesInErrors) {
  EXPECT_EQ(Table::names.size(), 3U);
  EXPECT_EQ(Table::names[1], "two_words");
  EXPECT_TRUE(
      expect::error<ValueError>([] { Table::raise_unknown("number", "two_word"); },
                                {"unknown number \"two_word\"", "Did you mean \"two_words\"?", "one, two_words, uno"}));
}

}  // namespace
