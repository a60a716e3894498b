// A copy of an example: a convolutional network. Its compile time is limited, so it does not change with the example.
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string>

int main(int argc, char** argv) try {
  using namespace lamina;
  std::string folder;
  Index epochs = 6, samples = 60000;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--epochs" && i + 1 < argc)
      epochs = std::atoi(argv[++i]);
    else if (argument == "--samples" && i + 1 < argc)
      samples = std::atoi(argv[++i]);
    else
      folder = argument;
  }

  const auto [x_train, y_train, x_test, y_test] = folder.empty() ? load_fashion_mnist() : load_mnist(folder);
  const Tensor<float> x = x_train.rows_view(0, samples) / 255, y = y_train.rows_view(0, samples);
  const Tensor<float> x_unseen = x_test.rows_view(0, samples / 6) / 255, y_unseen = y_test.rows_view(0, samples / 6);

  Sequential model{Input({28, 28}),
                   Reshape({28, 28, 1}),  // grayscale images have one channel
                   Conv2D(32, 3, {.activation = "relu"}),
                   MaxPooling2D(2),
                   Conv2D(64, 3, {.activation = "relu"}),
                   MaxPooling2D(2),
                   Flatten(),
                   Dropout(0.5),
                   Dense(128, "relu"),
                   Dense(10, "softmax")};
  model.summary();
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.batch_size = 64, .epochs = epochs, .validation_data = Samples<float>{x_unseen, y_unseen}});
  std::cout << "Test: " << model.evaluate(x_unseen, y_unseen).to_string() << "\n";
} catch (const lamina::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
