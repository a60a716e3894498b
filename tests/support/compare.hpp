#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <lamina/lamina.hpp>
#include <string>
#include <vector>

// Helpers of many tests: random tensors, comparison of elements, errors by their text.

namespace lamina::testing {

/// Returns uniformly distributed numbers in [low, high), the same in every run.
template <class S>
Tensor<S> random_tensor(const Shape& shape, std::uint64_t stream, double low = -1.0, double high = 1.0) {
  const RandomStream random(20240229, stream);
  Tensor<S> result = Tensor<S>::empty(shape);
  S* out = result.mutable_data();
  for (Index i = 0; i < result.size(); ++i)
    out[i] = static_cast<S>(low + (high - low) * random.uniform(static_cast<std::uint64_t>(i)));
  return result;
}

/// Returns the indices of element `i` as text: (1, 0, 2).
inline std::string position_text(const Shape& shape, Index i) {
  Shape position = shape;
  for (Index axis = shape.rank(); axis-- > 0;) {
    position[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return position.to_string();
}

/// Checks that both have the same shape and, within a relative error (absolute below 1), the same elements. NaN and
/// infinities must be equal.
template <class S>
::testing::AssertionResult tensors_near(const Tensor<S>& actual, const Tensor<S>& expected, double tolerance) {
  if (!actual.defined() || !expected.defined())
    return ::testing::AssertionFailure() << (actual.defined() ? "the expected" : "the actual")
                                         << " tensor is undefined";
  if (actual.shape() != expected.shape())
    return ::testing::AssertionFailure() << "shape " << actual.shape().to_string() << ", expected "
                                         << expected.shape().to_string();
  for (Index i = 0; i < actual.size(); ++i) {
    const double a = static_cast<double>(actual[i]), e = static_cast<double>(expected[i]);
    const bool both_nan = std::isnan(a) && std::isnan(e);
    if (both_nan || (std::isinf(e) && std::isinf(a) && std::signbit(a) == std::signbit(e))) continue;
    const double error = std::fabs(a - e) / std::max({1.0, std::fabs(a), std::fabs(e)});
    if (!(error <= tolerance))
      return ::testing::AssertionFailure() << "element " << position_text(actual.shape(), i) << ": " << a
                                           << ", expected " << e << ", relative error " << error;
  }
  return ::testing::AssertionSuccess();
}

/// Checks that both have the same shape and the same elements, bit for bit.
template <class S>
::testing::AssertionResult tensors_equal(const Tensor<S>& actual, const Tensor<S>& expected) {
  if (actual.shape() != expected.shape())
    return ::testing::AssertionFailure() << "shape " << actual.shape().to_string() << ", expected "
                                         << expected.shape().to_string();
  for (Index i = 0; i < actual.size(); ++i)
    if (std::memcmp(actual.data() + i, expected.data() + i, sizeof(S)) != 0)
      return ::testing::AssertionFailure()
             << "element " << position_text(actual.shape(), i) << ": " << actual[i] << ", expected " << expected[i];
  return ::testing::AssertionSuccess();
}

/// Checks that `run` throws a `Kind` whose text contains every one of `parts`.
template <class Kind, class Run>
::testing::AssertionResult raises(const Run& run, const std::vector<std::string>& parts) {
  try {
    run();
  } catch (const Kind& error) {
    const std::string text = error.what();
    for (const std::string& part : parts)
      if (text.find(part) == std::string::npos)
        return ::testing::AssertionFailure() << "the text does not contain \"" << part << "\": " << text;
    return ::testing::AssertionSuccess();
  } catch (const std::exception& error) {
    return ::testing::AssertionFailure() << "another kind of error: " << error.what();
  }
  return ::testing::AssertionFailure() << "no error";
}

}  // namespace lamina::testing
