#include <lamina/layers/reshaping/repeat_vector.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(RepeatVector, PassesTheLayerChecks) { check_layer<RepeatVector>({.input = {2, 3}, .output = {2, 4, 3}}, 4); }

TEST(RepeatVector, RepeatsEachSample) {
  EXPECT_TRUE(expect::same(RepeatVector(2)(Tensor{{1, 2}, {3, 4}}), Tensor{{{1, 2}, {1, 2}}, {{3, 4}, {3, 4}}}));
  EXPECT_TRUE(expect::error<ValueError>([] { RepeatVector(0); }, {"RepeatVector", "n >= 1", "got 0"}));
}
