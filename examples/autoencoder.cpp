// ctest: --samples 1000 --epochs 1
// A variational autoencoder (VAE) of images of clothes: it encodes each image as eight numbers, reconstructs images from
// their codes, and generates new images from random codes (Fashion-MNIST, from the Debian package
// dataset-fashion-mnist). Writes autoencoder.pgm: originals, reconstructions and generated images.
//   autoencoder [--samples N] [--epochs N]
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string_view>

using namespace lamina;

constexpr Index pixels = 28 * 28, codes = 8;

// Samples a code from the normal distribution with this mean and variance (the reparameterization trick); outside of
// training, returns the mean. Adds the Kullback-Leibler divergence of that distribution from the standard normal
// distribution as a loss.
struct Sampling : MultiInputLayer<float> {
  std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& inputs) const override {
    const Tensor<float>&mean = inputs[0], &log_variance = inputs[1];
    const Tensor<float> divergence = (square(mean) + exp(log_variance) - 1 - log_variance) / 2;
    add_loss(sum(divergence) / (mean.shape()[0] * pixels));  // per pixel, like the reconstruction loss
    if (!CallContext::training()) return {mean};
    return {mean + exp(log_variance / 2) * random_normal(mean.shape())};
  }
};

// Writes rows of images as a PGM file, which most image viewers open.
void write_pgm(const char* path, const std::vector<Tensor<float>>& rows) {
  const Index columns = rows.front().shape()[0], size = 28;
  std::ofstream file(path, std::ios::binary);
  file << "P5 " << columns * size << " " << std::ssize(rows) * size << " 255\n";
  for (const Tensor<float>& row : rows)
    for (Index y = 0; y < size; ++y)
      for (Index x = 0; x < columns * size; ++x) file.put(static_cast<char>(255 * row(x / size, y * size + x % size)));
}

int main(int argc, char** argv) try {
  Index samples = 60000, epochs = 20;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (argv[i] == std::string_view("--samples")) samples = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--epochs")) epochs = std::atoi(argv[i + 1]);
  }
  const auto data = load_fashion_mnist();
  const Tensor<float> x = reshape(data.x_train.rows_view(0, samples) / 255, {samples, pixels});
  const Tensor<float> test_images = reshape(data.x_test / 255, {-1, pixels});

  Sequential decoder{Input({codes}), Dense(256, "relu"), Dense(pixels, "sigmoid")};
  const auto image = Input({pixels});
  const auto hidden = image | Dense(256, "relu");
  const auto code = std::vector{hidden | Dense(codes), hidden | Dense(codes)} | Sampling();
  Model autoencoder(image, code | decoder, "autoencoder");
  autoencoder.summary();

  autoencoder.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"binary_crossentropy"}});
  autoencoder.fit(x, x, {.batch_size = 128, .epochs = epochs});
  const Logs logs = autoencoder.evaluate(test_images, test_images);
  std::cout << "Test images: reconstruction loss " << pixels * logs["binary_crossentropy"] << " nats, KL divergence "
            << pixels * (logs["loss"] - logs["binary_crossentropy"]) << " nats per image.\n";

  const Tensor<float> some = test_images.rows_view(0, 16);
  write_pgm("autoencoder.pgm", {some, autoencoder.predict(some), decoder.predict(random_normal({16, codes})),
                                decoder.predict(random_normal({16, codes}))});
  std::cout << "autoencoder.pgm shows 16 test images, their reconstructions, and two rows of generated images.\n";
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
