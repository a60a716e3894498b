// Fits y = 2x - 1 with the classes that most programs use.
#include <lamina/lamina.hpp>

#include <cmath>
#include <cstdio>

int main() {
  using namespace lamina;
  Eigen::MatrixXf xs(6, 1), ys(6, 1);
  xs << -1, 0, 1, 2, 3, 4;
  ys << -3, -1, 1, 3, 5, 7;

  Sequential model{Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  model.fit(xs, ys, {.epochs = 500, .verbose = 0});

  const float y = model.predict(Eigen::MatrixXf{{10.f}})(0, 0);
  std::printf("2 * 10 - 1 = %g\n", static_cast<double>(y));
  return std::abs(y - 19) < 0.1f ? 0 : 1;
}
