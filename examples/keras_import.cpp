// ctest: --samples 500
// An image classifier that Keras saved classifies clothes, is trained on them, saved again and opened again (Fashion-MNIST, from
// the Debian package dataset-fashion-mnist).
//   keras_import [FILE] [--samples N] [--epochs N]
// FILE: a .keras file, or .h5 of older versions, of a model of images (height, width, channels) with a softmax of at most ten
// classes. Default: one that the tests read, for four classes, whose weights are random.
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/io/keras.hpp>
#include <lamina/lamina.hpp>
#include <string>

using namespace lamina;

// Returns the images of the first classes in the size and with the channels that the model takes, and their labels.
Samples<float> prepare(const Tensor<float>& images, const Tensor<float>& labels, const Shape& input, Index classes) {
  std::vector<Index> chosen;
  for (Index i = 0; i < labels.size(); ++i)
    if (labels(i) < static_cast<float>(classes)) chosen.push_back(i);
  const Tensor<float> gray = expand_dims(gather(images, chosen) / 255, -1);
  return {repeat(Resizing(input[1], input[2])(gray), input[3], -1), gather(labels, chosen)};
}

int main(int argc, char** argv) try {
  std::string file = LAMINA_EXAMPLE_MODEL;
  Index samples = 10000, epochs = 10;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--samples" && i + 1 < argc)
      samples = std::atoi(argv[++i]);
    else if (argument == "--epochs" && i + 1 < argc)
      epochs = std::atoi(argv[++i]);
    else
      file = argument;
  }
  const auto model = load_model<float>(file, {.compile = false});
  model->summary();
  const Shape input = model->build_shape();
  const Index classes = model->compute_output_shape(input).back();
  const auto [x_all, y_all, x_all_test, y_all_test] = load_fashion_mnist();
  const auto [x, y, w] = prepare(x_all.rows_view(0, samples), y_all.rows_view(0, samples), input, classes);
  const auto [x_test, y_test, w_test] = prepare(x_all_test, y_all_test, input, classes);

  model->compile({.optimizer = Adam(0.01), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  std::cout << "As Keras saved it:         " << model->evaluate(x_test, y_test).to_string() << "\n";
  model->fit(x, y, {.epochs = epochs, .verbose = 0});
  std::cout << "After training:            " << model->evaluate(x_test, y_test).to_string() << "\n";
  model->save("keras_import.keras");  // with the state of the optimizer

  const auto again = load_model<float>("keras_import.keras");  // compiled: fit continues where it stopped
  std::cout << "Saved and opened again:    " << again->evaluate(x_test, y_test).to_string() << "\n";
  again->fit(x, y, {.epochs = 1, .verbose = 0});
  std::cout << "After one epoch more:      " << again->evaluate(x_test, y_test).to_string() << "\n";
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
