#include <gtest/gtest.h>

#include <lamina/core/shape.hpp>
#include <vector>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::raises;

TEST(Shape, HoldsUpToEightSizes) {
  EXPECT_EQ(Shape().rank(), 0);
  EXPECT_TRUE(Shape().empty());
  const Shape s{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(s.rank(), 8);
  EXPECT_FALSE(s.empty());
  for (Index i = 0; i < 8; ++i) EXPECT_EQ(s[i], i + 1);
  EXPECT_TRUE(raises<ShapeError>([&] { return s.prepend(1); }, {"at most 8 axes", "reshape"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }, {"at most 8 axes"}));
}

TEST(Shape, IsMadeFromAnyRange) {
  const std::vector<int> sizes{4, 3};
  EXPECT_EQ(Shape(sizes.begin(), sizes.end()), (Shape{4, 3}));
}

TEST(Shape, SizeIsTheProduct) {
  EXPECT_EQ(Shape{}.size(), 1);
  EXPECT_EQ((Shape{2, 3, 4}).size(), 24);
  EXPECT_EQ((Shape{2, 0, 4}).size(), 0);
  EXPECT_EQ((Shape{None, 4}).size(), None);
  EXPECT_TRUE((Shape{2, 0}).is_known());
  EXPECT_FALSE((Shape{3, None}).is_known());
}

TEST(Shape, NegativeAxesCountFromTheEnd) {
  Shape s{5, 6, 7};
  EXPECT_EQ(s[-1], 7);
  EXPECT_EQ(s[-3], 5);
  EXPECT_EQ(s.front(), 5);
  EXPECT_EQ(s.back(), 7);
  EXPECT_EQ(s.axis(-2), 1);
  EXPECT_EQ(s.axis(2), 2);
  s[-2] = 9;
  EXPECT_EQ(s, (Shape{5, 9, 7}));
  EXPECT_TRUE(raises<ShapeError>([&] { return s[3]; }, {"axis 3", "(5, 9, 7)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return s.axis(-4); }, {"axis -4", "(5, 9, 7)"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Shape{}.back(); }, {"axis -1", "()"}));
  EXPECT_TRUE(raises<ShapeError>([] { return Shape{}.front(); }, {"axis 0", "()"}));
}

TEST(Shape, AppendsAndRemovesAxesAtTheEnd) {
  Shape s;
  s.push_back(3);
  s.push_back(4);
  EXPECT_EQ(s, (Shape{3, 4}));
  s.pop_back();
  EXPECT_EQ(s, Shape{3});
  s.pop_back();
  EXPECT_TRUE(raises<ShapeError>([&] { s.pop_back(); }, {"()", "at least one axis"}));
}

TEST(Shape, RemovedAxesAreNotCompared) {
  Shape s{2, 3, 4};
  s.pop_back();
  EXPECT_EQ(s.size(), 6);
  s.pop_back();
  EXPECT_EQ(s.size(), 2);
  EXPECT_EQ(s, Shape{2});
  EXPECT_NE(s, (Shape{2, 1}));
  s.push_back(None);
  EXPECT_EQ(s.size(), None);
  s.pop_back();
  EXPECT_EQ(s.size(), 2);
  s.pop_back();
  EXPECT_EQ(s.size(), 1);
  EXPECT_EQ(s, Shape{});
  EXPECT_EQ((Shape{None, None}).size(), None);
  EXPECT_EQ((Shape{0, None}).size(), None);
  EXPECT_EQ((Shape{7, 8, 9}).slice(1, 2).size(), 8);
}

TEST(Shape, CreatesDerivedShapes) {
  const Shape s{28, 29, 3};
  EXPECT_EQ(s.prepend(32), (Shape{32, 28, 29, 3}));
  EXPECT_EQ(s.slice(1), (Shape{29, 3}));
  EXPECT_EQ(s.slice(0, 2), (Shape{28, 29}));
  EXPECT_EQ(s.slice(1, 1), Shape{});
  EXPECT_EQ(s.with(-1, 10), (Shape{28, 29, 10}));
  EXPECT_EQ(s, (Shape{28, 29, 3}));
}

TEST(Shape, IteratesOverItsSizes) {
  const Shape s{2, 3, 4};
  EXPECT_EQ(std::vector<Index>(s.begin(), s.end()), (std::vector<Index>{2, 3, 4}));
}

TEST(Shape, CopiesEveryRank) {
  Shape grown;
  for (Index rank = 0; rank <= Shape::max_rank; ++rank) {
    const Shape copied = grown;
    EXPECT_EQ(copied, grown);
    Shape assigned{9, 9};
    assigned = grown;
    EXPECT_EQ(assigned, grown);
    if (rank < Shape::max_rank) grown.push_back(10 + rank);
  }
}

TEST(Shape, ComparesRankAndSizes) {
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2}), (Shape{2, 1}));
  EXPECT_NE(Shape{}, Shape{1});
}

TEST(Shape, PrintsAsPythonDoes) {
  EXPECT_EQ(Shape{}.to_string(), "()");
  EXPECT_EQ(Shape{10}.to_string(), "(10,)");
  EXPECT_EQ((Shape{None, 28, 3}).to_string(), "(None, 28, 3)");
}

TEST(Shape, IsUsableInConstantExpressions) {
  static_assert(Shape{2, 3}.size() == 6 && Shape{2, 3}.back() == 3 && Shape{2, 3}.prepend(4).rank() == 3);
  static_assert(Shape{2, 3} == Shape{2, 3} && fits(Shape{2, 3}, Shape{None, 3}));
}

TEST(Shape, NoneMatchesAnySize) {
  EXPECT_TRUE(fits({32, 8}, {None, 8}));
  EXPECT_TRUE(fits({0, 8}, {None, 8}));
  EXPECT_TRUE(fits({}, {}));
  EXPECT_FALSE(fits({32, 7}, {None, 8}));
  EXPECT_FALSE(fits({32, 8, 1}, {None, 8}));
}

TEST(Shape, BroadcastsByNumPysRule) {
  EXPECT_EQ(broadcast({3, 4}, {3, 4}), (Shape{3, 4}));
  EXPECT_EQ(broadcast({3, 1}, {1, 4}), (Shape{3, 4}));
  EXPECT_EQ(broadcast({4}, {3, 4}), (Shape{3, 4}));
  EXPECT_EQ(broadcast({3, 4}, {}), (Shape{3, 4}));
  EXPECT_EQ(broadcast({0, 4}, {1, 4}), (Shape{0, 4}));
  EXPECT_EQ(broadcast({5, 1, 2}, {7, 1}), (Shape{5, 7, 2}));
  EXPECT_TRUE(raises<ShapeError>(
      [] {
        return broadcast({3, 4}, {3, 5});
      },
      {"(3, 4)", "(3, 5)", "do not broadcast", "axis 1", "4 and 5"}));
  EXPECT_TRUE(raises<ShapeError>([] { return broadcast({0}, {2}); }, {"(0,)", "(2,)"}));
}

}  // namespace
}  // namespace lamina
