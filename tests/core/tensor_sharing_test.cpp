#include <gtest/gtest.h>

#include <cstdint>
#include <lamina/core/tensor.hpp>
#include <utility>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;

TEST(TensorSharing, CopiesShareUntilOneIsWritten) {
  Tensor<float> a{1, 2, 3};
  const Tensor<float> b = a;
  EXPECT_EQ(a.data(), b.data());
  a.mutable_data()[0] = 9;
  EXPECT_NE(a.data(), b.data());
  EXPECT_TRUE(tensors_equal(a, Tensor<float>{9, 2, 3}));
  EXPECT_TRUE(tensors_equal(b, Tensor<float>{1, 2, 3}));
}

TEST(TensorSharing, AnUnsharedTensorIsWrittenInPlace) {
  Tensor<float> a{1, 2, 3};
  const float* before = a.data();
  { const Tensor<float> other = a; }
  a.mutable_data()[1] = 5;
  EXPECT_EQ(a.data(), before);
  EXPECT_TRUE(tensors_equal(a, Tensor<float>{1, 5, 3}));
}

TEST(TensorSharing, MovedHandlesDoNotShareElements) {
  Tensor<float> a{1, 2};
  const float* memory = a.data();
  Tensor<float> b = std::move(a);
  EXPECT_EQ(b.data(), memory);
  b.mutable_data()[0] = 4;
  EXPECT_EQ(b.data(), memory);
}

TEST(TensorSharing, RowsViewsAreCopiedBeforeWriting) {
  Tensor<float> a{{1, 2}, {3, 4}};
  Tensor<float> row = a.rows_view(1, 2);
  row.mutable_data()[0] = 7;
  EXPECT_TRUE(tensors_equal(a, Tensor<float>{{1, 2}, {3, 4}}));
  EXPECT_TRUE(tensors_equal(row, Tensor<float>{{7, 4}}));
  const Tensor<float> other = a.rows_view(0, 1);
  a.mutable_matrix()(0, 0) = 8;
  EXPECT_TRUE(tensors_equal(other, Tensor<float>{{1, 2}}));
}

TEST(TensorSharing, ARowsViewKeepsTheElementsAlive) {
  Tensor<float> row;
  {
    const Tensor<float> whole{{1, 2}, {3, 4}};
    row = whole.rows_view(1, 2);
  }
  const Tensor<float> another = Tensor<float>::full({2, 2}, -1);
  EXPECT_TRUE(tensors_equal(row, Tensor<float>{{3, 4}}));
}

TEST(TensorSharing, AViewReadsExternalMemoryAndNeverWritesIt) {
  float memory[] = {1, 2, 3, 4};
  Tensor<float> view = Tensor<float>::view(memory, {2, 2});
  EXPECT_EQ(view.data(), memory);
  EXPECT_TRUE(tensors_equal(view, Tensor<float>{{1, 2}, {3, 4}}));
  memory[3] = 5;
  EXPECT_EQ(view(1, 1), 5.0F);
  const Tensor<float> handle = view;
  view.mutable_data()[0] = 9;
  EXPECT_EQ(memory[0], 1.0F);
  EXPECT_NE(view.data(), memory);
  EXPECT_EQ(view(0, 0), 9.0F);
  EXPECT_EQ(handle.data(), memory);
}

TEST(TensorSharing, OperationsOnAViewDoNotWriteIt) {
  float memory[] = {-1, 2, -3, 4};
  const Tensor<float> view = Tensor<float>::view(memory, {4});
  EXPECT_TRUE(tensors_equal(relu(view) * 2, Tensor<float>{0, 4, 0, 8}));
  EXPECT_EQ(memory[0], -1.0F);
}

TEST(TensorSharing, CopyHasItsOwnElements) {
  const Tensor<float> a{{1, 2}, {3, 4}};
  const Tensor<float> b = a.copy();
  EXPECT_NE(a.data(), b.data());
  EXPECT_TRUE(tensors_equal(a, b));
  EXPECT_EQ(a.detached().data(), a.data());
}

TEST(TensorSharing, AssignmentToItselfIsHarmless) {
  Tensor<float> a{1, 2};
  const Tensor<float>& same = a;
  a = same;
  EXPECT_TRUE(tensors_equal(a, Tensor<float>{1, 2}));
}

TEST(TensorMemory, IsAlignedTo64Bytes) {
  for (Index n : {0, 1, 3, 15, 16, 17, 100, 1000, 12345}) {
    const Tensor<float> single = Tensor<float>::empty({n});
    const Tensor<double> twice = Tensor<double>::empty({n});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(single.data()) % 64, 0U) << n;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(twice.data()) % 64, 0U) << n;
  }
}

}  // namespace
}  // namespace lamina
