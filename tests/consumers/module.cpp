// Fits y = 2x - 1 with the module, which has no headers of lamina, and uses a name of each of its namespaces.
#include <Eigen/Core>
#include <cmath>
#include <cstdio>
#include <sstream>

import lamina;

namespace {

struct Doubled : lamina::Layer<float> {
  lamina::Tensor<float> call(const lamina::Tensor<float>& x) const override { return 2 * x + x * 0.f; }
};

}  // namespace

int main() {
  using namespace lamina;
  Eigen::MatrixXf xs(6, 1), ys(6, 1);
  xs << -1, 0, 1, 2, 3, 4;
  ys << -3, -1, 1, 3, 5, 7;

  Sequential model{Dense(1, activations::Linear())};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error", .metrics = {metrics::R2Score()}});
  model.fit(xs, ys, {.epochs = 500, .verbose = 0});
  const float y = model.predict(Eigen::MatrixXf{{10.f}})(0, 0);
  std::printf("2 * 10 - 1 = %g\n", static_cast<double>(y));

  const Tensor a{{1, 2}, {3, 4}};
  std::ostringstream text;
  text << matmul(a, a) << Doubled()(a);
  std::puts(text.str().c_str());
  return std::abs(y - 19) < 0.1f && matmul(a, a)(1, 1) == 22 ? 0 : 1;
}
