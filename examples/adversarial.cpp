// ctest: --steps 200
// A generative adversarial network (GAN) in a custom training loop. The generator maps random numbers to points in the
// plane; the discriminator distinguishes them from real points, which form eight clusters on a circle.
//   adversarial [--steps N]
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <lamina/lamina.hpp>
#include <numbers>
#include <string>

using namespace lamina;

constexpr Index clusters = 8, batch = 256, latent = 8;
constexpr float spread = 0.1f;  // standard deviation of a cluster; the radius of the circle is 2

// The centers of the clusters, (clusters, 2).
const Tensor<float> centers = [] {
  const Eigen::ArrayXf angle =
      Eigen::ArrayXf::LinSpaced(clusters, 0, 2 * std::numbers::pi_v<float> * (clusters - 1) / clusters);
  return 2 * stack(std::vector<Tensor<float>>{angle.cos(), angle.sin()}, 1);
}();

Tensor<float> real_points(Index count) {
  return reshape(centers + spread * random_normal({count / clusters, clusters, 2}), {count, 2});
}

// The number of points in each cluster: within three standard deviations of its center.
Tensor<float> count_in_clusters(const Tensor<float>& points) {
  const Tensor<float> distance = sqrt(sum(square(reshape(points, {-1, 1, 2}) - centers), {.axes = {2}}));
  return sum(distance < 3 * spread, {.axes = {0}});
}

// Prints a histogram of the points: darker characters are cells with more points.
void draw(const Tensor<float>& points) {
  constexpr int height = 21, width = 2 * height;  // a character is twice as high as wide
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

  Sequential generator{Input({latent}), Dense(128, "relu"), Dense(128, "relu"), Dense(2)};
  // The output is the logit of the probability that a point is real.
  Sequential discriminator{Input({2}), Dense(128, "relu"), Dense(128, "relu"), Dense(1)};
  const AdamOptions options{.learning_rate = 1e-3, .beta_1 = 0.5};
  Adam generator_adam(options), discriminator_adam(options);
  const auto generator_variables = generator.trainable_variables();
  const auto discriminator_variables = discriminator.trainable_variables();

  for (Index step = 1; step <= steps; ++step) {
    // Computed outside of the tape: this step updates the discriminator only.
    const Tensor<float> generated = generator(random_normal({batch, latent}));
    {
      GradientTape tape;
      const Tensor<float> loss =
          mean(softplus(-discriminator(real_points(batch))) + softplus(discriminator(generated)));
      discriminator_adam.apply_gradients(tape.gradient(loss, discriminator_variables), discriminator_variables);
    }
    {
      GradientTape tape;
      const Tensor<float> loss = mean(softplus(-discriminator(generator(random_normal({batch, latent})))));
      generator_adam.apply_gradients(tape.gradient(loss, generator_variables), generator_variables);
    }
  }
  const Tensor<float> generated = generator.predict(random_normal({4096, latent}));
  const Tensor<float> counts = count_in_clusters(generated);
  draw(generated);
  std::cout << "Generated points within a cluster: " << 100 * sum(counts).item() / 4096
            << " % (real points: " << 100 * sum(count_in_clusters(real_points(4096))).item() / 4096
            << " %). Smallest cluster: " << 100 * min(counts).item() / 4096
            << " %, largest: " << 100 * max(counts).item() / 4096 << " %.\n";
}
