// ctest: --epochs 2
// Predicts the daily sales of shops with a functional model of two inputs: numeric features (temperature, price,
// weekend) and a category (the shop), which an Embedding maps to a vector. The data are generated: every shop has its
// own level of sales, and its own response to the temperature. A model without the category cannot learn either.
//   two_inputs [--epochs N]
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <lamina/lamina.hpp>
#include <numbers>
#include <string_view>

using namespace lamina;

constexpr Index shops = 40, days = 250;
constexpr float noise = 3;  // standard deviation of the noise in the items sold

struct Sales {
  Tensor<float> numbers;  // (samples, 3): temperature in °C, price, 1 on weekends and else 0
  Tensor<float> shop;     // (samples, 1): index of the shop
  Tensor<float> sold;     // (samples, 1): items sold
};

// Even shops sell ice cream, more of it on hot days; odd shops sell soup, more of it on cold days.
Sales make_sales() {
  const Index samples = shops * days;
  const Tensor<float> level = random_uniform({shops}, {.minval = 20, .maxval = 80});
  const Tensor<float> u = random_uniform({samples, 4}), z = random_normal({samples});
  Eigen::MatrixXf numbers(samples, 3), shop(samples, 1), sold(samples, 1);
  for (Index i = 0; i < samples; ++i) {
    const Index s = std::min(static_cast<Index>(u(i, 0) * static_cast<float>(shops)), shops - 1);
    const float temperature = 30 * u(i, 1), price = 2 + 3 * u(i, 2), weekend = u(i, 3) < 2.f / 7 ? 1.f : 0.f;
    const float response = (s % 2 == 0 ? 1.f : -1.f) * (temperature - 15) / 15;
    numbers.row(i) << temperature, price, weekend;
    shop(i) = static_cast<float>(s);
    sold(i) = level[s] * (1 + 0.6f * response) * (1 + 0.5f * weekend) - 4 * (price - 3.5f) + noise * z(i);
  }
  return {numbers, shop, sold};
}

int main(int argc, char** argv) try {
  Index epochs = 30;
  if (argc > 2 && argv[1] == std::string_view("--epochs")) epochs = std::atoi(argv[2]);

  const Sales all = make_sales();
  const Index train = shops * days * 8 / 10, end = shops * days;
  const auto first = [&](const Tensor<float>& t) { return t.rows_view(0, train); };
  const auto last = [&](const Tensor<float>& t) { return t.rows_view(train, end); };

  const auto numbers = Input({3}, {.name = "numbers"}), shop = Input({1}, {.name = "shop"});
  Normalization normalize;
  normalize.adapt(first(all.numbers));
  const auto scaled = normalize(numbers);
  const auto vector = shop | Embedding(shops, 4) | Flatten();  // (batch, 1) to (batch, 1, 4) to (batch, 4)
  const auto hidden = std::vector{scaled, vector} | Concatenate() | Dense(64, "relu") | Dense(64, "relu");
  Model model({numbers, shop}, hidden | Dense(1), "with_shop");
  Model without_shop(numbers, scaled | Dense(64, "relu") | Dense(64, "relu") | Dense(1), "without_shop");
  model.summary();

  for (Model<float>* m : {&model, &without_shop})
    m->compile({.optimizer = Adam({.learning_rate = 3e-3}), .loss = "mse", .metrics = {"mae"}});
  model.fit({first(all.numbers), first(all.shop)}, first(all.sold), {.epochs = epochs});
  without_shop.fit(first(all.numbers), first(all.sold), {.epochs = epochs, .verbose = 0});

  std::cout << "Test MAE: " << model.evaluate({last(all.numbers), last(all.shop)}, last(all.sold))["mae"]
            << " items (without the shop: " << without_shop.evaluate(last(all.numbers), last(all.sold))["mae"]
            << "; noise floor: " << noise * std::sqrt(2 / std::numbers::pi_v<float>) << ")\n";

  // The embedding has learned the kinds of shops: on a hot day, shop 0 sells more ice cream and shop 1 less soup.
  for (const float temperature : {2.f, 28.f}) {
    const Tensor<float> day{{temperature, 3.5f, 0}, {temperature, 3.5f, 0}};
    const Tensor<float> sold = model.predict({day, Tensor<float>{{0}, {1}}});
    std::cout << "At " << temperature << " °C: shop 0 (ice cream) sells " << sold(0, 0) << ", shop 1 (soup) sells "
              << sold(1, 0) << ".\n";
  }
} catch (const Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
