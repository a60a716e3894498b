// The rules of the other optimizers, with all their arguments.
#include "follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

namespace {

double square(double x) { return x * x; }

auto rmsprop_rule(double rate, double rho, double momentum, double epsilon, bool centered) {
  return [=](Element& e, double g, int) {
    e.v = rho * e.v + (1 - rho) * g * g;
    e.highest = rho * e.highest + (1 - rho) * g;  // here: the mean gradient
    e.m = momentum * e.m + rate * g / std::sqrt(e.v - (centered ? square(e.highest) : 0) + epsilon);
    e.w -= e.m;
  };
}

}  // namespace

TEST(RMSprop, FollowsItsFormula) {
  check<RMSprop>(RMSpropOptions{}, rmsprop_rule(0.001, 0.9, 0, 1e-7, false));
  check<RMSprop>(RMSpropOptions{.learning_rate = 0.02, .rho = 0.7, .momentum = 0.6, .epsilon = 1e-3},
                 rmsprop_rule(0.02, 0.7, 0.6, 1e-3, false));
  check<RMSprop>(RMSpropOptions{.learning_rate = 0.02, .momentum = 0.5, .epsilon = 1e-3, .centered = true},
                 rmsprop_rule(0.02, 0.9, 0.5, 1e-3, true));
}

TEST(AdamW, ShrinksWeights) {
  check<AdamW>(AdamWOptions{.learning_rate = 0.1, .weight_decay = 0.3, .beta_2 = 0.9}, [](Element& e, double g, int s) {
    e.w -= 0.1 * 0.3 * e.w;
    e.m += 0.1 * (g - e.m);
    e.v += 0.1 * (g * g - e.v);
    e.w -= 0.1 * std::sqrt(1 - std::pow(0.9, s + 1)) / (1 - std::pow(0.9, s + 1)) * e.m / (std::sqrt(e.v) + 1e-7);
  });
}

TEST(Adamax, FollowsItsFormula) {
  check<Adamax>(AdamaxOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.1},
                [](Element& e, double g, int s) {
                  e.w *= 1 - 0.1 * 0.1;
                  e.m += 0.2 * (g - e.m);
                  e.v = std::max(0.9 * e.v, std::abs(g));
                  e.w -= 0.1 * e.m / ((1 - std::pow(0.8, s + 1)) * (e.v + 1e-3));
                });
}

TEST(Nadam, FollowsItsFormula) {
  check<Nadam>(NadamOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3},
               [](Element& e, double g, int s) {
                 const auto u = [](int t) { return 0.8 * (1 - 0.5 * std::pow(0.96, t)); };
                 double product = 1;
                 for (int t = 1; t <= s + 1; ++t) product *= u(t);
                 e.m += 0.2 * (g - e.m);
                 e.v += 0.1 * (g * g - e.v);
                 const double mean = u(s + 2) * e.m / (1 - product * u(s + 2)) + (1 - u(s + 1)) * g / (1 - product);
                 e.w -= 0.1 * mean / (std::sqrt(e.v / (1 - std::pow(0.9, s + 1))) + 1e-3);
               });
}

TEST(Adagrad, FollowsItsFormula) {
  check<Adagrad>(AdagradOptions{.learning_rate = 0.1, .initial_accumulator_value = 0.3, .epsilon = 1e-3},
                 [](Element& e, double g, int s) {
                   if (s == 0) e.v = 0.3;
                   e.v += g * g;
                   e.w -= 0.1 * g / std::sqrt(e.v + 1e-3);
                 });
}

TEST(Adadelta, FollowsItsFormula) {
  check<Adadelta>(AdadeltaOptions{.learning_rate = 0.5, .rho = 0.8, .epsilon = 1e-3}, [](Element& e, double g, int) {
    e.v = 0.8 * e.v + 0.2 * g * g;
    const double step = -std::sqrt(e.m + 1e-3) * g / std::sqrt(e.v + 1e-3);
    e.m = 0.8 * e.m + 0.2 * step * step;
    e.w += 0.5 * step;
  });
}

TEST(Lion, FollowsItsFormula) {
  check<Lion>(LionOptions{.learning_rate = 0.01, .beta_1 = 0.7, .beta_2 = 0.8, .weight_decay = 0.5},
              [](Element& e, double g, int) {
                e.w *= 1 - 0.01 * 0.5;
                const double c = 0.7 * e.m + 0.3 * g;
                e.w -= 0.01 * (c > 0 ? 1 : -1);
                e.m = 0.8 * e.m + 0.2 * g;
              });
}

TEST(Lion, StandsStillWithoutAGradient) {
  const Variable<float> w(Tensor<float>::ones({40}));
  Lion<float> lion(0.5);
  lion.apply_gradients({Tensor<float>::zeros({40})}, {w});
  EXPECT_TRUE(expect::same(w.value(), Tensor<float>::ones({40})));
}

TEST(Ftrl, FollowsItsFormula) {
  for (const double power : {-0.5, 0.0, -0.8, -1.0})
    check<Ftrl>(FtrlOptions{.learning_rate = 0.1,
                            .learning_rate_power = power,
                            .initial_accumulator_value = 0.2,
                            .l1_regularization_strength = 0.3,
                            .l2_regularization_strength = 0.2,
                            .l2_shrinkage_regularization_strength = 0.1,
                            .beta = 0.05,
                            .weight_decay = 0.1},
                [=](Element& e, double g, int s) {
                  if (s == 0) e.v = 0.2;
                  e.w *= 1 - 0.1 * 0.1;
                  const double total = e.v + g * g, risen = std::pow(total, -power);
                  e.m += g + 2 * 0.1 * e.w - (risen - std::pow(e.v, -power)) / 0.1 * e.w;
                  e.w = (std::clamp(e.m, -0.3, 0.3) - e.m) / (risen / 0.1 + 2 * (0.2 + 0.05 / (2 * 0.1)));
                  e.v = total;
                });
}

// ---- Rules of a whole variable, for one of any size.

namespace {

template <template <class> class O, class Options, class Rule>
void check_whole(const Shape& shape, const Options& options, const Rule& rule) {
  const auto run = [&]<class S>(S, expect::Within within) {
    O<S> optimizer(options);
    const Variable<S> w(expect::scattered<S>(shape, 3), "kernel");
    std::vector<double> expected(static_cast<std::size_t>(w.size())), m = expected, v = expected;
    for (std::size_t i = 0; i < expected.size(); ++i)
      expected[i] = static_cast<double>(w.value()[static_cast<Index>(i)]);
    for (int step = 0; step < 5; ++step) {
      const Tensor<S> gradient = expect::scattered<S>(shape, 20 + static_cast<std::uint64_t>(step));
      const Tensor<double> g = gradient.template cast<double>();
      optimizer.apply_gradients({gradient}, {w});
      rule(expected, m, v, g, step);
      ASSERT_TRUE(expect::near(w.value(), Tensor<double>::from(expected.data(), shape), within))
          << "shape " << shape << ", step " << step << ", " << 8 * sizeof(S) << " bits";
    }
  };
  run(double{}, {1e-11, 1e-13});
  run(float{}, {2e-5, 2e-6});
}

double length(const std::vector<double>& x) {
  double total = 0;
  for (const double v : x) total += v * v;
  return std::sqrt(total);
}

}  // namespace

TEST(Lamb, FollowsItsFormula) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{40, 3}, Shape{300, 200}})
    check_whole<Lamb>(
        shape, LambOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.2},
        [](auto& w, auto& m, auto& v, const Tensor<double>& g, int s) {
          std::vector<double> step(w.size());
          for (std::size_t i = 0; i < w.size(); ++i) {
            const double gradient = g[static_cast<Index>(i)];
            w[i] *= 1 - 0.1 * 0.2;
            m[i] += 0.2 * (gradient - m[i]);
            v[i] += 0.1 * (gradient * gradient - v[i]);
            step[i] = m[i] / (1 - std::pow(0.8, s + 1)) / (std::sqrt(v[i] / (1 - std::pow(0.9, s + 1))) + 1e-3);
          }
          const double ratio = length(w) / length(step);
          for (std::size_t i = 0; i < w.size(); ++i) w[i] -= ratio * 0.1 * step[i];
        });
}

TEST(Lamb, LengthsOfZeroScaleByOne) {
  const Variable<double> zero(Tensor<double>::zeros({3}));
  Lamb<double> lamb({.learning_rate = 0.1, .epsilon = 0.0});
  lamb.apply_gradients({Tensor{1., -2., 3.}}, {zero});
  EXPECT_TRUE(expect::near(zero.value(), Tensor{-0.1, 0.1, -0.1}, {1e-12, 0}));
}

TEST(Adafactor, FollowsItsFormula) {
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
          // The means of rows come first in r, those of columns behind them; v serves vectors.
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

TEST(Adafactor, WhatHasNoGradientStaysWhereItIs) {
  // A row and a column of zeros: v vanishes where they meet.
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

namespace {

/// Newton-Schulz by plain loops.
std::vector<double> orthogonal(std::vector<double> x, std::size_t rows, std::size_t columns, int steps) {
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b, std::size_t n, std::size_t k,
                          std::size_t m) {
    std::vector<double> c(n * m, 0.0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t l = 0; l < k; ++l)
        for (std::size_t j = 0; j < m; ++j) c[i * m + j] += a[i * k + l] * b[l * m + j];
    return c;
  };
  const auto transposed = [](const std::vector<double>& a, std::size_t n, std::size_t m) {
    std::vector<double> t(a.size());
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < m; ++j) t[j * n + i] = a[i * m + j];
    return t;
  };
  if (rows > columns) return transposed(orthogonal(transposed(x, rows, columns), columns, rows, steps), columns, rows);
  const double size = length(x) + 1e-7;
  for (double& v : x) v /= size;
  for (int step = 0; step < steps; ++step) {
    std::vector<double> a = product(x, transposed(x, rows, columns), rows, columns, rows);
    const std::vector<double> aa = product(a, a, rows, rows, rows);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = -4.7750 * a[i] + 2.0315 * aa[i];
    const std::vector<double> moved = product(a, x, rows, rows, columns);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 3.4445 * x[i] + moved[i];
  }
  return x;
}

auto muon_rule(const Shape& shape, int steps, bool nesterov, std::optional<double> rms_rate) {
  return [=](auto& w, auto& m, auto&, const Tensor<double>& g, int) {
    std::vector<double> x(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double gradient = g[static_cast<Index>(i)];
      w[i] *= 1 - 0.1 * 0.05;
      m[i] = 0.9 * m[i] + gradient;
      x[i] = nesterov ? gradient + 0.9 * m[i] : m[i];
    }
    x = orthogonal(x, static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]), steps);
    const double scale = rms_rate ? *rms_rate * std::sqrt(static_cast<double>(std::max(shape[0], shape[1]))) : 1.0;
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= 0.1 * scale * x[i];
  };
}

}  // namespace

TEST(Muon, MakesMatricesOrthogonal) {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 4}, Shape{5, 2}, Shape{1, 9}, Shape{20, 33}, Shape{40, 17}}) {
    check_whole<Muon>(shape, MuonOptions{.learning_rate = 0.1, .weight_decay = 0.05, .momentum = 0.9},
                      muon_rule(shape, 5, true, 0.2));
    check_whole<Muon>(shape,
                      MuonOptions{.learning_rate = 0.1,
                                  .weight_decay = 0.05,
                                  .momentum = 0.9,
                                  .ns_steps = 2,
                                  .nesterov = false,
                                  .rms_rate = std::nullopt},
                      muon_rule(shape, 2, false, std::nullopt));
  }
}

TEST(Muon, OtherVariablesTakeAdamsStep) {
  const auto make = [](const char* path, const Shape& shape) {
    const Variable<double> v(expect::scattered(shape, 4), "kernel");
    v.set_path(path);
    return v;
  };
  const std::vector<Variable<double>> ours{make("dense/bias", {6}), make("Embedding_1/embeddings", {4, 3}),
                                           make("output_dense/kernel", {3, 5}), make("conv/kernel", {2, 2, 2})};
  std::vector<Variable<double>> twins;
  std::vector<Tensor<double>> gradients;
  for (const auto& v : ours) {
    twins.emplace_back(v.value().copy());
    gradients.push_back(expect::scattered(v.shape(), 5));
  }
  Muon<double> muon({.learning_rate = 0.1,
                     .adam_beta_1 = 0.8,
                     .adam_beta_2 = 0.95,
                     .adam_weight_decay = 0.02,
                     .epsilon = 1e-4,
                     .exclude_layers = {"output_.*"},
                     .adam_lr_ratio = 0.5});
  AdamW<double> adam({.learning_rate = 0.05, .weight_decay = 0.04, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-4});
  for (int step = 0; step < 3; ++step) {
    muon.apply_gradients(gradients, ours);
    adam.apply_gradients(gradients, twins);
  }
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_TRUE(expect::near(ours[i].value(), twins[i].value(), {1e-12, 0})) << ours[i].path();
  EXPECT_EQ(muon.variables().size(), 8U) << "a momentum and a velocity each";
  Muon<double> all({.exclude_embeddings = false});
  all.build_once({make("embedding/embeddings", {4, 3})});
  EXPECT_EQ(all.variables().size(), 1U);
}

TEST(OptimizerRules, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Lion<float>({.beta_1 = 0.0}); }, {"Lion", "beta_1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Ftrl<float>({.learning_rate_power = 0.5}); }, {"Ftrl", "<= 0", "0.5"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Ftrl<float>({.l1_regularization_strength = -1.0}); },
                                        {"Ftrl", "l1_regularization_strength"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adagrad<float>({.initial_accumulator_value = -1.0}); }, {"Adagrad"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adadelta<float>({.rho = 2.0}); }, {"Adadelta", "rho", "2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adafactor<float>({.clip_threshold = 0.0}); }, {"clip_threshold"}));
  EXPECT_TRUE(expect::error<ValueError>([] { AdamW<float>({.weight_decay = std::nullopt}); }, {"AdamW", "use Adam"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Muon<float>({.ns_steps = -1}); }, {"Muon", "ns_steps"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Muon<float>({.exclude_layers = {"a(b)"}}); }, {"a(b)", "^ $ . * |"}));
}
