#include <functional>
#include <lamina/layers/attention/additive_attention.hpp>

#include "support/attention.hpp"
#include "support/score_attention.hpp"

using namespace lamina;
using namespace lamina::testing;
using namespace lamina::testing::score_attention;

TEST(AdditiveAttention, AgreesWithPlainLoops) {
  check_scores({{std::make_shared<AdditiveAttention<double>>(),
                 {"scale (4,)"},
                 [=](auto q, auto k, const Tensors& w) {
                   return tangents(q, k, 1, [&](std::size_t c) { return w[0](static_cast<Index>(c)); });
                 }},
                {std::make_shared<AdditiveAttention<double>>(AdditiveAttentionOptions{.use_scale = false}),
                 {},
                 [=](auto q, auto k, const Tensors&) { return tangents(q, k, 1, [](std::size_t) { return 1.0; }); }}});
}

TEST(AdditiveAttention, DropsScoresInTraining) {
  AdditiveAttention<double> layer({.dropout = 0.5, .seed = 3});
  check_dropout_of_scores(layer);
}

TEST(AdditiveAttention, ConfigurationsAndErrors) {
  EXPECT_EQ(AdditiveAttention<float>().get_config().find("score_mode"), nullptr);
  EXPECT_EQ(layer_from_config<float>(
                named_config("AdditiveAttention", AdditiveAttention<float>({.use_scale = false}).get_config()))
                ->get_config()
                .at("use_scale")
                .as_bool(),
            false);
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        AdditiveAttention()({x, Tensor<float>::ones({1, 3, 4})});
      },
      {"(2, 3, 4), (1, 3, 4)"}));
}
