// Static and thread-local objects that compute in their destructors. They are constructed before lamina's thread-local
// objects, and so are destroyed after them.
#include <cstdio>
#include <cstdlib>
#include <lamina/lamina.hpp>
#include <memory>
#include <thread>

namespace {

using namespace lamina;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::_Exit(1);
}

/// Uses everything that has thread-local state: tapes, masks, losses of layers, graphs, logits, memory.
void compute() {
  set_random_seed(1);
  Sequential line{Dense(1)};
  line.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  const Tensor<float> xs{{-1}, {0}, {1}, {2}}, ys{{-3}, {-1}, {1}, {3}};
  const History history = line.fit(xs, ys, {.epochs = 20, .verbose = 0});
  expect(history["loss"].back() < history["loss"].front(), "fit does not learn");

  Tensor<double> x{3.0};
  {
    GradientTape<double> tape;
    tape.watch(x);
    expect(tape.gradient(x * x, x)[0] == 6, "a wrong gradient");
  }

  Sequential words{Embedding(5, 4, {.mask_zero = true}), LSTM(3),
                   Dense(2, {.activation = "softmax", .activity_regularizer = "l2"})};
  words.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  words.fit(Tensor<float>{{1, 2, 0}, {3, 0, 0}}, Tensor<float>{0, 1}, {.epochs = 2, .verbose = 0});

  const auto in = Input({2});
  const Model graph(in, std::vector{in | Dense(2), in} | Concatenate());
  expect(graph.predict(Tensor<float>{{1, 2}}).shape() == Shape{1, 4}, "a wrong prediction");
}

struct ComputesAtEnd {
  ~ComputesAtEnd() { compute(); }
};

ComputesAtEnd first;  // constructed before everything else
std::unique_ptr<GradientTape<float>> open_tape;
thread_local ComputesAtEnd of_thread;

}  // namespace

int main() {
  static_cast<void>(&of_thread);  // constructed here in the main thread, and in the others below
  compute();
  for (int i = 0; i < 2; ++i)
    std::thread([] {
      static_cast<void>(&of_thread);
      compute();
    }).join();
  open_tape = std::make_unique<GradientTape<float>>();
}
