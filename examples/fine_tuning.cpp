// ctest: --samples 500 --epochs 1
// What a model learned from many clothes of five kinds helps it to tell five other kinds apart, of which it sees few
// (Fashion-MNIST, from the Debian package dataset-fashion-mnist).
//   fine_tuning [--samples N] [--few N] [--epochs N]
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string_view>

using namespace lamina;

// The first images, so many at most, whose labels are `first` to `first + 4`; their labels counted from 0.
Samples<float> five_kinds(const Tensor<float>& x, const Tensor<float>& y, float first, Index most) {
  std::vector<Index> chosen;
  for (Index i = 0; i < y.size() && std::ssize(chosen) < most; ++i)
    if (y(i) >= first && y(i) < first + 5) chosen.push_back(i);
  return {gather(x, chosen) / 255, gather(y, chosen) - first};
}

// Trains, and tells how many of other images the model gets right.
void train(const char* what, Model<float>& model, const Samples<float>& images, const Samples<float>& others,
           double rate, Index epochs) {
  model.compile(
      {.optimizer = Adam({.learning_rate = rate}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(images.x, images.y, {.epochs = epochs, .verbose = 0});
  std::cout << what << ": " << 100 * model.evaluate(others.x, others.y)["accuracy"] << " % right" << std::endl;
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
  const auto [x, y, x_unseen, y_unseen] = load_fashion_mnist();
  const auto tops = five_kinds(x, y, 0, samples), tops_unseen = five_kinds(x_unseen, y_unseen, 0, samples);
  const auto shoes = five_kinds(x, y, 5, few), shoes_unseen = five_kinds(x_unseen, y_unseen, 5, samples);

  Sequential base = new_model();
  train("Kinds 0 to 4, the base", base, tops, tops_unseen, 1e-3, epochs);

  base.set_trainable(false);
  Model model(base.inputs(), base.get_layer("features").output() | Flatten() | Dense(64, "relu") | Dense(5, "softmax"));
  train("Kinds 5 to 9, a new end on the frozen base", model, shoes, shoes_unseen, 1e-3, 8 * epochs);
  base.set_trainable(true);
  train("Kinds 5 to 9, then all of it in small steps", model, shoes, shoes_unseen, 1e-4, 8 * epochs);

  Sequential fresh = new_model();
  train("Kinds 5 to 9, a model that begins anew", fresh, shoes, shoes_unseen, 1e-3, 16 * epochs);
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
