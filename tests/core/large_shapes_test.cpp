// Shapes whose number of elements or bytes overflows: always an error that contains the shape, never a wrapped number.
#include <gtest/gtest.h>

#include <cstdlib>
#include <lamina/lamina.hpp>
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include "support/compare.hpp"
#include "support/expect.hpp"
#include "support/sanitizer.hpp"

namespace lamina {
namespace {

using testing::raises;
using testing::tensors_equal;

constexpr Index huge = Index{1} << (4 * sizeof(Index) - 1);  // 2^31: its square times 4 bytes wraps around to 0
constexpr Index huger = Index{1} << (5 * sizeof(Index));     // 2^40
constexpr Index most = (std::numeric_limits<Index>::max)();

template <class Kind = ShapeError, class F>
void expect_too_large(const F& f, const Shape& shape) {
  EXPECT_TRUE(raises<Kind>(f, {shape.to_string(), "memory"}));
}

TEST(LargeShapes, TheirSizeIsAnError) {
  for (const Shape& shape : {Shape{huge, huge}, Shape{huger, huger}, Shape{most, 2}, Shape{most}, Shape{2, 3, most},
                             Shape{huge, 2, huge}, Shape{huge, huge, huge, huge}, Shape{0, huger, huger},
                             Shape{huger, huger, 0}, Shape{huger, 0, huger}, Shape{1 << 12, huge, 1 << 12, huge}}) {
    EXPECT_FALSE(shape.is_addressable()) << shape;
    expect_too_large([&] { return shape.size(); }, shape);
    expect_too_large([&] { return Tensor<float>::zeros(shape); }, shape);
    expect_too_large([&] { return Tensor<double>::empty(shape); }, shape);
    expect_too_large([&] { return Tensor<float>::full(shape, 1); }, shape);
    const float number = 0;
    expect_too_large([&] { return Tensor<float>::view(&number, shape); }, shape);
    expect_too_large([&] { return broadcast_to(Tensor<float>(1), shape); }, shape);
    expect_too_large([&] { return reshape(Tensor<float>::zeros({0}), shape); }, shape);
    expect_too_large([&] { return random_normal<float>(shape); }, shape);
  }
}

TEST(LargeShapes, SmallerOnesAreCountedExactly) {
  EXPECT_EQ((Shape{huge}).size(), huge);
  EXPECT_EQ((Shape{huge, 4}).size(), 4 * huge);
  EXPECT_EQ((Shape{3, 1, huge, 2}).size(), 6 * huge);
  EXPECT_EQ((Shape{huge, 0}).size(), 0);
  EXPECT_EQ((Shape{0, 3, 5}).size(), 0);
  EXPECT_EQ((Shape{2, 0, 5}).size(), 0);
  EXPECT_EQ((Shape{huge, unknown_size, huge}).size(), unknown_size);
  EXPECT_EQ((Shape{Shape::most_elements}).size(), Shape::most_elements);
  EXPECT_TRUE((Shape{Shape::most_elements}).is_addressable());
  EXPECT_FALSE((Shape{Shape::most_elements + 1}).is_addressable());
  EXPECT_EQ(Tensor<float>::zeros({huger, 0}).size(), 0);
  static_assert(Shape{2, 3, 4}.size() == 24 && Shape{huge, 2}.size() == 2 * huge);
}

TEST(LargeShapes, MemoryBeyondTheSystemsIsAnError) {
  if (sizeof(Index) < 8) return;
  const Index terabytes = Shape::most_elements / 4;  // fits 64 bits, but exceeds every address space
  EXPECT_TRUE(raises<StateError>([&] { return Tensor<float>::zeros({terabytes}); },
                                 {Shape{terabytes}.to_string(), std::to_string(4 * terabytes), "bytes", "memory"}));
  EXPECT_TRUE(raises<StateError>([&] { return Tensor<double>::empty({2, terabytes}); }, {"out of memory", "bytes"}));
  EXPECT_TRUE(raises<StateError>([&] { return detail::Storage::of<double>(terabytes); }, {"out of memory", "bytes"}));
  // The error has no side effects.
  EXPECT_TRUE(tensors_equal(Tensor<float>::zeros({2}), Tensor<float>{0, 0}));
}

#if defined(__linux__) && !LAMINA_ADDRESS_SANITIZER && !LAMINA_THREAD_SANITIZER
TEST(LargeShapes, AFailedAllocationIsAnError) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  { const Tensor<float> cached = Tensor<float>::zeros({1 << 20}); }
  EXPECT_GT(memory_statistics().cached_bytes, std::size_t{1} << 20);
  const rlimit low{std::size_t{16} << 20, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &low), 0);
  void* volatile more = std::malloc(std::size_t{256} << 20);
  std::free(more);
  if (more != nullptr) {
    ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    GTEST_SKIP() << "the emulator ignores memory limits";
  }
  const ::testing::AssertionResult refused =
      raises<StateError>([] { return Tensor<float>::empty({1 << 26}); }, {"(67108864,)", "268435456 bytes"});
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_TRUE(refused);
  EXPECT_EQ(memory_statistics().cached_bytes, 0U);  // cached memory is released first
  EXPECT_EQ(Tensor<float>::empty({1 << 26}).size(), 1 << 26);
}
#endif

TEST(LargeShapes, OfOperations) {
  const float number = 0;
  const Index side = huge * 2;  // the error comes before the memory of the view is read
  const auto column = Tensor<float>::view(&number, {side, 1}), row = Tensor<float>::view(&number, {1, side});
  const Shape square{side, side};
  expect_too_large([&] { return column + row; }, square);
  expect_too_large([&] { return matmul(column, row); }, square);
  const Tensor<float> few = Tensor<float>::ones({4, 4});
  expect_too_large([&] { return tile(few, {most, most}); }, {most / 8 + 1, 4});
  expect_too_large([&] { return tile(few, {1, most}); }, {4, most / 8 + 1});
  expect_too_large([&] { return repeat(few, most, 0); }, {most / 8 + 1, 4});
  const auto half = Tensor<float>::view(&number, {Shape::most_elements / 2 + 1});
  EXPECT_TRUE(raises<ShapeError>([&] { return concatenate(0, half, half); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return stack(std::vector<Tensor<float>>{half, half}); }, {"memory"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return slice(Tensor<float>{1, 2}, {1}, {most}); }, {"inside shape (2,)"}));
  const Tensor<float> x = Tensor<float>::zeros({1, 4, 4, 1}), w = Tensor<float>::zeros({3, 3, 1, 1});
  EXPECT_TRUE(raises<ValueError>([&] { return conv(x, w, {.padding = "same", .dilation_rate = most / 2}); },
                                 {"window of 3", "memory"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return conv_transpose(x, w, {.strides = most / 2}); }, {"memory"}));
}

TEST(LargeShapes, OfLayers) {
  const Tensor<float> x = Tensor<float>::zeros({1, 2, 2, 1}), sequence = Tensor<float>::zeros({1, 2, 3});
  const Index units = most / 3;
  EXPECT_TRUE(raises<ShapeError>([&] { return Dense(units)(sequence); }, {Shape({3, units}).to_string()}));
  EXPECT_TRUE(raises<ShapeError>([&] { return LSTM(units)(sequence); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return GRU(units)(sequence); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return Conv2D(units, 3, {.padding = "same"})(x); }, {std::to_string(units)}));
  EXPECT_TRUE(raises<ShapeError>([&] { return RepeatVector(units)(Tensor<float>::zeros({1, 3})); }, {"memory"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return UpSampling2D(units)(x); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return UpSampling2D(units, {.interpolation = Interpolation::bilinear})(x); },
                                 {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return Resizing(units, units)(x); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return ZeroPadding2D(most)(x); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return Cropping2D(most)(x); }, {"at least 1 element"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return Reshape({units, units})(x); }, {"memory can address"}));
  EXPECT_TRUE(raises<ShapeError>(
      [&] { return CategoryEncoding(most, {.output_mode = CategoryOutput::one_hot})(Tensor<float>::zeros({3})); },
      {"memory can address"}));
}

}  // namespace
}  // namespace lamina
