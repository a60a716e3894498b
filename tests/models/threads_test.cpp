// A seed gives the same result for any number of threads and any thread pool; several threads may use one model.
#include <thread>

#include "support/expect.hpp"
#include "support/program_pool.hpp"

using namespace lamina;

namespace {

Sequential<float> classifier() {
  return Sequential<float>{Flatten(), Dense(96, "relu"), Dropout(0.3), Dense(5, "softmax")};
}

/// Returns weights and outputs after some training.
std::vector<Tensor<float>> trained() {
  set_random_seed(17);
  Sequential<float> model = classifier();
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  const Tensor<float> x = expect::scattered<float>({300, 12, 25});
  Tensor<float> labels = Tensor<float>::zeros({300});
  for (Index i = 0; i < 300; ++i) labels.mutable_data()[i] = static_cast<float>(i % 5);
  const History history = model.fit(x, labels, {.batch_size = 128, .epochs = 3, .verbose = 0});
  std::vector<Tensor<float>> results = model.get_weights();
  results.push_back(model.predict(x, {.batch_size = 300}));
  for (const double loss : history["loss"]) results.push_back(Tensor<float>(loss));
  return results;
}

/// As above, on this number of lamina's threads.
std::vector<Tensor<float>> trained(int threads) {
  const int before = num_threads();
  set_num_threads(threads);
  auto results = trained();
  set_num_threads(before);
  return results;
}

}  // namespace

TEST(Reproducibility, OneSeedGivesOneResult) {
  const auto first = trained(1);
  EXPECT_TRUE(expect::same(trained(1), first));
}

TEST(Reproducibility, OnAnyNumberOfThreads) {
  const auto first = trained(1);
  EXPECT_TRUE(expect::same(trained(2), first));
  EXPECT_TRUE(expect::same(trained(5), first));
}

TEST(Reproducibility, OnTheThreadsOfTheProgram) {
  const auto first = trained(1);
  for (const int threads : {2, 5}) {
    lamina::testing::OnProgramPool on(threads);
    EXPECT_TRUE(expect::same(trained(), first));
    EXPECT_GT(on.pool().loops(), 0);
  }
}

TEST(Reproducibility, AnotherSeedGivesAnotherResult) {
  set_random_seed(1);
  Sequential<float> a = classifier(), b = classifier();
  const Tensor<float> x = expect::scattered<float>({2, 12, 25});
  EXPECT_FALSE(expect::same(a.predict(x), b.predict(x)));
}

TEST(PredictFromManyThreads, GivesTheSameOnEach) {
  const Sequential<float> model = classifier();
  const Tensor<float> x = expect::scattered<float>({64, 12, 25});
  const Tensor<float> expected = model.predict(x);
  std::vector<Tensor<float>> results(8);
  std::vector<std::thread> threads;
  for (Tensor<float>& result : results)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) result = model.predict(x, {.batch_size = i % 2 == 0 ? 64 : 16});
      result = model.predict(x);
    });
  for (std::thread& thread : threads) thread.join();
  for (const Tensor<float>& result : results) EXPECT_TRUE(expect::same(result, expected));
}

TEST(PredictFromManyThreads, MayBeTheFirstCall) {
  const auto model = std::make_shared<Sequential<float>>(classifier());
  const Tensor<float> x = expect::scattered<float>({4, 12, 25});
  std::vector<Tensor<float>> results(8);
  std::vector<std::thread> threads;
  for (Tensor<float>& result : results) threads.emplace_back([&] { result = model->predict(x); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(model->variables().size(), 4u) << "built once";
  for (const Tensor<float>& result : results) EXPECT_TRUE(expect::same(result, model->predict(x)));
}

TEST(TrainingFromManyThreads, EachWithAModelOfItsOwn) {
  const auto train = [] {
    Sequential<double> model{Dense<double>(1, {.kernel_initializer = "ones"})};
    model.compile({.optimizer = "sgd", .loss = "mse"});
    const Tensor<double> x{-1., 0., 1., 2., 3., 4.};
    model.fit(x, 2 * x - 1, {.epochs = 50, .verbose = 0});
    return model.get_weights()[0];
  };
  const Tensor<double> expected = train();
  std::vector<Tensor<double>> results(4);
  std::vector<std::thread> threads;
  for (Tensor<double>& result : results) threads.emplace_back([&] { result = train(); });
  for (std::thread& thread : threads) thread.join();
  for (const Tensor<double>& result : results) EXPECT_TRUE(expect::same(result, expected));
}
