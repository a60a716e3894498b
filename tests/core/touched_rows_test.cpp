// Memory that records which of its rows were written.
#include <gtest/gtest.h>

#include <lamina/lamina.hpp>
#include <thread>

#include "support/compare.hpp"

namespace lamina {
namespace {

using detail::TensorAccess;
using detail::TouchedRows;
using testing::tensors_equal;

/// Returns a tensor of zeros with ones in some rows.
Tensor<float> ones_in(const Shape& shape, Index width, const std::vector<Index>& rows) {
  Tensor<float> t = TensorAccess::zeros_by_rows<float>(shape, width);
  for (const Index row : rows) {
    EXPECT_TRUE(TensorAccess::rows(t)->touch(row));
    for (Index i = 0; i < width; ++i) TensorAccess::data(t)[row * width + i] = 1;
  }
  return t;
}
std::vector<Index> touched(const Tensor<float>& t) {
  const TouchedRows* rows = TensorAccess::rows(t);
  return rows == nullptr ? std::vector<Index>{-1} : std::vector<Index>(rows->begin(), rows->end());
}
Tensor<float> plain(const Tensor<float>& t) { return t.copy(); }

using Rows = std::vector<Index>;

TEST(TouchedRows, AreListedOnceInOrder) {
  const Tensor<float> t = ones_in({100, 3}, 3, {70, 2, 70, 99, 64, 63});
  EXPECT_EQ(touched(t), (Rows{70, 2, 99, 64, 63}));
  EXPECT_EQ(sum(t).item(), 15);
  EXPECT_EQ(touched(plain(t)), Rows{-1}) << "a copy is an ordinary tensor";
  EXPECT_TRUE(tensors_equal(plain(t), t));
}

TEST(TouchedRows, AreZeroedWhenTheMemoryIsReused) {
  std::thread([] {
    const float* memory = nullptr;
    {
      const Tensor<float> t = ones_in({100, 3}, 3, {5, 99, 0});
      memory = t.data();
    }
    const Tensor<float> other = TensorAccess::zeros_by_rows<float>({99, 3}, 3);  // of the same size class
    EXPECT_EQ(other.data(), memory);
    EXPECT_TRUE(tensors_equal(other, Tensor<float>::zeros({99, 3})));
    EXPECT_TRUE(touched(other).empty());
    const Tensor<float> usual = Tensor<float>::empty({99, 3});
    EXPECT_NE(usual.data(), memory);
  }).join();
}

TEST(TouchedRows, AreDiscardedIfTheWholeTensorMayBeWritten) {
  Tensor<float> t = ones_in({100, 3}, 3, {5});
  t.mutable_data()[0] = 7;
  EXPECT_EQ(touched(t), Rows{-1});
  t = Tensor<float>();
  EXPECT_TRUE(tensors_equal(TensorAccess::zeros_by_rows<float>({100, 3}, 3), Tensor<float>::zeros({100, 3})));
  Tensor<float> shared = ones_in({100, 3}, 3, {5});
  const Tensor<float> kept = shared;
  shared.mutable_data()[0] = 7;
  EXPECT_EQ(touched(kept), Rows{5}) << "the other handle is the only owner of its memory";
  EXPECT_EQ(kept[0], 0);
}

TEST(TouchedRows, RecordOnlyALimitedNumber) {
  Tensor<float> t = TensorAccess::zeros_by_rows<float>({10, 2}, 2);
  for (Index row = 0; row < 5; ++row) EXPECT_TRUE(TensorAccess::rows(t)->touch(row));
  EXPECT_TRUE(TensorAccess::rows(t)->touch(3)) << "already recorded";
  EXPECT_FALSE(TensorAccess::rows(t)->touch(7));
}

TEST(TouchedRows, AreUnknownForViewsOfRows) {
  const Tensor<float> t = ones_in({100, 3}, 3, {5});
  EXPECT_EQ(touched(TensorAccess::with_shape(t, {300})), Rows{5});
  EXPECT_EQ(touched(t.rows_view(0, 50)), Rows{-1});
  EXPECT_EQ(touched(t.rows_view(1, 100)), Rows{-1});
}

TEST(TouchedRows, AreReturnedToTheirThread) {
  std::thread([] {
    const float* memory = nullptr;
    {
      Tensor<float> t = ones_in({1000, 3}, 3, {5, 7});
      memory = t.data();
      std::thread([gone = std::move(t)]() mutable { gone = Tensor<float>(); }).join();
    }
    const Tensor<float> again = TensorAccess::zeros_by_rows<float>({1000, 3}, 3);
    EXPECT_EQ(again.data(), memory);
    EXPECT_TRUE(tensors_equal(again, Tensor<float>::zeros({1000, 3})));
    const std::size_t live = memory_statistics().live_bytes;
    release_cached_memory();
    EXPECT_EQ(memory_statistics().live_bytes, live);
  }).join();
  std::thread([] {
    { const Tensor<float> t = ones_in({1000, 3}, 3, {5, 7}); }
    EXPECT_GT(memory_statistics().cached_bytes, 12000U);
    release_cached_memory();
    EXPECT_EQ(memory_statistics().cached_bytes, 0U);
  }).join();
}

TEST(TouchedRows, SumsOfGradientsKeepThem) {
  const Rows first{5, 9, 30}, second{9, 2};
  const Tensor<float> a = ones_in({100, 3}, 3, first), b = ones_in({100, 3}, 3, second);
  const Tensor<float> expected = plain(a) + plain(b), dense = Tensor<float>::full({100, 3}, 0.5F);
  const auto added = [](Tensor<float> into, const Tensor<float>& from) {
    detail::add_in_place(into, from);
    return into;
  };
  EXPECT_TRUE(tensors_equal(added(ones_in({100, 3}, 3, first), b), expected));
  EXPECT_EQ(touched(added(ones_in({100, 3}, 3, first), b)), (Rows{5, 9, 30, 2}));
  EXPECT_TRUE(tensors_equal(added(a, b), expected)) << "with another handle to it";
  EXPECT_EQ(touched(added(a, b)), (Rows{5, 9, 30, 2}));
  EXPECT_EQ(touched(a), first);
  EXPECT_TRUE(tensors_equal(added(a, a), plain(a) * 2));
  EXPECT_TRUE(tensors_equal(added(plain(a), b), expected));
  EXPECT_TRUE(tensors_equal(added(dense, b), dense + plain(b)));
  EXPECT_EQ(touched(added(dense, b)), Rows{-1});
  EXPECT_TRUE(tensors_equal(added(ones_in({100, 3}, 3, first), dense), dense + plain(a)));
  EXPECT_EQ(touched(added(ones_in({100, 3}, 3, first), dense)), Rows{-1});
  // Rows of another width, and more rows than the record has room for.
  const Tensor<float> wide = TensorAccess::with_shape(ones_in({50, 6}, 6, {0, 49}), {100, 3});
  EXPECT_TRUE(tensors_equal(added(ones_in({100, 3}, 3, first), wide), plain(a) + plain(wide)));
  Rows low, high;
  for (Index i = 0; i < 40; ++i) {
    low.push_back(i);
    high.push_back(99 - i);
  }
  const Tensor<float> many = added(ones_in({100, 3}, 3, low), ones_in({100, 3}, 3, high));
  EXPECT_EQ(touched(many), Rows{-1});
  EXPECT_EQ(sum(many).item(), 240);
}

}  // namespace
}  // namespace lamina
