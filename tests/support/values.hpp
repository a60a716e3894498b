#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <lamina/core/random.hpp>
#include <limits>
#include <vector>

// Arrays for tests of kernels: random numbers, and comparison with the results of plain loops in double.

namespace lamina::testing {

/// Sizes around the numbers of SIMD lanes, and one that fills many packs.
inline constexpr Index edge_widths[] = {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 130};

/// A std::vector indexed by Index, as kernels are. Like a tensor without elements, an empty one has memory.
template <class T>
struct Values : std::vector<T> {
  Values() = default;
  explicit Values(Index count, T value = T()) : std::vector<T>(static_cast<std::size_t>(count), value) {}
  T* data() { return this->empty() ? &none_ : std::vector<T>::data(); }
  const T* data() const { return this->empty() ? &none_ : std::vector<T>::data(); }
  T& operator[](Index i) { return data()[i]; }
  const T& operator[](Index i) const { return data()[i]; }
  Index count() const { return static_cast<Index>(this->size()); }

 private:
  T none_ = T();
};

/// Random numbers in [low, high), rounded to float so that float and double tests use the same numbers.
template <class S>
Values<S> random_values(Index count, std::uint64_t stream, double low = -1, double high = 1) {
  const RandomStream random(20240229, stream);
  Values<S> values(count);
  for (Index i = 0; i < count; ++i)
    values[i] = static_cast<S>(static_cast<float>(low + (high - low) * random.uniform(static_cast<std::uint64_t>(i))));
  return values;
}

template <class S>
Values<double> in_double(const Values<S>& values) {
  Values<double> result(values.count());
  for (Index i = 0; i < values.count(); ++i) result[i] = static_cast<double>(values[i]);
  return result;
}

/// Returns a bound of the rounding error of `operations` operations in S, relative to the result (absolute below 1).
template <class S>
constexpr double rounding(Index operations) {
  return static_cast<double>(operations) * static_cast<double>(std::numeric_limits<S>::epsilon());
}

/// Checks that all elements are within a relative error (absolute below 1) of the expected ones. NaN equals NaN.
template <class S>
::testing::AssertionResult values_near(const Values<S>& actual, const Values<double>& expected, double tolerance) {
  if (actual.size() != expected.size())
    return ::testing::AssertionFailure() << actual.size() << " elements, expected " << expected.size();
  for (Index i = 0; i < actual.count(); ++i) {
    const double a = static_cast<double>(actual[i]), e = expected[i];
    if ((std::isnan(a) && std::isnan(e)) || a == e) continue;
    const double error = std::fabs(a - e) / std::max(1.0, std::fabs(e));
    if (!(error <= tolerance))
      return ::testing::AssertionFailure()
             << "element " << i << ": " << a << ", expected " << e << ", error " << error << " > " << tolerance;
  }
  return ::testing::AssertionSuccess();
}

template <class S>
bool same_bits(const Values<S>& a, const Values<S>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(S)) == 0);
}

using Scalars = ::testing::Types<float, double>;

}  // namespace lamina::testing
