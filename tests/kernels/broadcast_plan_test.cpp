#include <gtest/gtest.h>

#include <lamina/kernels/broadcast_plan.hpp>
#include <vector>

namespace lamina {
namespace {

struct Axis {
  Index size, a_step, b_step;
  bool operator==(const Axis& other) const {
    return size == other.size && a_step == other.a_step && b_step == other.b_step;
  }
};

std::vector<Axis> axes(const Shape& a, const Shape& b, const Shape& out) {
  const kernels::BroadcastPlan plan(a, b, out);
  std::vector<Axis> all;
  for (Index i = 0; i < plan.rank; ++i) all.push_back({plan.size[i], plan.a_step[i], plan.b_step[i]});
  return all;
}

TEST(BroadcastPlan, MergesAxesWithCompatibleStrides) {
  EXPECT_EQ(axes({3, 4, 5}, {3, 4, 5}, {3, 4, 5}), (std::vector<Axis>{{60, 1, 1}}));
  EXPECT_EQ(axes({3, 4, 5}, {}, {3, 4, 5}), (std::vector<Axis>{{60, 1, 0}}));
  EXPECT_EQ(axes({3, 4, 5}, {5}, {3, 4, 5}), (std::vector<Axis>{{12, 5, 0}, {5, 1, 1}}));
  EXPECT_EQ(axes({3, 4, 5}, {3, 4, 1}, {3, 4, 5}), (std::vector<Axis>{{12, 5, 1}, {5, 1, 0}}));
  EXPECT_EQ(axes({3, 1, 5}, {1, 4, 1}, {3, 4, 5}), (std::vector<Axis>{{3, 5, 0}, {4, 0, 1}, {5, 1, 0}}));
  EXPECT_EQ(axes({4, 1}, {1, 1}, {4, 1}), (std::vector<Axis>{{4, 1, 0}}));
  EXPECT_EQ(axes({1, 1}, {1}, {1, 1}), (std::vector<Axis>{{1, 1, 1}}));
}

TEST(BroadcastPlan, InnermostStridesAreZeroOrOne) {
  for (const Shape& a : {Shape{2, 3, 4}, Shape{1, 3, 1}, Shape{2, 1, 4}, Shape{2, 1, 1}})
    for (const Shape& b : {Shape{2, 3, 4}, Shape{3, 1}, Shape{4}, Shape{}}) {
      const auto all = axes(a, b, {2, 3, 4});
      EXPECT_TRUE(all.back().a_step == 0 || all.back().a_step == 1);
      EXPECT_TRUE(all.back().b_step == 0 || all.back().b_step == 1);
    }
}

}  // namespace
}  // namespace lamina
