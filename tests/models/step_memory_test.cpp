// The memory of a training step: activations and their gradients, gradients of weights, Adam's moments, and little
// else. im2col patches, which have nine times the size of the images, are never stored.
#include <gtest/gtest.h>

#include <lamina/lamina.hpp>
#include <memory>
#include <new>
#include <vector>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

Sequential<float> convolutions() {
  return Sequential<float>{Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}),
                           MaxPooling2D(),     Conv2D(64, 3, {.activation = "relu"}),
                           MaxPooling2D(),     Flatten(),
                           Dense(128, "relu"), Dense(10, "softmax")};
}

/// Returns the bytes of a number of floats, rounded up by the pool.
std::size_t block(Index elements) {
  using Pool = detail::MemoryPool;
  return Pool::class_bytes(Pool::class_of(static_cast<std::size_t>(elements) * sizeof(float)));
}
/// Returns the bytes of the outputs of all layers for a number of samples, and of all weights.
std::size_t activations(const Sequential<float>& model, const Shape& sample, Index batch) {
  Shape shape = sample.prepend(batch);
  std::size_t bytes = block(shape.size());
  for (const auto& layer : model.layers()) {
    shape = layer->compute_output_shape(shape);
    bytes += block(shape.size());
  }
  return bytes;
}
std::size_t weights(const Sequential<float>& model) {
  std::size_t bytes = 0;
  for (const auto& v : model.variables()) bytes += block(v.size());
  return bytes;
}

/// Returns the bytes that the pool of the calling thread has allocated from the system.
std::size_t held() {
  const MemoryStatistics now = memory_statistics();
  return now.live_bytes + now.cached_bytes;
}

TEST(StepMemory, OfConvolutionsStaysWithinTwiceTheActivations) {
  testing::with_threads(1, [] {  // other threads have their own pools
    constexpr Index batch = 64;
    Sequential<float> model = convolutions();
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
    const Tensor<float> x = Tensor<float>::full({batch, 28, 28, 1}, 0.5F), y = Tensor<float>::zeros({batch});
    model.ensure_built({batch, 28, 28, 1});
    release_cached_memory();
    const std::size_t before = held();
    for (int i = 0; i < 3; ++i) model.train_on_batch(x, y);

    // A gradient and two moments of every weight; the indices of the maxima of the pools. The gradient of a small
    // kernel is summed in at most sixteen parts.
    const std::size_t places = block(batch * 13 * 13 * 32) + block(batch * 5 * 5 * 64),
                      parts = 16 * (block(9 * 32 + 32) + block(9 * 32 * 64 + 64));
    EXPECT_LE(held() - before, 2 * activations(model, {28, 28, 1}, batch) + 3 * weights(model) + places + parts);
  });
}

TEST(StepMemory, OfAPredictionIsThatOfTheActivations) {
  testing::with_threads(1, [] {
    constexpr Index batch = 64;
    const Sequential<float> model = convolutions();
    const Tensor<float> x = Tensor<float>::full({batch, 28, 28, 1}, 0.5F);
    model.ensure_built({batch, 28, 28, 1});
    release_cached_memory();
    const std::size_t before = held();
    for (int i = 0; i < 3; ++i) model.predict(x, {.batch_size = batch});
    const std::size_t packed = block(9 * 32 * 64);  // packed filters of the largest convolution
    EXPECT_LE(held() - before, activations(model, {28, 28, 1}, batch) + packed);
  });
}

TEST(StepMemory, IsAllocatedOnceByTheProgramsAllocator) {
  testing::with_threads(1, [] {
    const Tensor<float> x = Tensor<float>::full({8, 28, 28, 1}, 0.5F), y = Tensor<float>::zeros({8});
    const auto trained = [&] {
      set_random_seed(2);
      Sequential<float> model = convolutions();
      model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
      for (int i = 0; i < 3; ++i) model.train_on_batch(x, y);
      return model;
    };
    const std::vector<Tensor<float>> expected = trained().get_weights();

    struct Counters {
      std::size_t calls = 0, live_bytes = 0;
    };
    const auto counters = std::make_shared<Counters>();
    set_allocator(
        [counters](std::size_t bytes, std::size_t alignment) {
          ++counters->calls;
          counters->live_bytes += bytes;
          return ::operator new(bytes, std::align_val_t{alignment});
        },
        [counters](void* memory, std::size_t bytes, std::size_t alignment) {
          counters->live_bytes -= bytes;
          ::operator delete(memory, std::align_val_t{alignment});
        });
    {
      Sequential<float> model = trained();
      for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(testing::tensors_equal(model.get_weights()[i], expected[i])) << i;
      EXPECT_GE(counters->live_bytes, activations(model, {28, 28, 1}, 8) + 4 * weights(model));
      const std::size_t calls = counters->calls;
      for (int i = 0; i < 5; ++i) model.train_on_batch(x, y);
      EXPECT_EQ(counters->calls, calls) << "a repeated step allocates nothing";
    }
    set_allocator({}, {});
    EXPECT_LE(counters->live_bytes, std::size_t{1} << 20) << "except the memory of the thread's recorder";
  });
}

}  // namespace
}  // namespace lamina
