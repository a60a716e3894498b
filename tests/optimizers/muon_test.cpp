#include <lamina/optimizers/muon.hpp>
#include "support/follows.hpp"

#include "support/optimizer_rules.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::optimizer_rules;

/// Reference implementation of Newton-Schulz iterations by plain loops.
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

TEST(Muon, OrthogonalizesMatrices) {
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

TEST(Muon, UpdatesOtherVariablesByAdam) {
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
  EXPECT_EQ(muon.variables().size(), 8U) << "a momentum and a velocity per variable";
  Muon<double> all({.exclude_embeddings = false});
  all.build_once({make("embedding/embeddings", {4, 3})});
  EXPECT_EQ(all.variables().size(), 1U);
}

TEST(Muon, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Muon<float>({.ns_steps = -1}); }, {"Muon", "ns_steps"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Muon<float>({.exclude_layers = {"a(b)"}}); }, {"a(b)", "^ $ . * |"}));
}
