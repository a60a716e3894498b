// Compares CTC with the sum over every path, and its gradients with finite differences.
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Returns -log of the total probability of all paths that collapse to the labels.
double by_enumeration(const Tensor<double>& x, const std::vector<Index>& labels) {
  const Index time = x.shape()[0], classes = x.shape()[1];
  const Tensor<double> p = softmax(x);
  double total = 0;
  Index paths = 1;
  for (Index t = 0; t < time; ++t) paths *= classes;
  for (Index path = 0; path < paths; ++path) {
    std::vector<Index> collapsed;
    double probability = 1;
    Index before = 0, left = path;
    for (Index t = 0; t < time; ++t, left /= classes) {
      const Index c = left % classes;
      probability *= p(t, c);
      if (c != 0 && c != before) collapsed.push_back(c);
      before = c;
    }
    if (collapsed == labels) total += probability;
  }
  return -std::log(total);
}

const Tensor<double> logits = 2 * expect::scattered({4, 5, 4});
const Tensor<double> sequences{{1., 2., 0.}, {3., 3., 0.}, {0., 0., 0.}, {2., 2., 1.}};

}  // namespace

TEST(CTC, IsTheSumOverAllPaths) {
  const std::vector<Index> labels[] = {{1, 2}, {3, 3}, {}, {2, 2, 1}};
  const Tensor<double> losses = CTC<double>(Reduction::none)(sequences, logits);
  ASSERT_EQ(losses.shape(), Shape{4});
  for (Index b = 0; b < 4; ++b)
    EXPECT_NEAR(losses[b], by_enumeration(reshape(logits.rows_view(b, b + 1), {5, 4}), labels[b]), 1e-12);
  EXPECT_TRUE(
      expect::near(CTC<float>(Reduction::none)(sequences.cast<float>(), logits.cast<float>()), losses, {1e-6, 1e-6}));
}

TEST(CTC, HasExactGradientsOfEveryOrder) {
  const auto loss = [](const auto& x) { return CTC<double>(Reduction::none)(sequences, x); };
  EXPECT_TRUE(lamina::testing::check_gradient(loss, {logits}, {.tolerance = 1e-8}));
  EXPECT_TRUE(lamina::testing::check_gradient(loss, {logits}, {.second_order = true, .tolerance = 1e-6}));
}

TEST(CTC, StaysExactOverLongSequences) {
  // All classes have equal probability. The number of alignments of one label with n steps is n (n + 1) / 2.
  const Index time = 2000;
  const Tensor<double> x = Tensor<double>::zeros({1, time, 3});
  const double n = static_cast<double>(time);
  EXPECT_NEAR(CTC<double>()(Tensor{{1., 0.}}, x).item(), n * std::log(3.0) - std::log(n * (n + 1) / 2), 1e-8);
}

TEST(CTC, ImpossibleSequencesHaveAnInfiniteLoss) {
  // Two equal labels need a blank between them.
  Tensor<double> x = expect::scattered({2, 2, 3});
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> y = CTC<double>(Reduction::none)(Tensor{{1., 1.}, {1., 2.}}, x);
  EXPECT_EQ(y[0], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isfinite(y[1]));
  const Tensor<double> gradient = tape.gradient(y, x);
  for (Index i = 0; i < 6; ++i) EXPECT_EQ(gradient[i], 0);
  EXPECT_NE(gradient[6], 0);
}

TEST(CTC, EdgeCases) {
  EXPECT_EQ(CTC<double>(Reduction::none)(Tensor<double>::zeros({0, 2}), Tensor<double>::zeros({0, 3, 4})).size(), 0);
  const Tensor<double> one = expect::scattered({1, 1, 3});
  EXPECT_NEAR(CTC<double>()(Tensor{{2.}}, one).item(), -log_softmax(one)[2], 1e-14);
  EXPECT_NEAR(CTC<double>()(Tensor<double>::zeros({1, 0}), one).item(), -log_softmax(one)[0], 1e-14);
}

TEST(CTC, BadInputIsNamed) {
  const CTC<double> loss;
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        loss(Tensor{{1., 4.}}, logits.rows_view(0, 1));
      },
      {"CTC", "label 4 of sample 0", "1 to 3"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        loss(Tensor{{0., 1.}}, logits.rows_view(0, 1));
      },
      {"sample 0", "label 1 after a 0", "blank"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { loss(Tensor{1., 2.}, logits); }, {"CTC", "(2,)", "(4, 5, 4)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { loss(Tensor{{1., 2.}}, logits); }, {"(1, 2)"}));
}
