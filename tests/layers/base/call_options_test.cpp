#include <lamina/layers/base/call_options.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(CallOptions, ArePlainWithoutMasksAndScores) {
  EXPECT_TRUE(CallOptions().plain());
  EXPECT_TRUE((CallOptions{.training = true}).plain());
  EXPECT_FALSE((CallOptions{.mask = Tensor<float>{1, 0}}).plain());
  EXPECT_FALSE((CallOptions{.attention_mask = Tensor<float>{1, 0}}).plain());
  EXPECT_FALSE((CallOptions{.use_causal_mask = true}).plain());
  EXPECT_FALSE((CallOptions{.return_attention_scores = true}).plain());
}

TEST(CallOptions, TakeOneMaskOrOneForEachInput) {
  const Tensor<float> mask{1, 0};
  EXPECT_TRUE(CallMasks().empty());
  EXPECT_EQ(CallMasks(mask).size(), 1U);
  const CallMasks second{Tensor<float>(), mask};
  ASSERT_EQ(second.size(), 2U);
  EXPECT_FALSE(second[0].defined());
  EXPECT_TRUE(expect::same(second[1], mask));
  EXPECT_EQ(CallMasks(std::vector<Tensor<float>>{mask, mask, mask}).size(), 3U);
}

TEST(CallOptions, HaveNeutralDefaults) {
  EXPECT_FALSE(CallOptions().training.has_value());
  EXPECT_EQ(InputSpec().rank, -1);
  EXPECT_EQ(InputSpec().last, None);
  EXPECT_TRUE(WeightOptions<float>().trainable);
}
