#include <lamina/layers/attention/head_attention_options.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(HeadAttentionOptions, HaveKerasDefaults) {
  const MultiHeadAttentionOptions options;
  EXPECT_FALSE(options.value_dim.has_value());
  EXPECT_FALSE(options.output_shape.given());
  EXPECT_FALSE(options.attention_axes.given());
  const GroupedQueryAttentionOptions grouped;
  EXPECT_EQ(grouped.dropout, 0);
  EXPECT_TRUE(grouped.use_bias);
  EXPECT_FALSE(grouped.use_gate);
  EXPECT_FALSE(grouped.sliding_window || grouped.flash_attention || grouped.seed);
  EXPECT_EQ(grouped.kernel_initializer.to_config().at("class_name").as_string(), "GlorotUniform");
}

TEST(HeadAttentionOptions, ConfigureBothLayers) {
  const auto setup = detail::head_attention_setup(
      "Attention", 2, 3, GroupedQueryAttentionOptions{.dropout = 0.5, .use_bias = false, .sliding_window = 4});
  EXPECT_EQ(setup.heads, 2);
  EXPECT_EQ(setup.key_dim, 3);
  EXPECT_EQ(setup.value_dim, 3);
  EXPECT_EQ(setup.dropout, 0.5);
  EXPECT_EQ(setup.window, 4);
  EXPECT_TRUE(expect::error<ValueError>(
      [] { detail::head_attention_setup("Attention", 2, 3, MultiHeadAttentionOptions{.sliding_window = 0}); },
      {"Attention", "sliding_window >= 1", "got 0"}));
}
