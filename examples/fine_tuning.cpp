// ctest: --samples 2000 --epochs 1
// What a model learned from many clothes of five kinds helps another to tell five more kinds apart, of which it sees
// few (Fashion-MNIST, from the Debian package dataset-fashion-mnist).
//   fine_tuning [--samples N] [--few N] [--epochs N]
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string_view>

using namespace lamina;

// The images whose labels are `first` to `first + 4`, at most so many, and their labels counted from 0.
Samples<float> five_kinds(const Tensor<float>& x, const Tensor<float>& y, float first, Index most) {
  std::vector<Index> chosen;
  for (Index i = 0; i < y.size() && std::ssize(chosen) < most; ++i)
    if (y(i) >= first && y(i) < first + 5) chosen.push_back(i);
  return {gather(x, chosen) / 255, gather(y, chosen) - first};
}

// Trains, and gives the accuracy on images that the model has not seen.
double learn(Model<float>& model, const Samples<float>& train, const Samples<float>& test, double rate, Index epochs) {
  model.compile({.optimizer = Adam({.learning_rate = rate}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train.x, train.y, {.epochs = epochs, .verbose = 0});
  return 100 * model.evaluate(test.x, test.y)["accuracy"];
}

int main(int argc, char** argv) try {
  Index samples = 60000, few = 200, epochs = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (argv[i] == std::string_view("--samples")) samples = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--few")) few = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--epochs")) epochs = std::atoi(argv[i + 1]);
  }
  const auto data = load_fashion_mnist();
  const auto many = five_kinds(data.x_train, data.y_train, 0, samples), few_of_others = five_kinds(data.x_train, data.y_train, 5, few);
  const auto test = five_kinds(data.x_test, data.y_test, 0, samples), test_of_others = five_kinds(data.x_test, data.y_test, 5, samples);

  Sequential base{Input({28, 28}), Flatten(), Dense(256, "relu"), Dense(64, {.activation = "relu", .name = "features"}), Dense(5, "softmax")};
  std::cout << "Of the first five kinds the base gets " << learn(base, many, test, 1e-3, epochs) << " % right.\n";

  // The same layers up to "features", with a new end.
  base.set_trainable(false);
  Model model(base.inputs(), base.get_layer("features").output() | Dense(5, "softmax"));
  std::cout << "frozen " << learn(model, few_of_others, test_of_others, 1e-2, 6 * epochs) << "\n";
  base.set_trainable(true);
  std::cout << "unfrozen " << learn(model, few_of_others, test_of_others, 1e-4, 6 * epochs) << "\n";

  Sequential fresh{Input({28, 28}), Flatten(), Dense(256, "relu"), Dense(64, "relu"), Dense(5, "softmax")};
  std::cout << "fresh " << learn(fresh, few_of_others, test_of_others, 1e-3, 12 * epochs) << "\n";
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
