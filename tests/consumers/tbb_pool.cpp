// A training run on TBB's threads, which run other tasks at the same time, has the same bits as one on lamina's threads.
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <cstdio>
#include <lamina/lamina.hpp>

using namespace lamina;

namespace {

std::vector<Tensor<float>> trained() {
  set_random_seed(3);
  Sequential model{Conv2D(8, 3, {.activation = "relu"}), MaxPooling2D(), Flatten(), Dense(64, "relu"), Dense(5)};
  model.compile({.optimizer = "adam", .loss = "mse"});
  const Tensor<float> x = reshape(Tensor<float>(Eigen::VectorXf::LinSpaced(64 * 16 * 16 * 3, -1, 1)), {64, 16, 16, 3});
  model.fit(x, Tensor<float>::ones({64, 5}), {.epochs = 2, .verbose = 0});
  std::vector<Tensor<float>> results = model.get_weights();
  results.push_back(model.predict(x, {.batch_size = 64}));
  return results;
}

bool same(const std::vector<Tensor<float>>& a, const std::vector<Tensor<float>>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].shape() != b[i].shape() || !std::equal(a[i].data(), a[i].data() + a[i].size(), b[i].data())) return false;
  return a.size() == b.size();
}

int failures = 0;
void expect(bool condition, const char* what) {
  if (condition) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  set_num_threads(1);
  const auto expected = trained();

  const tbb::global_control four_threads(tbb::global_control::max_allowed_parallelism, 4);
  tbb::task_arena arena(4);
  std::atomic<int> loops{0};
  set_parallel_for(
      [&](int count, const ParallelBody& body) {
        ++loops;
        arena.execute([&] { tbb::this_task_arena::isolate([&] { tbb::parallel_for(0, count, body); }); });
      },
      4);
  expect(same(trained(), expected), "a training run on TBB's threads has the same bits");
  expect(loops > 0, "TBB's threads ran the loops");

  // Other tasks of the program on the same threads.
  std::atomic<int> wrong{0};
  const Tensor<float> a = Eigen::MatrixXf::Random(200, 150), b = Eigen::MatrixXf::Random(150, 180);
  const Tensor<float> product = matmul(a, b);
  arena.execute([&] {
    tbb::parallel_for(0, 40, [&](int) {
      if (!same({matmul(a, b)}, {product})) ++wrong;
    });
  });
  expect(wrong == 0, "products in tasks of the program have the same bits");

  try {
    set_num_threads(2);
    expect(false, "set_num_threads is an error while TBB's threads run the loops");
  } catch (const StateError&) {
  }
  set_parallel_for({});
  const int before = loops;
  set_num_threads(2);
  expect(same(trained(), expected), "a training run on lamina's threads after it has the same bits");
  expect(loops == before, "TBB's threads run no more loops");
  return failures;
}
