#include "lamina/core/list.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lamina {
namespace {

/// Counts the existing objects.
struct Counted {
  explicit Counted(int n) : value(n) { ++alive; }
  Counted(const Counted& other) : value(other.value) {
    if (throws) throw std::string("copy");
    ++alive;
  }
  Counted(Counted&& other) noexcept : value(other.value) { ++alive; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --alive; }
  int value;
  static inline int alive = 0;
  static inline bool throws = false;
};

template <class T>
std::vector<T> values_of(const List<T>& list) {
  return {list.begin(), list.end()};
}

TEST(List, IsEmptyAtFirst) {
  const List<int> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.size(), 0u);
  EXPECT_EQ(list.begin(), list.end());
}

TEST(List, GrowsAndKeepsItsOrder) {
  List<std::string> list;
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    list.push_back("element number " + std::to_string(i));
    expected.push_back("element number " + std::to_string(i));
  }
  EXPECT_EQ(values_of(list), expected);
  EXPECT_EQ(list.front(), expected.front());
  EXPECT_EQ(list.back(), expected.back());
}

TEST(List, ChecksTheIndexOfAt) {
  List<int> list{1, 2};
  list.at(1) = 3;
  EXPECT_EQ(std::as_const(list).at(1), 3);
  EXPECT_THROW(list.at(2), ValueError);
  EXPECT_THROW(List<int>().at(0), ValueError);
}

TEST(List, AppendsAnElementOfItself) {
  List<std::string> list{"a string longer than the small-string buffer"};
  for (int i = 0; i < 20; ++i) list.push_back(list.front());
  for (const std::string& s : list) EXPECT_EQ(s, "a string longer than the small-string buffer");
}

TEST(List, IsConstructedFromAnySizedContainer) {
  const std::vector<const char*> words{"a", "b"};
  EXPECT_EQ(values_of(List<std::string>(words)), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(values_of(List<double>(std::vector<int>{1, 2})), (std::vector<double>{1, 2}));
  EXPECT_TRUE(List<double>(std::vector<int>()).empty());
  static_assert(!std::is_constructible_v<List<int>, std::vector<std::string>>);
  static_assert(!std::is_constructible_v<List<std::string>, int>);
}

TEST(List, CopiesAndMoves) {
  List<std::string> list{"a", "b"};
  List<std::string> copied = list;
  copied[0] = "c";
  EXPECT_EQ(list[0], "a");
  const List<std::string> moved = std::move(list);
  EXPECT_EQ(values_of(moved), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(list.empty());  // NOLINT: a moved-from list is empty
  list = copied;
  EXPECT_EQ(list, copied);
  list = std::move(copied);
  EXPECT_EQ(values_of(list), (std::vector<std::string>{"c", "b"}));
  auto& same = list;
  list = same;
  EXPECT_EQ(list.size(), 2u);
}

TEST(List, SupportsMoveOnlyTypes) {
  List<std::unique_ptr<int>> list;
  for (int i = 0; i < 9; ++i) list.push_back(std::make_unique<int>(i));
  list.insert(0, std::make_unique<int>(-1));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*list[static_cast<std::size_t>(i)], i - 1);
}

TEST(List, InsertsAndErases) {
  List<int> list;
  list.insert(0, 3);
  list.insert(0, 1);
  list.insert(1, 2);
  list.insert(3, 4);
  EXPECT_EQ(values_of(list), (std::vector<int>{1, 2, 3, 4}));
  list.erase(1);
  EXPECT_EQ(values_of(list), (std::vector<int>{1, 3, 4}));
  list.erase(2);
  list.erase(0);
  EXPECT_EQ(values_of(list), (std::vector<int>{3}));
  list.erase(0);
  EXPECT_TRUE(list.empty());
}

TEST(List, ErasesByAPredicate) {
  List<int> list{1, 2, 3, 4, 5, 6};
  list.erase_if([](int v) { return v % 2 == 0; });
  EXPECT_EQ(values_of(list), (std::vector<int>{1, 3, 5}));
  list.erase_if([](int) { return false; });
  EXPECT_EQ(list.size(), 3u);
  list.erase_if([](int) { return true; });
  EXPECT_TRUE(list.empty());
}

TEST(List, ResizesAndAssigns) {
  List<std::string> list;
  list.resize(3, "a");
  EXPECT_EQ(values_of(list), (std::vector<std::string>{"a", "a", "a"}));
  list.resize(1);
  EXPECT_EQ(list.size(), 1u);
  list.resize(2);
  EXPECT_EQ(list[1], "");
  list.assign(2, "b");
  EXPECT_EQ(values_of(list), (std::vector<std::string>{"b", "b"}));
}

TEST(List, ResizesWithAnElementOfItself) {
  List<std::string> list{"a string longer than the small-string buffer", "b"};
  const std::string first = list[0];
  list.resize(9, list[0]);
  EXPECT_EQ(list[8], first);
  list.assign(3, list[8]);
  EXPECT_EQ(values_of(list), (std::vector<std::string>{first, first, first}));
}

TEST(List, EqualsElementByElement) {
  EXPECT_TRUE((List<int>{1, 2} == List<int>{1, 2}));
  EXPECT_FALSE((List<int>{1, 2} == List<int>{1, 3}));
  EXPECT_FALSE((List<int>{1, 2} == List<int>{1}));
  EXPECT_TRUE(List<int>() == List<int>());
}

TEST(List, DestroysEachElementOnce) {
  {
    List<Counted> list;
    for (int i = 0; i < 33; ++i) list.emplace_back(i);
    EXPECT_EQ(Counted::alive, 33);
    list.erase(4);
    list.insert(7, Counted(7));
    list.erase_if([](const Counted& c) { return c.value > 20; });
    EXPECT_EQ(Counted::alive, static_cast<int>(list.size()));
    const List<Counted> copied = list;
    EXPECT_EQ(Counted::alive, 2 * static_cast<int>(list.size()));
    list.clear();
    EXPECT_EQ(Counted::alive, static_cast<int>(copied.size()));
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(List, DestroysItsElementsWhenACopyThrows) {
  List<Counted> list;
  for (int i = 0; i < 3; ++i) list.emplace_back(i);
  List<Counted> other;
  other.emplace_back(9);
  Counted::throws = true;
  EXPECT_THROW(List<Counted>{list}, std::string);
  EXPECT_THROW(other = list, std::string);
  Counted::throws = false;
  EXPECT_EQ(Counted::alive, 4);
  EXPECT_EQ(other[0].value, 9);
}

}  // namespace
}  // namespace lamina
