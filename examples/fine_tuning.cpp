// ctest: --samples 500 --epochs 1
// Transfer learning: a model is trained on many images of five classes; its features are then reused for five other
// classes with few images each, first frozen, then fine-tuned. A model trained from scratch on the few images is the
// baseline (Fashion-MNIST, from the Debian package dataset-fashion-mnist).
//   fine_tuning [--samples N] [--few N] [--epochs N]
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string_view>

using namespace lamina;

// Returns the images of the classes `first` to `first + 4`, at most `count` of them, with labels from 0 to 4.
Samples<float> five_classes(const Tensor<float>& x, const Tensor<float>& y, float first, Index count) {
  std::vector<Index> chosen;
  for (Index i = 0; i < y.size() && std::ssize(chosen) < count; ++i)
    if (y(i) >= first && y(i) < first + 5) chosen.push_back(i);
  return {gather(x, chosen) / 255, gather(y, chosen) - first};
}

// Trains the model and prints its accuracy on the test images.
void train(const char* what, Model<float>& model, const Samples<float>& images, const Samples<float>& test,
           double learning_rate, Index epochs) {
  model.compile({.optimizer = Adam({.learning_rate = learning_rate}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.fit(images.x, images.y, {.epochs = epochs, .verbose = 0});
  std::cout << what << ": test accuracy " << 100 * model.evaluate(test.x, test.y)["accuracy"] << " %" << std::endl;
}

Sequential<float> new_model() {
  return Sequential{Input({28, 28}),
                    Reshape({28, 28, 1}),
                    Conv2D(16, 3, {.activation = "relu"}),
                    MaxPooling2D(2),
                    Conv2D(32, 3, {.activation = "relu"}),
                    MaxPooling2D(2, {.name = "features"}),
                    Flatten(),
                    Dense(64, "relu"),
                    Dense(5, "softmax")};
}

int main(int argc, char** argv) try {
  Index samples = 30000, few = 200, epochs = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (argv[i] == std::string_view("--samples")) samples = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--few")) few = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--epochs")) epochs = std::atoi(argv[i + 1]);
  }
  const auto [x, y, x_test, y_test] = load_fashion_mnist();
  const auto tops = five_classes(x, y, 0, samples), tops_test = five_classes(x_test, y_test, 0, samples);
  const auto shoes = five_classes(x, y, 5, few), shoes_test = five_classes(x_test, y_test, 5, samples);

  Sequential base = new_model();
  train("Classes 0 to 4, base model", base, tops, tops_test, 1e-3, epochs);

  base.set_trainable(false);
  Model model(base.inputs(), base.get_layer("features").output() | Flatten() | Dense(64, "relu") | Dense(5, "softmax"));
  train("Classes 5 to 9, new head on the frozen base", model, shoes, shoes_test, 1e-3, 8 * epochs);
  base.set_trainable(true);
  train("Classes 5 to 9, all layers fine-tuned with a small learning rate", model, shoes, shoes_test, 1e-4, 8 * epochs);

  Sequential baseline = new_model();
  train("Classes 5 to 9, trained from scratch", baseline, shoes, shoes_test, 1e-3, 16 * epochs);
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
