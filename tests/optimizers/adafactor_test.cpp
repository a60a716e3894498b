#include <lamina/optimizers/adafactor.hpp>
#include "support/follows.hpp"

#include "support/optimizer_rules.hpp"

// Update rules that depend on the whole variable.

using namespace lamina;
using namespace lamina::testing::optimizer_rules;

TEST(Adafactor, AgreesWithItsFormula) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{3, 4}, Shape{50, 33}, Shape{2, 5, 20}, Shape{300, 70}})
    check_whole<Adafactor>(
        shape,
        AdafactorOptions{.learning_rate = 0.4,
                         .beta_2_decay = -0.6,
                         .epsilon_1 = 1e-5,
                         .epsilon_2 = 1e-2,
                         .clip_threshold = 0.9,
                         .weight_decay = 0.1},
        [&](auto& w, auto& r, auto& v, const Tensor<double>& g, int s) {
          // r contains the means of the rows, followed by those of the columns; v is used for vectors.
          static std::vector<double> rows, columns;
          const Index n = g.size(), c = g.columns(), each = shape.rank() < 2 ? n : shape[-2] * c;
          const double gain = std::pow(s + 1, -0.6), beta = 1 - gain;
          std::vector<double> u(w.size());
          if (s == 0) {
            rows.assign(static_cast<std::size_t>(n), 0.0);
            columns = rows;
          }
          for (Index i = 0; i < n; ++i) w[static_cast<std::size_t>(i)] *= 1 - 0.4 * 0.1;
          if (shape.rank() < 2) {
            for (Index i = 0; i < n; ++i) {
              const auto at = static_cast<std::size_t>(i);
              v[at] = beta * v[at] + gain * (g[i] * g[i] + 1e-5);
              u[at] = g[i] / std::sqrt(v[at]);
            }
          } else {
            const Index k = each / c;
            for (Index begin = 0; begin < n; begin += each) {
              double* row = rows.data() + begin;
              double* column = columns.data() + begin;
              for (Index i = 0; i < k; ++i) {
                double sum = 0;
                for (Index j = 0; j < c; ++j) sum += square(g[begin + i * c + j]) + 1e-5;
                row[i] = beta * row[i] + gain * sum / static_cast<double>(c);
              }
              for (Index j = 0; j < c; ++j) {
                double sum = 0;
                for (Index i = 0; i < k; ++i) sum += square(g[begin + i * c + j]) + 1e-5;
                column[j] = beta * column[j] + gain * sum / static_cast<double>(k);
              }
              double mean = 0;
              for (Index i = 0; i < k; ++i) mean += row[i] / static_cast<double>(k);
              for (Index i = 0; i < each; ++i)
                u[static_cast<std::size_t>(begin + i)] = g[begin + i] / std::sqrt(row[i / c] / mean * column[i % c]);
            }
          }
          static_cast<void>(r);
          const double count = std::sqrt(static_cast<double>(n));
          const double alpha = std::max(1e-2, length(w) / count) * std::min(0.4, 1 / std::sqrt(s + 1.0));
          const double size = std::max(1.0, length(u) / count / 0.9);
          for (std::size_t i = 0; i < w.size(); ++i) w[i] -= alpha * u[i] / size;
        });
}

TEST(Adafactor, ZeroGradientsDoNotChangeWeights) {
  // A row and a column of zeros: v is 0 at their intersection.
  const Variable<float> w(Tensor<float>::ones({20, 20}));
  Tensor<float> g = Tensor<float>::ones({20, 20});
  for (Index i = 0; i < 20; ++i) g.mutable_data()[i * 20 + 3] = g.mutable_data()[5 * 20 + i] = 0;
  Adafactor<float> adafactor(0.1);
  for (int step = 0; step < 3; ++step) adafactor.apply_gradients({g}, {w});
  for (Index i = 0; i < 400; ++i) {
    ASSERT_TRUE(std::isfinite(w.value()[i])) << i;
    ASSERT_EQ(w.value()[i] == 1, g[i] == 0) << i;
  }
}

TEST(Adafactor, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Adafactor<float>({.clip_threshold = 0.0}); }, {"clip_threshold"}));
}
