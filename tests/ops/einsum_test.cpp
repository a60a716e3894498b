#include <gtest/gtest.h>

#include <map>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_near;

/// Reference implementation of einsum: a sum over all indices of all axes. `axes` has no ellipsis.
Tensor<double> summed(const std::string& a_axes, const std::string& b_axes, const std::string& y_axes,
                      const Tensor<double>& a, const Tensor<double>& b) {
  std::map<char, Index> size, at;
  for (std::size_t i = 0; i < a_axes.size(); ++i) size[a_axes[i]] = a.shape()[static_cast<Index>(i)];
  for (std::size_t i = 0; i < b_axes.size(); ++i) size[b_axes[i]] = b.shape()[static_cast<Index>(i)];
  Shape shape;
  for (const char c : y_axes) shape.push_back(size[c]);
  Tensor<double> y = Tensor<double>::zeros(shape);
  double* out = y.mutable_data();
  const auto position = [&](const std::string& axes) {
    Index i = 0;
    for (const char c : axes) i = i * size[c] + at[c];
    return i;
  };
  Index total = 1;
  for (const auto& [c, n] : size) total *= n;
  for (Index i = 0; i < total; ++i) {
    Index rest = i;
    for (const auto& [c, n] : size) {
      at[c] = rest % n;
      rest /= n;
    }
    out[position(y_axes)] += a[position(a_axes)] * b[position(b_axes)];
  }
  return y;
}

struct Case {
  const char *a, *b, *y;
  Shape a_shape, b_shape;
};
const Case cases[] = {
    {"ab", "bc", "ac", {2, 3}, {3, 4}},                    // matrix product
    {"ba", "bc", "ca", {3, 2}, {3, 4}},                    // both transposed
    {"ab", "cb", "ac", {2, 3}, {4, 3}},                    // the second transposed
    {"abc", "cd", "abd", {2, 3, 4}, {4, 5}},               // dense layer over sequences
    {"abc", "cde", "abde", {2, 3, 4}, {4, 2, 5}},          // projection to heads
    {"bqhd", "bkhd", "bhqk", {2, 3, 2, 4}, {2, 5, 2, 4}},  // attention scores
    {"bhqk", "bkhd", "bqhd", {2, 2, 3, 5}, {2, 5, 2, 4}},  // weighted sum of the values
    {"abcd", "dcb", "a", {2, 3, 4, 5}, {5, 4, 3}},         // several summed axes, in another order
    {"a", "b", "ba", {3}, {4}},                            // outer product
    {"ab", "ab", "", {2, 3}, {2, 3}},                      // inner product
    {"ab", "ab", "ab", {2, 3}, {2, 3}},                    // element-wise product
    {"ab", "c", "a", {2, 3}, {4}},                         // axes that only one operand has
    {"abc", "bd", "dac", {2, 3, 4}, {3, 5}},               // a summed axis in the middle
};

TEST(Einsum, AgreesWithItsDefinition) {
  for (const Case& c : cases) {
    const std::string equation = std::string(c.a) + "," + c.b + "->" + c.y;
    const Tensor<double> a = random_tensor<double>(c.a_shape, 1), b = random_tensor<double>(c.b_shape, 2);
    EXPECT_TRUE(tensors_near(einsum(equation, a, b), summed(c.a, c.b, c.y, a, b), 1e-14)) << equation;
    EXPECT_TRUE(tensors_near(einsum(equation, a.cast<float>(), b.cast<float>()).cast<double>(),
                             summed(c.a, c.b, c.y, a, b), 1e-5))
        << equation;
    EXPECT_TRUE(check_gradient([&](const auto& u, const auto& v) { return einsum(equation, u, v); }, {a, b},
                               {.second_order = true}))
        << equation;
  }
}

TEST(Einsum, AnEllipsisStandsForAxesWithoutNames) {
  const Tensor<double> a = random_tensor<double>({2, 3, 4}, 1), b = random_tensor<double>({4, 5}, 2);
  const Tensor<double> expected = matmul(a, b);
  EXPECT_TRUE(tensors_near(einsum("...x,xy->...y", a, b), expected, 1e-14));
  EXPECT_TRUE(tensors_near(einsum("...x,xy->y...", a, b), transpose(expected, {2, 0, 1}), 1e-14));
  EXPECT_TRUE(tensors_near(einsum("a...,...->...a", a, random_tensor<double>({3, 4}, 3)),
                           transpose(a * random_tensor<double>({3, 4}, 3), {1, 2, 0}), 1e-14));
  EXPECT_TRUE(
      tensors_near(einsum("ab...,bc->ac...", transpose(a, {0, 2, 1}), b), transpose(expected, {0, 2, 1}), 1e-14));
  EXPECT_TRUE(tensors_near(einsum("...x,xy->...y", random_tensor<double>({4}, 3), b),
                           einsum("x,xy->y", random_tensor<double>({4}, 3), b), 1e-14));
  // Axes of an ellipsis are broadcast.
  const Tensor<double> ones = random_tensor<double>({1, 3, 4}, 4), stack = random_tensor<double>({2, 1, 4, 5}, 5);
  EXPECT_TRUE(tensors_near(einsum("...ab,...bc->...ac", ones, stack), matmul(ones, stack), 1e-14));
  EXPECT_TRUE(check_gradient([](const auto& u, const auto& v) { return einsum("...ab,...bc->...ac", u, v); },
                             {ones, stack}, {.second_order = true}));
}

TEST(Einsum, EmptyOperands) {
  EXPECT_EQ(einsum("ab,bc->ac", Tensor<float>::zeros({0, 3}), Tensor<float>::zeros({3, 2})).shape(), (Shape{0, 2}));
  EXPECT_TRUE(testing::tensors_equal(einsum("ab,bc->ac", Tensor<float>::zeros({2, 0}), Tensor<float>::zeros({0, 1})),
                                     Tensor<float>{{0}, {0}}));
}

TEST(Einsum, RejectsInvalidArguments) {
  const Tensor<float> a = Tensor<float>::zeros({2, 3}), b = Tensor<float>::zeros({3, 4});
  const auto refuses = [&](const char* equation, const char* why) {
    return raises<Error>([&] { einsum(equation, a, b); }, {"einsum", equation, why});
  };
  EXPECT_TRUE(refuses("ab,bc", "first,second->result"));
  EXPECT_TRUE(refuses("ab->a", "first,second->result"));
  EXPECT_TRUE(refuses("aa,bc->ac", "twice"));
  EXPECT_TRUE(refuses("ab,bc->ad", "neither operand"));
  EXPECT_TRUE(refuses("a1,bc->ac", "letters"));
  EXPECT_TRUE(refuses("a..b,bc->ac", "at most once per term"));
  EXPECT_TRUE(refuses("abc,bc->ac", "rank 3 for the term \"abc\", got rank 2"));
  EXPECT_TRUE(refuses("ab,ac->bc", "got 2 and 3"));
}

}  // namespace
}  // namespace lamina
