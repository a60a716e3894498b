#include <lamina/metrics/probabilistic.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(ProbabilisticMetrics, AgreeWithTheLossesOfTheSameName) {
  agree(metrics::KLDivergence<double>(), KLDivergence<double>(), u, v);
  agree(metrics::Poisson<double>(), Poisson<double>(), u, v);
  for (const bool logits : {false, true}) {
    const Tensor<double> p = logits ? expect::scattered({3, 4}, 5) : v;
    agree(metrics::BinaryCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}),
          BinaryCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}), u, p);
    agree(metrics::CategoricalCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}),
          CategoricalCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}), u, p);
    agree(metrics::SparseCategoricalCrossentropy<double>({.from_logits = logits}),
          SparseCategoricalCrossentropy<double>({.from_logits = logits}), Tensor{3., 0., 1.}, p);
  }
  EXPECT_NEAR(once(metrics::CategoricalCrossentropy<double>({.axis = 1}), t3, exp(p3)),
              CategoricalCrossentropy<double>({.axis = 1})(t3, exp(p3)).item(), 1e-12);
}

TEST(MeanMetrics, LabelsThatAreIgnoredDoNotCount) {
  const Tensor<double> labels{1., 9., 0.}, p = positive({3, 4}, 3);
  const Tensor<double> kept =
      SparseCategoricalCrossentropy<double>({.ignore_class = 9, .reduction = Reduction::none})(labels, p);
  metrics::SparseCategoricalCrossentropy<double> metric({.ignore_class = 9});
  EXPECT_NEAR(once(metric, labels, p), (kept[0] + kept[2]) / 2, 1e-12);
  metric.reset_state();
  EXPECT_NEAR(once(metric, labels, p, Tensor{1., 1., 1.}), (kept[0] + kept[2]) / 2, 1e-12);
  metric.reset_state();
  metric.update_masked_state(labels, p, Tensor{1., 1., 1.}, Tensor{1., 1., 0.});
  EXPECT_NEAR(metric.result(), kept[0], 1e-12);
  EXPECT_TRUE(expect::error<ValueError>([&] { once(metric, Tensor{4., 0., 0.}, p); }, {"label 4 of sample 0"}));
  // Labels of -1, and one row of invalid predictions.
  const Tensor<double> y{1., -1., 0.}, q{{0.2, 0.7, 0.1}, {0.3, 0.3, 0.4}, {0.6, 0.2, 0.2}};
  EXPECT_NEAR(once(metrics::SparseCategoricalCrossentropy<double>({.ignore_class = -1}), y, q),
              -(std::log(0.7) + std::log(0.6)) / 2, 1e-12);
}
