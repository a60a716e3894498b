#pragma once
#include <gtest/gtest.h>

#include <lamina/lamina.hpp>
#include <vector>

// Compares the matrix product kernel with three plain loops in double.

namespace lamina::testing {

/// A call of the kernel: sizes, layouts of the operands, and operations on the result.
struct Product {
  struct Ways {
    bool transpose_a = false, transpose_b = false;
    bool accumulate = false, bias = false, relu = false;
    Index c_gap = 0;        ///< elements between the rows of C, which must not change
    Index operand_gap = 0;  ///< elements between the rows of A and B, which are parts of larger matrices
  };
  Index m, n, k;
  Ways ways = {};

  std::string to_string() const {
    return text(m, " x ", n, " x ", k, ways.transpose_a ? ", A transposed" : "",
                ways.transpose_b ? ", B transposed" : "", ways.accumulate ? ", accumulated" : "",
                ways.bias ? ", bias" : "", ways.relu ? ", relu" : "", ", gaps of ", ways.c_gap, " and ",
                ways.operand_gap);
  }
};

/// A matrix without spare elements, so that a sanitizer detects reads past its end.
template <class S>
struct StoredMatrix {
  std::vector<S> elements;
  kernels::Strided<S> strided;

  StoredMatrix(Index rows, Index columns, bool transposed, Index gap, std::uint64_t stream) {
    const Index lines = transposed ? columns : rows, length = transposed ? rows : columns, step = length + gap;
    const Index count = lines == 0 || length == 0 ? 0 : (lines - 1) * step + length;
    elements.reserve(static_cast<std::size_t>(count));
    std::uint64_t state = stream;  // numbers in [-1, 1), from a fast generator
    for (Index i = 0; i < count; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      elements.push_back(static_cast<S>(static_cast<double>(state >> 40) * 0x1p-23 - 1));
    }
    strided =
        transposed ? kernels::Strided<S>{elements.data(), 1, step} : kernels::Strided<S>{elements.data(), step, 1};
  }
  double operator()(Index i, Index j) const {
    return static_cast<double>(strided.data[i * strided.row + j * strided.column]);
  }
};

template <class S>
::testing::AssertionResult product_is_right(const Product& p) {
  const auto [m, n, k, ways] = p;
  const StoredMatrix<S> a(m, k, ways.transpose_a, ways.operand_gap, 1), b(k, n, ways.transpose_b, ways.operand_gap, 2);
  const StoredMatrix<S> before(m, n, false, ways.c_gap, 3), bias(1, n, false, 0, 4);
  std::vector<S> c = before.elements;
  const Index c_row = n + ways.c_gap;
  kernels::multiply<S>(m, n, k, a.strided, b.strided, c.data(), c_row, ways.accumulate,
                       {ways.bias ? bias.elements.data() : nullptr, ways.relu});
  const double tolerance = 4 * static_cast<double>(std::numeric_limits<S>::epsilon());
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      double expected = ways.accumulate ? before(i, j) : 0, size = std::fabs(expected) + 1;
      for (Index l = 0; l < k; ++l) {
        expected += a(i, l) * b(l, j);
        size += std::fabs(a(i, l) * b(l, j));
      }
      if (ways.bias) expected += bias(0, j);
      if (ways.relu && expected < 0) expected = 0;
      const double found = static_cast<double>(c[static_cast<std::size_t>(i * c_row + j)]);
      if (!(std::fabs(found - expected) <= tolerance * size))
        return ::testing::AssertionFailure()
               << p.to_string() << ": element (" << i << ", " << j << ") is " << found << ", expected " << expected;
    }
    for (Index j = n; j < c_row && i + 1 < m; ++j) {
      const auto at = static_cast<std::size_t>(i * c_row + j);
      if (c[at] != before.elements[at])
        return ::testing::AssertionFailure() << p.to_string() << ": wrote between the rows of C, after row " << i;
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace lamina::testing
