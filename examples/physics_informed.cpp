// ctest: --epochs 30
// Solves the differential equation u''(x) = -π² sin(πx) with u(0) = u(1) = 0 by a network that is trained on the
// residual of the equation only (Raissi, Perdikaris, Karniadakis: Physics-informed neural networks; 2019). The exact
// solution is u(x) = sin(πx).
//   physics_informed [--epochs N]
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <lamina/lamina.hpp>
#include <numbers>
#include <string_view>

using namespace lamina;

constexpr double pi = std::numbers::pi;

// Returns u'' at every x. u at one point does not depend on the other points, so the gradient of the sum of all u
// contains u' at each point. The outer tape records the computation of that gradient and differentiates it; the tape of
// the training loop differentiates the result again.
Tensor<double> second_derivative(const Sequential<double>& u, Tensor<double> x) {
  GradientTape<double> outer;
  outer.watch(x);
  Tensor<double> slope;
  {
    GradientTape<double> inner;
    slope = inner.gradient(u(x), x);
  }
  return outer.gradient(slope, x);
}

// Returns the values as a column, (samples, 1).
Tensor<double> column(const Eigen::ArrayXd& values) { return reshape(Tensor<double>(values), {-1, 1}); }

int main(int argc, char** argv) try {
  Index epochs = 4000;
  for (int i = 1; i + 1 < argc; i += 2)
    if (argv[i] == std::string_view("--epochs")) epochs = std::atoi(argv[i + 1]);

  const Tensor<double> x = column(Eigen::ArrayXd::LinSpaced(64, 0, 1)), ends{{0.0}, {1.0}};
  const Tensor<double> force = column(-pi * pi * (pi * x.array()).sin());

  const Sequential<double> u{Dense<double>(32, "tanh"), Dense<double>(32, "tanh"), Dense<double>(1)};
  u(x);
  const auto variables = u.trainable_variables();
  Adam<double> adam({.learning_rate = CosineDecay({.initial_learning_rate = 0.01, .decay_steps = epochs})});

  for (Index epoch = 1; epoch <= epochs; ++epoch) {
    GradientTape<double> tape;
    const Tensor<double> equation = mean(square(second_derivative(u, x) - force));
    const Tensor<double> boundary = mean(square(u(ends)));
    const Tensor<double> loss = equation + 100 * boundary;
    adam.apply_gradients(tape.gradient(loss, variables), variables);
    if (epoch % 500 == 0) std::cout << "epoch " << epoch << ": loss " << loss << "\n";
  }

  const Tensor<double> fine = column(Eigen::ArrayXd::LinSpaced(1001, 0, 1));
  const Tensor<double> exact = column((pi * fine.array()).sin());
  std::cout << "u(1/2) = " << u(Tensor<double>{{0.5}}).item() << " (exact: 1), largest error "
            << max(abs(u(fine) - exact)) << "\n";
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
