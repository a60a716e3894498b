// ctest: --steps 200
// Two models against each other, in a training loop of one's own (a generative adversarial network): one makes points
// from random numbers, the other tells them from points of eight clouds on a circle.
//   adversarial [--steps N]
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <lamina/lamina.hpp>
#include <numbers>
#include <string>

using namespace lamina;

constexpr Index clouds = 8, batch = 256, numbers = 8;
constexpr float spread = 0.1f;  // a cloud's standard deviation; the circle's radius is 2

// The middles of the clouds, (clouds, 2).
const Tensor<float> centers = [] {
  const Eigen::ArrayXf angle =
      Eigen::ArrayXf::LinSpaced(clouds, 0, 2 * std::numbers::pi_v<float> * (clouds - 1) / clouds);
  return 2 * stack(std::vector<Tensor<float>>{angle.cos(), angle.sin()}, 1);
}();

Tensor<float> true_points(Index count) {
  return reshape(centers + spread * random_normal({count / clouds, clouds, 2}), {count, 2});
}

// How many of the points lie in each cloud: within three standard deviations of its middle.
Tensor<float> in_clouds(const Tensor<float>& points) {
  const Tensor<float> distance = sqrt(sum(square(reshape(points, {-1, 1, 2}) - centers), {.axes = {2}}));
  return sum(distance < 3 * spread, {.axes = {0}});
}

// Where the points lie: the more in one place, the darker it is.
void draw(const Tensor<float>& points) {
  constexpr int height = 21, width = 2 * height;  // letters are twice as high as wide
  std::vector<std::string> lines(height, std::string(width, ' '));
  const std::string shades = " .:-=+*#%@";
  for (Index i = 0; i < points.shape()[0]; ++i) {
    const int row = static_cast<int>((points(i, 1) + 2.5f) / 5 * height),
              column = static_cast<int>((points(i, 0) + 2.5f) / 5 * width);
    if (row < 0 || row >= height || column < 0 || column >= width) continue;
    char& c = lines[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
    c = shades[std::min(shades.find(c) + 1, shades.size() - 1)];
  }
  for (const std::string& line : lines) std::cout << line << "\n";
}

int main(int argc, char** argv) {
  Index steps = 10000;
  if (argc > 2 && argv[1] == std::string_view("--steps")) steps = std::atoi(argv[2]);

  Sequential generator{Input({numbers}), Dense(128, "relu"), Dense(128, "relu"), Dense(2)};
  Sequential critic{Input({2}), Dense(128, "relu"), Dense(128, "relu"),
                    Dense(1)};  // its output is a logit: is it true?
  Adam generator_adam({.learning_rate = 1e-3, .beta_1 = 0.5}), critic_adam({.learning_rate = 1e-3, .beta_1 = 0.5});
  const auto makes = generator.trainable_variables(), judges = critic.trainable_variables();

  for (Index step = 1; step <= steps; ++step) {
    const Tensor<float> made = generator(random_normal({batch, numbers}));  // on no tape: the critic alone learns
    {
      GradientTape tape;
      const Tensor<float> loss = mean(softplus(-critic(true_points(batch))) + softplus(critic(made)));
      critic_adam.apply_gradients(tape.gradient(loss, judges), judges);
    }
    {
      GradientTape tape;
      const Tensor<float> loss = mean(softplus(-critic(generator(random_normal({batch, numbers})))));
      generator_adam.apply_gradients(tape.gradient(loss, makes), makes);
    }
  }
  const Tensor<float> made = generator.predict(random_normal({4096, numbers})), found = in_clouds(made);
  draw(made);
  std::cout << 100 * sum(found).item() / 4096 << " % of the points lie in a cloud (of true ones "
            << 100 * sum(in_clouds(true_points(4096))).item() / 4096 << " %); the emptiest cloud has "
            << 100 * min(found).item() / 4096 << " %, the fullest " << 100 * max(found).item() / 4096 << " %.\n";
}
