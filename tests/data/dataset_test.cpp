#include <atomic>
#include <chrono>
#include <lamina/data/dataset.hpp>
#include <stdexcept>
#include <thread>

#include "support/expect.hpp"

// Datasets: their elements, and training on them.

using namespace lamina;

namespace {

/// Returns the first number of x of every element, in one pass.
std::vector<float> drained(const Dataset<float>& data, std::uint64_t pass = 0) {
  std::vector<float> all;
  for (auto next = data.generator(pass); auto element = next();)
    for (Index i = 0; i < element->x.size(); ++i) all.push_back(element->x[i]);
  return all;
}

Dataset<float> counting(Index n) {
  Tensor<float> x = Tensor<float>::empty({n, 1});
  for (Index i = 0; i < n; ++i) x.mutable_data()[i] = static_cast<float>(i);
  return Dataset<float>::from_tensors(x, x * 2);
}

TEST(Dataset, OfTensors) {
  const Dataset<float> data = counting(5);
  EXPECT_EQ(data.steps(), 5);
  EXPECT_EQ(drained(data), (std::vector<float>{0, 1, 2, 3, 4}));
  EXPECT_EQ(drained(data), (std::vector<float>{0, 1, 2, 3, 4})) << "again from the start";
  EXPECT_TRUE(drained(counting(0)).empty());
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        Dataset<float>::from_tensors(Tensor<float>{1, 2}, Tensor<float>{1});
      },
      {"2 samples", "(1,)"}));
}

TEST(Dataset, InBatches) {
  const Dataset<float> data = counting(5).batch(2);
  EXPECT_EQ(data.steps(), 3);
  auto next = data.generator();
  EXPECT_EQ(next()->x.shape(), (Shape{2, 1}));
  EXPECT_TRUE(expect::same(next()->y, Tensor<float>{{4.f}, {6.f}}));
  EXPECT_EQ(next()->x.shape(), (Shape{1, 1}));
  EXPECT_FALSE(next().has_value());
  EXPECT_EQ(counting(5).batch(2, true).steps(), 2);
  EXPECT_EQ(drained(counting(5).batch(2, true)).size(), 4u);
  EXPECT_TRUE(expect::error<ValueError>([] { counting(5).batch(0); }, {"batch", "0"}));
}

TEST(Dataset, ShufflesByTheGlobalSeed) {
  const auto of_program = [](std::uint64_t seed, const Dataset<float>& data) {
    set_random_seed(seed);
    return drained(data);
  };
  const Dataset<float> data = counting(50).shuffle(50), batched = counting(50).shuffle(50).batch(7).repeat(2);
  const auto first = of_program(1, data);
  EXPECT_NE(first, of_program(2, data));
  EXPECT_EQ(first, of_program(1, data));
  EXPECT_NE(of_program(1, batched), of_program(2, batched));
  EXPECT_EQ(of_program(1, batched), of_program(1, batched));
  const Dataset<float> own = counting(50).shuffle(50, 7);
  EXPECT_EQ(of_program(1, own), of_program(2, own)) << "with its own seed";
  EXPECT_EQ(of_program(7, data), of_program(0, own));
  set_random_seed(0);
}

TEST(Dataset, TwoShufflesAreDifferentPermutations) {
  // Two shuffles are not the same permutation applied twice.
  const auto once = drained(counting(50).shuffle(50));
  std::vector<float> repeated;
  for (const float position : once) repeated.push_back(once[static_cast<std::size_t>(position)]);
  EXPECT_NE(drained(counting(50).shuffle(50).shuffle(50)), repeated);
}

TEST(Dataset, ShufflesDifferentlyInEachPass) {
  const Dataset<float> data = counting(50).shuffle(10, 7);
  const auto first = drained(data, 0), second = drained(data, 1);
  EXPECT_EQ(first, drained(data, 0));
  EXPECT_NE(first, second);
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, drained(counting(50)));
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_LE(first[i], static_cast<float>(i + 10)) << "delayed by at most the buffer";
  EXPECT_EQ(drained(counting(5).shuffle(1)), drained(counting(5)));
}

TEST(Dataset, MapRepeatTake) {
  const auto doubled = [](Samples<float> s) {
    s.x = s.x * 2;
    return s;
  };
  EXPECT_EQ(drained(counting(3).map(doubled)), (std::vector<float>{0, 2, 4}));
  EXPECT_EQ(drained(counting(2).repeat(3)), (std::vector<float>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(counting(2).repeat(3).steps(), 6);
  EXPECT_EQ(drained(counting(2).repeat().take(5)), (std::vector<float>{0, 1, 0, 1, 0}));
  EXPECT_TRUE(drained(counting(0).repeat()).empty());
  EXPECT_TRUE(drained(counting(3).take(0)).empty());
}

TEST(Dataset, FromAGenerator) {
  const auto data = Dataset<float>::from_generator([] {
    return [i = 0]() mutable -> std::optional<Samples<float>> {
      if (i == 3) return std::nullopt;
      return Samples<float>{.x = Tensor<float>{{static_cast<float>(i++)}}};
    };
  });
  EXPECT_EQ(data.steps(), 0);
  EXPECT_EQ(drained(data), (std::vector<float>{0, 1, 2}));
  EXPECT_EQ(drained(data), (std::vector<float>{0, 1, 2}));
}

TEST(Dataset, PrefetchesOnAThread) {
  EXPECT_EQ(drained(counting(100).batch(7).prefetch(3)), drained(counting(100)));
  {  // a pass that is not finished
    auto next = counting(100).prefetch(2).generator();
    next();
  }
  if (!LAMINA_HAS_THREADS) return;
  std::atomic<int> made{0};
  const auto slow = counting(6).map([&](Samples<float> s) {
    ++made;
    return s;
  });
  auto next = slow.prefetch(2).generator();
  for (int i = 0; i < 2000 && made < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GE(made, 2) << "prepared before it is requested";
  EXPECT_EQ(next()->x[0], 0.f);
}

TEST(Dataset, APrefetchErrorIsThrownWhenTheElementIsRequested) {
  const auto data = counting(5).map([](Samples<float> s) {
    if (s.x[0] == 2.f) raise<IoError>("the file ends here");
    return s;
  });
  auto next = data.prefetch(2).generator();
  EXPECT_TRUE(next().has_value());
  EXPECT_TRUE(next().has_value());
  EXPECT_TRUE(expect::error<IoError>([&] { next(); }, {"the file ends here"}));
}

TEST(Dataset, ElementsOfDifferentShapesCannotBeBatched) {
  const auto ragged = counting(2).map([](Samples<float> s) {
    if (s.x[0] == 1.f) s.x = Tensor<float>{{1.f, 2.f}};
    return s;
  });
  EXPECT_TRUE(expect::error<ShapeError>([&] { ragged.batch(2).generator()(); }, {"(1, 1)", "(1, 2)"}));
}

struct Fixture {
  Tensor<double> x = expect::scattered({30, 3}, 1), y = expect::scattered({30, 2}, 2);
  Sequential<double> model{Dense<double>(2)};
  Fixture() {
    set_random_seed(4);
    model.build({None, 3});
    model.compile({.optimizer = SGD<double>(0.1), .loss = "mse", .metrics = {"mse"}});
  }
};

TEST(FitOnADataset, IsTheSameAsOnTensors) {
  Fixture a, b;
  const History in_memory = a.model.fit(a.x, a.y, {.batch_size = 8, .epochs = 3, .verbose = 0, .shuffle = false});
  const auto data = Dataset<double>::from_tensors(b.x, b.y).batch(8).prefetch(2);
  const History streamed = b.model.fit(data, {.epochs = 3, .verbose = 0});
  EXPECT_TRUE(expect::same(a.model.get_weights(), b.model.get_weights()));
  EXPECT_EQ(in_memory["loss"], streamed["loss"]);
  EXPECT_EQ(a.model.evaluate(a.x, a.y, {.batch_size = 8})["mse"], b.model.evaluate(data)["mse"]);
  EXPECT_TRUE(expect::same(a.model.predict(a.x, {.batch_size = 8}), b.model.predict(data)));
}

TEST(FitOnADataset, StepsPerEpochContinueThePass) {
  Fixture a, b;
  a.model.fit(Dataset<double>::from_tensors(a.x, a.y).batch(5).repeat(),
              {.epochs = 4, .verbose = 0, .steps_per_epoch = 3});
  b.model.fit(Dataset<double>::from_tensors(b.x, b.y).batch(5), {.epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(a.model.get_weights(), b.model.get_weights()));
}

TEST(FitOnADataset, WithValidation) {
  Fixture f;
  const auto data = Dataset<double>::from_tensors(f.x, f.y).batch(8);
  EXPECT_TRUE(f.model.fit(data, {.verbose = 0}, &data).contains("val_loss"));
  EXPECT_TRUE(f.model.fit(data, {.verbose = 0, .validation_data = Samples<double>{f.x, f.y}}).contains("val_loss"));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { f.model.fit(data, {.verbose = 0, .validation_split = 0.5}); }, {"in memory"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { f.model.fit(data.take(0), {.verbose = 0}); }, {"no batches"}));
}

}  // namespace

TEST(PredictOnADataset, BatchesWhoseOutputsDifferInSizeAreAnError) {
  Sequential<float> model{Dense(1)};
  const auto data = Dataset<float>::from_generator([] {
    return [i = 0]() mutable -> std::optional<Samples<float>> {
      ++i;
      if (i > 2) return std::nullopt;
      return Samples<float>{Tensor<float>::ones({1, i == 1 ? 3 : 5000, 1})};
    };
  });
  EXPECT_TRUE(expect::error<ShapeError>([&] { model.predict(data); }, {"predict", "(1, 3, 1)", "(1, 5000, 1)"}));
}

TEST(Dataset, ElementsOfDifferentNamesCannotBeBatched) {
  const auto data = Dataset<float>::from_generator([] {
    return [i = 0]() mutable -> std::optional<Samples<float>> {
      const Tensor<float> one{{1}};
      ++i;
      if (i > 2) return std::nullopt;
      return i == 1 ? Samples<float>{one, {{"a", one}, {"b", one}}} : Samples<float>{one, {{"b", one}, {"a", one}}};
    };
  });
  auto next = data.batch(2).generator();
  EXPECT_TRUE(expect::error<ValueError>([&] { next(); }, {"batch", "equal names"}));
}
