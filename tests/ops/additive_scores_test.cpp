#include <gtest/gtest.h>
#include <lamina/ops/additive_scores.hpp>

#include "support/check_gradient.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

TEST(AdditiveScores, AreSumsOfHyperbolicTangents) {
  for (const Index n : {1, 3, 16, 37}) {
    const Tensor<double> q = random_tensor<double>({2, 4, n}, 1), k = random_tensor<double>({2, 5, n}, 2),
                         w = random_tensor<double>({n}, 3);
    const Tensor<double> s = additive_scores(q, k, w);
    ASSERT_EQ(s.shape(), (Shape{2, 4, 5}));
    for (Index b = 0; b < 2; ++b)
      for (Index i = 0; i < 4; ++i)
        for (Index j = 0; j < 5; ++j) {
          double expected = 0;
          for (Index c = 0; c < n; ++c) expected += w(c) * std::tanh(q(b, i, c) + k(b, j, c));
          EXPECT_NEAR(s(b, i, j), expected, 1e-13);
        }
    const Tensor<float> single = additive_scores(q.cast<float>(), k.cast<float>(), w.cast<float>());
    EXPECT_TRUE(tensors_near(single.cast<double>(), s, 1e-5));
  }
}

TEST(AdditiveScores, Gradients) {
  for (const Index n : {2, 19}) {
    const Tensor<double> q = random_tensor<double>({2, 3, n}, 1), k = random_tensor<double>({2, 2, n}, 2),
                         w = random_tensor<double>({n}, 3);
    EXPECT_TRUE(check_gradient([](const auto& a, const auto& b, const auto& c) { return additive_scores(a, b, c); },
                               {q, k, w}, {.second_order = true}));
    EXPECT_TRUE(check_gradient([&](const auto& c) { return additive_scores(q, k, c); }, {w}, {.second_order = true}));
  }
}

TEST(AdditiveScores, EmptyBatchesAndInvalidShapes) {
  EXPECT_EQ(
      additive_scores(Tensor<float>::ones({0, 3, 4}), Tensor<float>::ones({0, 2, 4}), Tensor<float>::ones({4})).shape(),
      (Shape{0, 3, 2}));
  const Tensor<float> q = Tensor<float>::ones({2, 3, 4}), w = Tensor<float>::ones({4});
  EXPECT_TRUE(raises<ShapeError>(
      [&] {
        additive_scores(q, Tensor<float>::ones({2, 3, 5}), w);
      },
      {"additive_scores", "(2, 3, 4)", "(2, 3, 5)", "(4,)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { additive_scores(q, q, Tensor<float>::ones({3})); }, {"(3,)"}));
}

TEST(AdditiveScores, AreTheSameBitsForAnyNumberOfThreads) {
  const auto run = [] {
    Tensor<float> q = random_tensor<float>({5, 20, 24}, 1), k = random_tensor<float>({5, 30, 24}, 2),
                  w = random_tensor<float>({24}, 3);
    GradientTape<float> tape;
    for (Tensor<float>* t : {&q, &k, &w}) tape.watch(*t);
    const Tensor<float> s = additive_scores(q, k, w);
    std::vector<Tensor<float>> all =
        tape.gradient(s, std::vector<Tensor<float>>{q, k, w}, random_tensor<float>(s.shape(), 4));
    all.push_back(s);
    return all;
  };
  std::vector<Tensor<float>> alone;
  with_threads(1, [&] { alone = run(); });
  for (const int threads : {2, 3})
    with_threads(threads, [&] {
      const std::vector<Tensor<float>> together = run();
      for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(tensors_equal(together[i], alone[i])) << threads;
    });
}

}  // namespace
}  // namespace lamina
