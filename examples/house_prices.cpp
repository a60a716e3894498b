// ctest: --epochs 3
// Predicts house prices from a table in a CSV file. The model normalizes its inputs, early stopping ends the training
// when the validation loss no longer improves, and the weights of the best epoch are restored.
//   house_prices [FILE] [--epochs N]
// FILE has the columns area, rooms, age, distance and price. Without FILE, the example generates house_prices.csv.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string>

using namespace lamina;

// Writes a table of random houses: area in m², age in years, distance to the center in km, price in thousands.
void write_houses(const std::string& path, Index rows) {
  const Tensor<float> u = random_uniform({rows, 4}), noise = random_normal({rows}, {.stddev = 15});
  std::ofstream file(path);
  file << "area,rooms,age,distance,price\n";
  for (Index i = 0; i < rows; ++i) {
    const float area = 30 + 170 * u(i, 0), rooms = std::floor(1 + area / 30 + 2 * u(i, 1));
    const float age = 100 * u(i, 2), distance = 30 * u(i, 3);
    const float per_square_meter = 1 + 4 * std::exp(-distance / 8);  // higher in the center
    const float condition = 1 - 0.4f * std::sin(age * 0.03f);        // new and historic houses cost more
    file << area << "," << rooms << "," << age << "," << distance << ","
         << area * per_square_meter * condition + 10 * rooms + noise(i) << "\n";
  }
}

int main(int argc, char** argv) try {
  std::string path;
  Index epochs = 300;
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == std::string_view("--epochs") && i + 1 < argc)
      epochs = std::atoi(argv[++i]);
    else
      path = argv[i];
  }
  if (path.empty()) write_houses(path = "house_prices.csv", 2000);

  // With `.missing = std::nullopt`, an empty cell is an error.
  const auto table =
      read_csv(path, {.columns = {"area", "rooms", "age", "distance", "price"}, .missing = std::nullopt});
  const Index rows = table.values.shape()[0], train_rows = rows * 8 / 10;
  const Tensor<float> features = slice(table.values, {0, 0}, {rows, 4}), prices = expand_dims(table["price"], 1);
  const Tensor<float> x = features.rows_view(0, train_rows), x_test = features.rows_view(train_rows, rows);
  const Tensor<float> y = prices.rows_view(0, train_rows), y_test = prices.rows_view(train_rows, rows);

  // Statistics of the training rows only: the test rows must not influence the model.
  Normalization normalize;
  normalize.adapt(x);
  Normalization to_price({.invert = true});  // maps outputs of about unit variance to prices
  to_price.adapt(y);
  Sequential model{Input({4}), std::move(normalize), Dense(32, "relu"), Dense(32, "relu"),
                   Dense(1),   std::move(to_price)};
  model.summary();

  model.compile({.optimizer = Adam({.learning_rate = 3e-3}), .loss = "mse", .metrics = {"mae"}});
  const auto early_stopping =
      std::make_shared<EarlyStopping<float>>(EarlyStoppingOptions{.patience = 20, .restore_best_weights = true});
  const History history =
      model.fit(x, y, {.epochs = epochs, .verbose = 0, .validation_split = 0.2, .callbacks = {early_stopping}});

  const auto best = static_cast<std::size_t>(early_stopping->best_epoch());
  std::cout << "Trained for " << history.epoch().size() << " epochs. The best epoch is " << best + 1
            << ", with a validation MAE of " << history["val_mae"][best] << ".\n"
            << "Test MAE: " << model.evaluate(x_test, y_test)["mae"]
            << " (always predicting the mean price: " << mean(abs(y_test - mean(y))).item() << ")\n";

  std::cout << "area, rooms, age, distance: predicted price, price\n";
  const Tensor<float> some = x_test.rows_view(0, 3), predicted = model.predict(some);
  for (Index i = 0; i < 3; ++i)
    std::cout << some.matrix().row(i) << ": " << predicted(i, 0) << ", " << y_test(i, 0) << "\n";
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
