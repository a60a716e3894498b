#include <functional>
#include <lamina/layers/attention/attention.hpp>

#include "support/attention.hpp"
#include "support/score_attention.hpp"

using namespace lamina;
using namespace lamina::testing;

namespace {

using namespace lamina::testing::score_attention;

double product(const std::vector<double>& q, const std::vector<double>& k) {
  double total = 0;
  for (std::size_t c = 0; c < q.size(); ++c) total += q[c] * k[c];
  return total;
}

}  // namespace

TEST(Attention, AgreesWithPlainLoops) {
  const auto concat = [](bool scale) {
    return std::make_shared<Attention<double>>(AttentionOptions{.use_scale = scale, .score_mode = "concat"});
  };
  check_scores(
      {{std::make_shared<Attention<double>>(), {}, [](auto q, auto k, const Tensors&) { return product(q, k); }},
       {std::make_shared<Attention<double>>(AttentionOptions{.use_scale = true}),
        {"scale ()"},
        [](auto q, auto k, const Tensors& w) { return product(q, k) * w[0].item(); }},
       {concat(false),
        {"concat_score_weight ()"},
        [=](auto q, auto k, const Tensors& w) { return tangents(q, k, 1, [&](std::size_t) { return w[0].item(); }); }},
       {concat(true), {"scale ()", "concat_score_weight ()"}, [=](auto q, auto k, const Tensors& w) {
          return tangents(q, k, w[0].item(), [&](std::size_t) { return w[1].item(); });
        }}});
}

TEST(Attention, AQueryWithoutVisibleKeysUsesTheRemainingDigitsOfTheScores) {
  // Keras subtracts 1e9 from the scores of hidden keys, which leaves seven of their digits in double and none in float.
  const Tensor<double> query = some({1, 3, 4}, 1), value = some({1, 5, 4}, 2);
  const Tensor<float> nothing = Tensor<float>::zeros({1, 5});
  Attention<double> twice;
  EXPECT_TRUE(expect::near(twice({query, value}, {.mask = {{}, nothing}}), twice({query, value}), {1e-5, 1e-6}));
  Attention<float> once;
  const Tensor<float> v = value.cast<float>(), y = once({query.cast<float>(), v}, {.mask = {{}, nothing}});
  const Tensor<float> alike = mean(v, {.axes = {1}, .keepdims = true});
  for (Index i = 0; i < 3; ++i) EXPECT_TRUE(expect::near(slice(y, {0, i, 0}, {1, 1, 4}), alike, {1e-5, 1e-6}));
}

TEST(Attention, DropsScoresInTraining) {
  Attention<double> layer({.dropout = 0.5});
  check_dropout_of_scores(layer);
}

TEST(Attention, ConfigurationsAndErrors) {
  EXPECT_EQ(
      Attention<float>({.use_scale = true, .name = "a"}).get_config().to_string(),
      "{\"name\": \"a\", \"trainable\": true, \"dtype\": \"float32\", \"use_scale\": true, \"score_mode\": \"dot\", "
      "\"dropout\": 0.0, \"seed\": null}");
  EXPECT_TRUE(expect::error<ValueError>([] { Attention<float>({.score_mode = "cosine"}); },
                                        {"Attention", "\"cosine\"", "\"concat\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Attention<float>({.dropout = -1}); }, {"dropout"}));
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4});
  EXPECT_TRUE(expect::error<ValueError>([&] { Attention()(x); }, {"Attention", "query and value", "got 1"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Attention()({x, Tensor<float>::ones({2, 3, 5})});
      },
      {"Attention", "(None, 3, 4)", "(None, 3, 5)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Attention()({x, x}, {.mask = {{}, Tensor<float>::ones({2, 4})}});
      },
      {"(2, 4)", "(2, 3, 4)"}));
}
